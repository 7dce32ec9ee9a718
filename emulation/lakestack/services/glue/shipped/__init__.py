"""Python packages that AWS Glue brings and this environment lacks: fetched when a job imports one.

``packages.lock`` pins them by SHA-256; ``packages.in`` says which, ``overrides.txt`` which versions
of this environment they have to do with.
"""
