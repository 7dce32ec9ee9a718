"""What runs in the process of an interactive session."""
