"""Triggers and workflows at work: firing, schedules, and the API operations."""
