"""AWS Glue's Python API, our own, on plain Spark: what Glue scripts import.

Written from the AWS Glue Developer Guide ("AWS Glue PySpark extensions"); it contains nothing of
AWS's library and needs none of its jars. What it does not have raises `UnsupportedApi` with the
name of the feature, never a silent no-op. It imports nothing of the emulator: the addresses come
from the standard AWS_* variables.
"""
