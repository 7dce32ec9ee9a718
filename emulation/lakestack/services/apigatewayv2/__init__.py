"""HTTP APIs of API Gateway: `provider` has the control plane, `gateway` the data plane."""
