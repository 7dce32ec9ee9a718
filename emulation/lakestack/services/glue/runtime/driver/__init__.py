"""What Spark's driver does before a Glue script begins."""
