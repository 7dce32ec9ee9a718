"""Tests with fixed names (a whole lake, its stacks): each module has its own emulator."""
