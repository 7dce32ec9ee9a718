"""``make bench-quality``: how good the recommender's lists are, on several data sets.

`datasets` gets them, `candidates` lists the settings that compete to be the defaults, `choose`
ranks them on validation rows, `figures` measures the chosen ones on test rows. The source
directory is put on the path as SageMaker does it, and before numpy is imported.
"""

from __future__ import annotations

import sys

from tests.support import PROJECT

if str(PROJECT / "models") not in sys.path:
    sys.path.insert(0, str(PROJECT / "models"))

import recommender  # noqa: F401 - pins OpenBLAS to one thread
