"""Amazon Data Firehose: DirectPut and Kinesis sources, buffered into S3 objects.

`source` reads the shards of a stream, `buffer` decides when an object is full, `object_key` names
it, `delivery` writes it and retries; `destination` checks configurations; `provider` is the API.
"""
