"""What keeps processes of the emulator on this machine, and within bounds."""
