"""Batch transform: objects of S3 through a model's container, and its answers to S3.

Amazon SageMaker Developer Guide, "Batch transform for inference with Amazon SageMaker AI".
"""
