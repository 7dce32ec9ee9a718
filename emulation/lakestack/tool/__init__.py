"""The emulator for programs whose own environment has not its packages.

LocalStack's packages need exact versions of many others, on which a stranger's environment does not
agree. So the emulator runs in an environment of its own (`environment`), made once from the lock
with hashes that ships beside this module, and is asked from outside (`client`). Nothing in here
imports more than the standard library and platformdirs.
"""
