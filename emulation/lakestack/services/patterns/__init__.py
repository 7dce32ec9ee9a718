"""Regular expressions of clients, run in linear time or with a deadline."""

from lakestack.services.patterns.client_patterns import (
    Pattern,
    PatternError,
    compile_pattern,
    wildcard_pattern,
)

__all__ = ["Pattern", "PatternError", "compile_pattern", "wildcard_pattern"]
