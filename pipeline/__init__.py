"""The data lake as its user sees it: the `lake` command, its stages and its stacks."""
