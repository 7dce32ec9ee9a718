"""IAM's policy simulator: what stored or given policies would allow. Nothing enforces them.

`documents` reads policies, `conditions` compares with the context of a request, `evaluation`
decides, and `simulation` is the API.
"""
