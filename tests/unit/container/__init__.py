"""The emulator in a container, as far as no engine is needed."""
