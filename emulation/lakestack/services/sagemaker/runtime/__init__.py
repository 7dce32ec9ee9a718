"""What is on the path of training scripts beside their own modules."""
