"""Automatic model tuning: training jobs over ranges of hyperparameters.

Amazon SageMaker Developer Guide, "Automatic model tuning with SageMaker AI".
"""
