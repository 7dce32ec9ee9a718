"""Processing jobs: a script over S3's inputs, its outputs to S3.

Amazon SageMaker Developer Guide, "Data transformation workloads with SageMaker Processing".
"""
