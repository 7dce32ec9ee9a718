"""Alarms of CloudWatch: LocalStack's, whose changes of state we publish."""
