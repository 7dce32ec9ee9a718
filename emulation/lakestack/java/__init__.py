"""Java: the interpreter that is used, what it runs, and how much memory it may take."""
