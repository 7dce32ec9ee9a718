"""A Spark standalone cluster for Glue jobs: where it is, what it has, and its start on this machine."""
