"""EventBridge Scheduler through boto3."""
