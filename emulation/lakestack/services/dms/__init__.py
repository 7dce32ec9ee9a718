"""Database Migration Service: full loads from CSV files in S3 into DynamoDB."""
