"""Emptying the emulator: every service, or all of one account and region, in tenths of a second."""
