"""Consumers of Kinesis Data Streams by AWS's own client libraries."""
