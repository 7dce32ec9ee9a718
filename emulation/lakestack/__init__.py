"""The AWS services on this machine: LocalStack, and what its free version lacks."""
