"""``make bench-scale``: how time and memory of each stage grow with the number of ratings."""
