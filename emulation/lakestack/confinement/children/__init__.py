"""On the import path of the Python programs that a function starts."""
