"""CloudFormation: templates, stacks and change sets over LocalStack's engine."""
