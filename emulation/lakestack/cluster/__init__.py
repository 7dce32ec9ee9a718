"""A Spark standalone cluster of processes on this machine, for Glue jobs."""
