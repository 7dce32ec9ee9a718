"""EventBridge Pipes through boto3."""
