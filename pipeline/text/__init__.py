"""Words and figures as they are written for people."""
