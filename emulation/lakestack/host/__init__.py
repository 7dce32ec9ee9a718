"""The emulator as a process on this machine: Java, artefacts, start, stop, logs."""
