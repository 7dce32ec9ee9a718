"""Application Auto Scaling: targets, policies and scheduled actions are kept; nothing is scaled."""
