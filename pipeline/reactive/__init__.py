"""A lake that reacts: files under raw/ become ratings, a round of retraining, and one message."""
