"""What a lake that reacts decides, without AWS."""
