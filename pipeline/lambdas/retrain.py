"""Lambda function of the schedule: goes on with a round of retraining.

Deployed with the package ``pipeline``, of which it takes the same code as ``lake retrain``. An
event ``{"begin": true}`` begins a round when none is at work, ``{"begin": false}`` only goes on
with one. A call does what can be done without waiting: jobs take longer than a function may, so the
rule that calls it each minute finds what has ended.
"""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry point; returns where the round stands."""
    from pipeline.retraining.function import go_on

    return go_on(event, context)
