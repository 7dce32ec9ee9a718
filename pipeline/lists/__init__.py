"""Every user's list, made by a batch transform job and kept in a DynamoDB table to look up."""
