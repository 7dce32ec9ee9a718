"""The script of an evaluation run: rulesets on a table of the Data Catalog.

Its one argument is a file with the run as JSON (`glue.data_quality.table_run` writes it).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awsglue.context import GlueContext
from awsgluedq.transforms import EvaluateDataQuality
from pyspark import SparkContext

PREDICATE = "pushDownPredicate"


def main(file: str) -> None:
    """Evaluate each ruleset; the results go where `awsgluedq.publishing` puts them."""
    run = json.loads(Path(file).read_text())
    glue = GlueContext(SparkContext.getOrCreate())
    frame = _table(glue, run["source"])
    others = {alias: _table(glue, table) for alias, table in run["others"].items()}
    for name, ruleset in run["rulesets"]:
        EvaluateDataQuality.apply(
            frame=frame,
            ruleset=ruleset,
            publishing_options={**run["publishing"], "dataQualityEvaluationContext": name},
            additional_data_sources=others,
            additional_options=run["options"],
        )


def _table(glue: GlueContext, table: Mapping[str, Any]) -> Any:
    options = dict(table.get("AdditionalOptions") or {})
    predicate = options.pop(PREDICATE, "")
    return glue.create_dynamic_frame.from_catalog(
        database=table["DatabaseName"],
        table_name=table["TableName"],
        push_down_predicate=predicate,
        additional_options=options,
    )


if __name__ == "__main__":
    main(sys.argv[1])
