"""What runs inside a function's process: standard library only, imported by nothing else."""
