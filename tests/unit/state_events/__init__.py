"""State changes and their way to the event bus."""
