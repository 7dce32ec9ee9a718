"""The environment that the emulator has for itself."""
