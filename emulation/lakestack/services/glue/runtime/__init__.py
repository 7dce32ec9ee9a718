"""What a Glue job runs on: our own ``awsglue`` package, and the command that starts PySpark."""
