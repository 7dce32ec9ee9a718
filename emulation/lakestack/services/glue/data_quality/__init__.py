"""AWS Glue Data Quality as a service: runs on tables, and the results of runs."""
