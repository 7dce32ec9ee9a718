"""Dynamic rules: what their values are compared with is reckoned of earlier ones.

AWS Glue Developer Guide, "DQDL rule structure" ("Dynamic rules"). The earlier values are those of
results that runs of the same job have published in the same evaluation context.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from awsglue.clients import client
from awsglue.errors import UnsupportedApiError

from .checks import dynamic
from .dqdl import Rule
from .dqdl.model import Dynamic, Number
from .rules.measure import Outcome
from .rules.table import EVALUATED

Past = Mapping[str, Sequence[float]]
_BATCH = 100
"""Results of one BatchGetDataQualityResult."""


def earlier(context: str) -> Past:
    """The earlier values of each metric, newest first.

    Raises:
        UnsupportedApiError: there is no job whose results they could be
    """
    if "--JOB_NAME" not in sys.argv[:-1]:
        raise UnsupportedApiError("DQDL dynamic rules outside of a job")
    job, glue = sys.argv[sys.argv.index("--JOB_NAME") + 1], client("glue")
    ids: list[str] = []
    request: dict[str, Any] = {"Filter": {"JobName": job}}
    while True:
        page = glue.list_data_quality_results(**request)
        ids += [each["ResultId"] for each in page["Results"]]
        if not page.get("NextToken"):
            break
        request["NextToken"] = page["NextToken"]
    found: dict[str, list[float]] = {}
    for begin in range(0, len(ids), _BATCH):
        chosen = ids[begin : begin + _BATCH]
        answered = glue.batch_get_data_quality_result(ResultIds=chosen)["Results"]
        results = {each["ResultId"]: each for each in answered}
        for result in (results[each] for each in chosen if each in results):
            if result.get("EvaluationContext") == context:
                for name, value in _metrics(result).items():
                    found.setdefault(name, []).append(value)
    return found


def _metrics(result: Mapping[str, Any]) -> dict[str, float]:
    """The values of a result, each once, whichever rules have it."""
    rules = result.get("RuleResults") or ()
    return {n: v for rule in rules for n, v in (rule.get("EvaluatedMetrics") or {}).items()}


def settled(rule: Rule) -> Rule:
    """The rule with 0 for what earlier values tell, so that its own value can be measured."""
    return _with(rule, dict.fromkeys(dynamic(rule.condition), 0.0))


def judged(
    rule: Rule, measured: Outcome, values: Mapping[str, Any], data: Any, past: Past
) -> Outcome:
    """The outcome of a dynamic rule.

    Args:
        measured: its outcome with other operands, which has its value
        values: of its aggregates
        data: the rows
        past: earlier values

    Raises:
        ValueError: there are too few
    """
    name = next(iter(measured.metrics), "")
    before = past.get(name, ())
    reckoned = {each: each.formula.of(before) for each in dynamic(rule.condition)}
    known = _with(rule, reckoned)
    outcome = EVALUATED[rule.kind][0](known, data).judge(values)
    text = rule.text
    for operand, value in reckoned.items():
        text = text.replace(operand.text, str(value))
    return replace(outcome, evaluated=text)


def _with(rule: Rule, values: Mapping[Dynamic, float]) -> Rule:
    if rule.condition is None:
        return rule
    operands = tuple(
        Number(values[each]) if isinstance(each, Dynamic) else each
        for each in rule.condition.operands
    )
    return replace(rule, condition=replace(rule.condition, operands=operands))
