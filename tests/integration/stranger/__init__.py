"""Somebody else's repository, with an environment of its own and the built wheel in it."""
