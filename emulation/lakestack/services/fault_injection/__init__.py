"""Faults that a user asks for, to test retries: errors and delays of AWS's operations."""
