"""What runs queries: a process of its own, in which sqlglot translates and DuckDB executes.

It reads the Data Catalog and S3 through the emulator's gateway, as any other client does.
"""
