"""What the emulator changes in LocalStack's S3."""
