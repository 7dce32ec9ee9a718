"""The Resource Groups Tagging API over what the emulator's services hold."""
