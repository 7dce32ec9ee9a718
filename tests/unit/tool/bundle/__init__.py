"""What is in a bundle and what is made of it."""
