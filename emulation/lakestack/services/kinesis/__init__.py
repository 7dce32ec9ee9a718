"""Amazon Kinesis Data Streams in memory: rates stay flat however long a stream grows.

`shard` keeps the records, `stream` the shards of one stream, `store` the streams of an account,
`iterator` the tokens that readers hold; the ``*_operations`` modules are the API.
"""
