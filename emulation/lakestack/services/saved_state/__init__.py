"""Saved states: all that the emulator holds, written to a folder and taken up again from there.

`procedure` saves and loads; `snapshot` is the folder, `graph` its format, `keeper` saves by itself.
"""
