"""CloudFormation templates of all infrastructure, numbered in the order of their dependencies."""
