"""The emulator as those without a clone get it: built, installed, and beside a plain one."""
