"""The emulator as somebody gets it who has no clone: built, installed, started, beside a plain one."""
