"""Record format conversion: JSON records into Parquet or ORC, by a table of the Data Catalog.

Amazon Data Firehose Developer Guide, "Convert input data format in Amazon Data Firehose".
`settings` checks a configuration, `hive_types` reads a table's types, `values` and `timestamps`
turn JSON into their values, `converter` writes the file.
"""
