"""What scripts import of AWS Glue's machine learning: `EntityDetector`. Its code is in awsglue."""
