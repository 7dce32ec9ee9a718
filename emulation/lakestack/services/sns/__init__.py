"""What the emulator changes in LocalStack's SNS."""
