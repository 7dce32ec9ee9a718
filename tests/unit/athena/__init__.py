"""Unit tests of Athena."""
