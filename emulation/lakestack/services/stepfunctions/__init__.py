"""Step Functions: the integrations of our services; the interpreter is LocalStack's."""
