"""The loop that keeps the model fresh: look, decide, train, compare, promote or refuse."""
