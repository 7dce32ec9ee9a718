"""The AWS services of the data lake on this machine: LocalStack, and what its free version lacks."""
