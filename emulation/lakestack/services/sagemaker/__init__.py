"""SageMaker: training jobs and endpoints that really run."""
