"""The Model Registry: model package groups and model packages.

Amazon SageMaker Developer Guide, "Model Registration Deployment with Model Registry".
"""
