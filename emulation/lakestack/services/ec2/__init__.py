"""What the lake needs of Amazon EC2 beside LocalStack's own."""
