"""A shift of tastes in the stream, to see the model go stale and the loop bring it back."""
