"""Movie recommender behind SageMaker's script-mode contract.

Rooms: `hyperparameters`, `arguments` (reads them), `channel` (reads the training data), `ratings`,
`confidence` (ratings to weights); the models `base`, `als`, `item_models` (EASE, BM25), `blend`,
`popularity`, and `factory`, which lists them; `trainer` (in this process or by Spark), `spark_als`,
`spark_job` and `memory`; the evaluation `protocols` (what is held out),
`leakage`, `ranking` (top-k), `metrics`, `statistics` (intervals, comparisons), `evaluation` (fit
and measure), `tuning`, `selection` (`--algorithm auto`); `artifact` (model files), `requests` (JSON
of an invocation), `serving` (answers), `errors`.

Importing this package pins OpenBLAS to one thread: implicit runs its own threads, and the two
kinds together are slower than either. The variable only works before numpy is first imported,
which is why `train.py` and `inference.py` import this package before anything else.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

__version__ = "1.0.0"
