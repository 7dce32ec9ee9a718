"""Athena through boto3."""
