"""Set-up without a network."""
