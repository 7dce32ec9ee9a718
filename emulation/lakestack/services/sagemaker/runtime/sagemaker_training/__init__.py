"""What training scripts import of the SageMaker Training Toolkit: `environment`."""
