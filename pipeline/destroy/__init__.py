"""`lake destroy`: what was made goes, and nothing else."""
