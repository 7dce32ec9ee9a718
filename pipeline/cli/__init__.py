"""The command `lake`."""
