"""DynamoDB: LocalStack's provider over DynamoDB Local, watched and started again."""
