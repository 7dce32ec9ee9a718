"""Resource types of our own, a module each or one for what belongs together."""
