"""Benchmarks: ratios measured side by side in one run, on a machine that may be noisy."""
