"""Glue job scripts, unmodified on AWS."""
