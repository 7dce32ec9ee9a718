"""Streaming sources: Kinesis data streams as streaming DataFrames, and `forEachBatch`.

PySpark 3.5 has no streaming sources in Python. Here Spark's own ``rate-micro-batch`` source counts
the batches, one row each, and a task of the batch turns that row into records: those between two
sequence numbers of each shard, which a ledger beside the query's checkpoint remembers (`ledger`).
So the frame is a streaming one, with watermarks, windows and aggregations; a batch that is run
again has the same records; and a query that starts again goes on where the last one ended.
"""
