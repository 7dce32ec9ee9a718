"""CloudWatch Logs: what the services write, and how it is read."""
