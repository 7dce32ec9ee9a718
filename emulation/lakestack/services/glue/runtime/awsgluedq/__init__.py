"""AWS Glue Data Quality for jobs, our own: rules in DQDL, evaluated on Spark.

Written from the AWS Glue Developer Guide ("AWS Glue Data Quality", "Data Quality Definition
Language (DQDL) reference"). `dqdl` reads rules and needs no Spark, `rules` has a module for each
kind of rule, `evaluation` puts them together, and `transforms` is what scripts import.
"""
