"""Lambda functions: each module stands alone (boto3 and the standard library only)."""
