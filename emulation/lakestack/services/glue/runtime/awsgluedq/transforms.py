"""`EvaluateDataQuality`: what scripts import of AWS Glue Data Quality.

AWS Glue Developer Guide, "EvaluateDataQuality class" and "Evaluating data quality for ETL jobs in
AWS Glue Studio". The results say ``Rule``, ``Outcome`` (``Passed`` or ``Failed``),
``FailureReason``, ``EvaluatedMetrics`` and ``EvaluatedRule``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import UnsupportedApiError
from awsglue.transforms import GlueTransform
from pyspark.sql import DataFrame

from . import publishing
from .checks import check, dynamic, single
from .dqdl import parsed
from .dynamic import earlier
from .evaluation import FAILED, PASSED, Evaluation, evaluate

LOG = logging.getLogger("GlueLogger")
RULE_OUTCOMES, ROW_OUTCOMES, ORIGINAL = "ruleOutcomes", "rowLevelOutcomes", "originalData"
_SCHEMA = (
    "Rule string, Outcome string, FailureReason string, EvaluatedMetrics map<string,double>, "
    "EvaluatedRule string"
)
_TUNING = frozenset(
    {
        "performanceTuning.caching",
        "observations.scope",
        "dataQualityResultsPublishing.strategy",
    }
)
_COMPOSITES = "compositeRuleEvaluation.method"
Options = Mapping[str, Any]


class EvaluateDataQuality(GlueTransform):
    """Evaluates a ruleset on a frame."""

    def __call__(
        self,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Options | None = None,
        additional_data_sources: Mapping[str, DynamicFrame] | None = None,
        additional_options: Options | None = None,
        **common: Any,
    ) -> DynamicFrame:
        """Return the outcome of each rule; called through ``EvaluateDataQuality.apply(…)``."""
        found = _evaluated(
            frame, ruleset, publishing_options, additional_data_sources, additional_options, common
        )
        return _outcomes(frame, found)

    def process_rows(
        self,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Options | None = None,
        additional_data_sources: Mapping[str, DynamicFrame] | None = None,
        additional_options: Options | None = None,
        **common: Any,
    ) -> DynamicFrameCollection:
        """Return the outcomes, the rows with theirs, and the frame.

        Returns:
            ``ruleOutcomes``, ``rowLevelOutcomes`` and ``originalData``

        Raises:
            RulesetError: the ruleset is not DQDL
            RuleError: a rule makes no sense
            UnsupportedApiError: a rule type or an option that is not here
        """
        found = _evaluated(
            frame, ruleset, publishing_options, additional_data_sources, additional_options, common
        )
        rows = DynamicFrame.fromDF(found.rows, frame.glue_ctx, ROW_OUTCOMES)
        outcomes = _outcomes(frame, found)
        frames = {RULE_OUTCOMES: outcomes, ROW_OUTCOMES: rows, ORIGINAL: frame}
        return DynamicFrameCollection(frames, frame.glue_ctx)


def _evaluated(
    frame: DynamicFrame,
    ruleset: str,
    publish: Options | None,
    sources: Mapping[str, DynamicFrame] | None,
    options: Options | None,
    common: Options,
) -> Evaluation:
    rules = parsed(ruleset)
    check(rules)
    publishing.check(publish or {})
    by_row = _by_row(options or {})
    for name in common:
        if name != "transformation_ctx":
            raise UnsupportedApiError(f"EvaluateDataQuality({name}=…)")
    if rules.analyzers:
        LOG.warning("the analyzers of the ruleset are not computed: nothing here shows them")
    others = {alias: _rows_of(each) for alias, each in (sources or {}).items()}
    past = None
    if any(dynamic(rule.condition) for rule in single(rules)):
        past = earlier(publishing.context_of(publish or {}))
    found = evaluate(rules, _rows_of(frame), others, composites_by_row=by_row, past=past)
    publishing.publish(publish or {}, found.outcomes)
    return found


def _by_row(options: Options) -> bool:
    for name in options:
        if name not in _TUNING and name != _COMPOSITES:
            raise UnsupportedApiError(f"EvaluateDataQuality: additional option {name!r}")
    return str(options.get(_COMPOSITES, "RULE")).upper() == "ROW"


def _rows_of(frame: DynamicFrame | DataFrame) -> DataFrame:
    return frame if isinstance(frame, DataFrame) else frame.toDF()


def _outcomes(frame: DynamicFrame, found: Evaluation) -> DynamicFrame:
    rows = [
        (
            rule.text,
            PASSED if outcome.passed else FAILED,
            outcome.reason,
            dict(outcome.metrics),
            outcome.evaluated or rule.text,
        )
        for rule, outcome in found.outcomes
    ]
    made = frame.glue_ctx.spark_session.createDataFrame(rows, _SCHEMA)
    return DynamicFrame.fromDF(made, frame.glue_ctx, RULE_OUTCOMES)
