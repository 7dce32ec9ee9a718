"""The emulator's own API over HTTP, below ``/_lakestack/``: reset, state, faults."""
