"""SageMaker hosting entry point: the four functions of the Inference Toolkit's contract.

A request that cannot be answered raises RequestError, a ValueError with `status_code`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recommender import artifact, requests  # the package pins OpenBLAS before numpy
from recommender.errors import RequestError
from recommender.requests import Query
from recommender.serving import Recommender

Predictions = list[dict[str, Any]]


def model_fn(model_dir: str | Path) -> Recommender:
    """Load and check the model files; raises ArtifactError naming the file and the fault."""
    return Recommender(artifact.load(Path(model_dir)))


def input_fn(
    request_body: bytes | bytearray | str, content_type: str = "application/json"
) -> list[Query]:
    """Queries of a request; see `recommender.requests` for its form."""
    return requests.parse(request_body, content_type)


def predict_fn(input_data: Sequence[Query], model: Recommender) -> Predictions:
    """One prediction per query, in order. A `k` above the catalogue gives what there is."""
    return model.answer(input_data)


def output_fn(prediction: Predictions, accept: str = "application/json") -> str:
    """`{"predictions": [...]}`; raises RequestError (406) when JSON is not accepted."""
    media = {part.split(";")[0].strip().lower() for part in (accept or "*/*").split(",")}
    if not media & {"application/json", "application/*", "*/*"}:
        raise RequestError(f"accept {accept!r}; valid: application/json", 406)
    return json.dumps({"predictions": prediction}, ensure_ascii=False)
