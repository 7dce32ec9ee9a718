"""A whole lake in a real account, by `make test-aws` only, and what AWS answered there."""
