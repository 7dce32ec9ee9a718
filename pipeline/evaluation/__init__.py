"""How good the lake's models are: the data fetched, `models/evaluate.py` run on it, and a page.

The pipeline knows nothing of the models' package: the measuring runs as a process of its own, as a
training job does.
"""
