"""Athena's clients of others."""
