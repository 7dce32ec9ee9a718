"""EvaluateDataQuality with every rule type that is evaluated, in one script; and in a job."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.integration.glue.jobs import ROLE, Jobs
from tests.integration.glue.scripts import Client, catalog_table, run_script
from tests.support import unique, wait_until

pytestmark = [pytest.mark.spark, pytest.mark.large]

MD5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
# Each rule with what it says, and one of its metrics (None: it has none).
RULES: list[tuple[str, str, Any]] = [
    ("RowCount = 6", "Passed", 6.0),
    ("RowCount between 1 and 6", "Failed", 6.0),
    ("RowCount = 3 where \"color = 'red'\"", "Passed", 3.0),
    ("ColumnCount = 7", "Passed", 7.0),
    ('ColumnExists "ID"', "Passed", None),
    ('ColumnExists "none"', "Failed", None),
    ('ColumnNamesMatchPattern "[a-z]+"', "Passed", 1.0),
    ('IsComplete "id"', "Passed", 1.0),
    ('IsComplete "color"', "Failed", 5 / 6),
    ('Completeness "color" > 0.8', "Passed", 5 / 6),
    ('IsUnique "id"', "Passed", 1.0),
    ('IsUnique "color"', "Failed", 0.4),
    ('Uniqueness "color" = 0.4', "Passed", 0.4),
    ('UniqueValueRatio "color" > 0.6', "Passed", 2 / 3),
    ('DistinctValuesCount "color" = 3', "Passed", 3.0),
    ('IsPrimaryKey "id" "color"', "Failed", 1.0),
    ('IsPrimaryKey "id"', "Passed", 1.0),
    ('Mean "score" = 3.5', "Passed", 3.5),
    ('Sum "score" in [20, 21]', "Passed", 21.0),
    ('StandardDeviation "score" between 1.7 and 1.8', "Passed", None),
    ('Entropy "score" > 1.79', "Passed", None),
    ('ColumnCorrelation "id" "score" > 0.99', "Passed", None),
    ('ColumnValues "score" > 0', "Passed", 1.0),
    ('ColumnValues "score" between 1 and 6', "Failed", 1.0),
    ('ColumnValues "score" in [1, 2, 3] with threshold > 0.4', "Passed", 0.5),
    ('ColumnValues "color" in ["red", "blue", "green", NULL]', "Passed", 1.0),
    ('ColumnValues "color" in ["red", "blue", "green"]', "Failed", 5 / 6),
    ('ColumnValues "color" != "black"', "Passed", 1.0),
    ('ColumnValues "color" matches "[a-z]{3,5}" where "color is not null"', "Passed", 1.0),
    ('ColumnValues "text" in [EMPTY, WHITESPACES_ONLY, "x"]', "Passed", 1.0),
    ('ColumnValues "day" > (now() - 36500 days)', "Passed", 1.0),
    ('ColumnValues "day" between "2020-01-01" and "2020-01-07"', "Failed", 5 / 6),
    ('ColumnLength "text" < 3', "Passed", 0.0),
    ('ColumnDataType "number" = "INTEGER" with threshold > 0.6', "Passed", 4 / 6),
    ('ColumnDataType "number" = "DOUBLE"', "Failed", 5 / 6),
    ('DataFreshness "day" > 24 hours', "Passed", 1.0),
    ('CustomSql "select count(*) from primary where score > 2" = 4', "Passed", 4.0),
    ('CustomSql "select id from primary where score > 2" with threshold > 0.5', "Passed", 4 / 6),
    ('CustomSql "select nothing from primary" > 1', "Failed", None),
    ('ReferentialIntegrity "color" "other.{name}" >= 0.8', "Passed", 5 / 6),
    ('RowCountMatch "other" = 2.0', "Passed", 2.0),
    ('AggregateMatch "sum(score)" "sum(other.score)" = 3.5', "Passed", 3.5),
    ('DatasetMatch "same" "id" "score" = 1.0', "Passed", 1.0),
    ('SchemaMatch "same" = 1.0', "Passed", 1.0),
    ('FileFreshness "s3://BUCKET/in/" > (now() - 24 hours)', "Passed", 1.0),
    ('FileFreshness "s3://BUCKET/in/a" between "2020-01-01" and "2021-01-01"', "Failed", 0.0),
    ('FileSize "s3://BUCKET/in/" < 2 B with threshold > 0.3', "Passed", 1 / 3),
    ('FileUniqueness "s3://BUCKET/in/" > 0.3', "Passed", 1 / 3),
    ('FileMatch "s3://BUCKET/in/b" "s3://BUCKET/in/c"', "Passed", None),
    (f'FileMatch "s3://BUCKET/in/a" in ["{MD5}"] with hashAlgorithm = "MD5"', "Passed", None),
    ('FileMatch "s3://BUCKET/in/a" in ["0"]', "Failed", None),
    ('FileSize "s3://BUCKET/none/" > 1 B', "Failed", None),
    ('(IsComplete "id") and (IsUnique "color")', "Failed", None),
    ('(ColumnValues "score" > 3) or (ColumnValues "score" <= 3)', "Failed", None),
]

SCRIPT = """
import datetime
from awsgluedq.transforms import EvaluateDataQuality
from awsglue.transforms import SelectFromCollection

day = datetime.date(2020, 1, 1)
data = spark.createDataFrame(
    [(1, "red", 1.0, "", day + datetime.timedelta(1), "1", True),
     (2, "red", 2.0, " ", day + datetime.timedelta(2), "2", True),
     (3, "red", 3.0, "x", day + datetime.timedelta(3), "3", True),
     (4, "blue", 4.0, "x", day + datetime.timedelta(4), "4", True),
     (5, "green", 5.0, "x", day + datetime.timedelta(5), "5.5", True),
     (6, None, 6.0, "x", day + datetime.timedelta(6), "six", True)],
    "id int, color string, score double, text string, day date, number string, flag boolean")
other = spark.createDataFrame(
    [("red", 1.0), ("blue", 2.0), ("green", 3.0)], "name string, score double")
frame = DynamicFrame.fromDF(data, glue, "data")
sources = {"other": DynamicFrame.fromDF(other, glue, "o"), "same": frame}

outcomes = EvaluateDataQuality.apply(
    frame=frame, ruleset="Rules = [\\n" + ",\\n".join(rules) + "\\n]",
    additional_data_sources=sources,
    publishing_options={
        "dataQualityEvaluationContext": bucket, "enableDataQualityCloudWatchMetrics": True,
        "resultsS3Prefix": f"s3://{bucket}/results/"})
found["outcomes"] = [[r["Rule"], r["Outcome"], r["FailureReason"], r["EvaluatedMetrics"]]
                     for r in outcomes.toDF().collect()]

few = '''Rules = [
    RowCount > 3, IsComplete "color", ColumnValues "score" < 5 where "id != 5",
    (IsUnique "id") and (ColumnLength "text" <= 1)]'''
several = EvaluateDataQuality().process_rows(
    frame=frame, ruleset=few, publishing_options={"dataQualityEvaluationContext": "few"},
    additional_options={"performanceTuning.caching": "CACHE_NOTHING", "observations.scope": "ALL"})
found["keys"] = sorted(several.keys())
by_row = SelectFromCollection.apply(dfc=several, key="rowLevelOutcomes").toDF()
found["columns"] = by_row.columns
found["rows"] = [[list(r["DataQualityRulesPass"]), list(r["DataQualityRulesFail"]),
                  list(r["DataQualityRulesSkip"]), r["DataQualityEvaluationResult"]]
                 for r in by_row.orderBy("id").collect() if r["id"] in (1, 5, 6)]
found["original"] = several["originalData"].count()

composite = 'Rules = [(ColumnValues "score" > 3) or (ColumnValues "score" <= 3)]'
by = EvaluateDataQuality().process_rows(
    frame=frame, ruleset=composite,
    additional_options={"compositeRuleEvaluation.method": "ROW"})
found["by_row"] = by["ruleOutcomes"].toDF().first()["Outcome"]

def refused(text, **more):
    return raised(lambda: EvaluateDataQuality.apply(frame=frame, ruleset=text, **more))

found["refused"] = [
    refused('Rules = [ DetectAnomalies "RowCount" ]'),
    refused('Rules = [ ColumnValues "score" > avg(last(10)) ]'),
    refused("Rules = [ RowCounts > 1 ]"),
    refused("Rules = [ RowCount > ]"),
    refused("Rules = [ RowCount > 1 ]", publishing_options={"x": 1}),
]
"""

# A job as Glue Studio makes it, with its default ruleset before a sink.
JOB = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsgluedq.transforms import EvaluateDataQuality
from awsglue.dynamicframe import DynamicFrame
import gs_derived
import gs_now

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
source = DynamicFrame.fromDF(spark.createDataFrame([(1, 2)], "a int, b int"), glueContext, "s")
derived = source.gs_derived(colName="c", expr="a + b").gs_now(colName="at")
EvaluateDataQuality().process_rows(
    frame=derived, ruleset="Rules = [ ColumnCount > 3, Sum \\"c\\" > 5 ]",
    publishing_options={"dataQualityEvaluationContext": "node1",
                        "enableDataQualityResultsPublishing": True},
    additional_options={"dataQualityResultsPublishing.strategy": "BEST_EFFORT",
                        "observations.scope": "ALL"})
print("columns", derived.toDF().columns)
job.commit()
"""
TRANSFORMS = "s3://aws-glue-studio-transforms-510798373988-prod-us-east-1"


@pytest.fixture(scope="module")
def found(emulator: str, aws: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bucket = unique("quality")
    aws("s3").create_bucket(Bucket=bucket)
    for key, body in (("a", b"x"), ("b", b"xyz"), ("c", b"xyz")):
        aws("s3").put_object(Bucket=bucket, Key=f"in/{key}", Body=body)
    rules = [rule.replace("BUCKET", bucket) for rule, _, _ in RULES]
    script = f"rules = {json.dumps(rules)}\n{SCRIPT}"
    answer = run_script(script, emulator, bucket, tmp_path_factory.mktemp("quality"))
    return {**answer, "bucket": bucket}


@pytest.mark.parametrize("at", range(len(RULES)), ids=[rule for rule, _, _ in RULES])
def test_rules(found: dict[str, Any], at: int) -> None:
    rule, outcome, metric = RULES[at]
    said, judged, reason, metrics = found["outcomes"][at]
    assert (said, judged) == (rule.replace("BUCKET", found["bucket"]), outcome), reason
    assert (reason is None) is (outcome == "Passed")
    if metric is not None:
        assert metric in [pytest.approx(value) for value in metrics.values()], metrics


def test_reasons_and_metrics_have_the_names_of_aws(found: dict[str, Any]) -> None:
    by_rule = {rule: (reason, metrics) for rule, _, reason, metrics in found["outcomes"]}
    not_met = "does not meet the constraint requirement!"
    assert by_rule["RowCount between 1 and 6"] == (
        f"Value: 6.0 {not_met}",
        {"Dataset.*.RowCount": 6.0},
    )
    reason, metrics = by_rule['ColumnValues "color" in ["red", "blue", "green"]']
    assert reason == f"Value: NULL {not_met}"
    assert list(metrics) == ["Column.color.ColumnValues.Compliance"]
    assert by_rule['ColumnValues "score" > 0'][1] == {"Column.score.Minimum": 1.0}
    assert by_rule['ColumnExists "none"'][0] == "Input data does not include column none!"
    assert "nothing" in by_rule['CustomSql "select nothing from primary" > 1'][0]
    assert set(by_rule['IsPrimaryKey "id"'][1]) == {
        "Column.id.Uniqueness",
        "Column.id.Completeness",
    }


def test_rows_have_the_rules_that_they_meet(found: dict[str, Any]) -> None:
    assert found["keys"] == ["originalData", "rowLevelOutcomes", "ruleOutcomes"]
    assert found["columns"][-4:] == [
        "DataQualityRulesPass",
        "DataQualityRulesFail",
        "DataQualityRulesSkip",
        "DataQualityEvaluationResult",
    ]
    assert len(found["columns"]) == 11
    whole, set_, values = (
        "RowCount > 3",
        'IsComplete "color"',
        'ColumnValues "score" < 5 where "id != 5"',
    )
    both = '(IsUnique "id") and (ColumnLength "text" <= 1)'
    assert found["rows"] == [
        [[set_, values, both], [], [whole], "Passed"],
        [[set_, both], [], [whole, values], "Passed"],
        [[both], [set_, values], [whole], "Failed"],
    ]
    assert found["original"] == 6
    assert found["by_row"] == "Passed"


def test_what_is_not_there_is_refused_by_name(found: dict[str, Any]) -> None:
    names = [name for name, _ in found["refused"]]
    assert names == [
        *("UnsupportedApiError", "UnsupportedApiError", "RuleError", "RulesetError"),
        "UnsupportedApiError",
    ]
    texts = " ".join(text for _, text in found["refused"])
    for word in ("DetectAnomalies", "avg(last(10))", "RowCounts", "line 1, column 22", "'x'"):
        assert word in texts


def test_results_are_published(found: dict[str, Any], aws: Client) -> None:
    bucket = found["bucket"]
    (key,) = [
        each["Key"]
        for each in aws("s3").list_objects_v2(Bucket=bucket, Prefix="results/")["Contents"]
    ]
    assert key.startswith(f"results/{bucket}/")
    lines = aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
    assert [json.loads(line)["Outcome"] for line in lines] == [o for _, o, _ in RULES]
    metrics = aws("cloudwatch").list_metrics(
        Namespace="Glue Data Quality",
        Dimensions=[{"Name": "EvaluationContext", "Value": bucket}],
    )["Metrics"]
    assert {each["MetricName"] for each in metrics} == {
        "glue.data.quality.rules.passed",
        "glue.data.quality.rules.failed",
    }


def test_a_job_of_glue_studio(jobs: Jobs) -> None:
    files = ",".join(f"{TRANSFORMS}/{name}.py" for name in ("gs_common", "gs_derived", "gs_now"))
    run = jobs.run(JOB, "glueetl", DefaultArguments={"--extra-py-files": files})
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert "columns ['a', 'b', 'c', 'at']" in jobs.log(run["Id"])
    (listed,) = jobs.glue.list_data_quality_results(Filter={"JobRunId": run["Id"]})["Results"]
    result = jobs.glue.get_data_quality_result(ResultId=listed["ResultId"])
    assert (result["Score"], result["EvaluationContext"]) == (0.5, "node1")
    first, second = result["RuleResults"]
    assert (first["Name"], first["Result"]) == ("Rule_1", "PASS")
    assert second["EvaluationMessage"] == "Value: 3.0 does not meet the constraint requirement!"
    assert second["EvaluatedMetrics"] == {"Column.c.Sum": 3.0}


DYNAMIC = """
import sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.utils import getResolvedOptions
from awsgluedq.transforms import EvaluateDataQuality
from pyspark.context import SparkContext
glue = GlueContext(SparkContext.getOrCreate())
rows = int(getResolvedOptions(sys.argv, ["JOB_NAME", "rows"])["rows"])
frame = DynamicFrame.fromDF(glue.spark_session.range(rows), glue, "f")
rules = "Rules = [ RowCount > avg(last(10))*0.6, (ColumnCount >= max(last(1))) and (RowCount > 0) ]"
EvaluateDataQuality().process_rows(
    frame=frame, ruleset=rules, publishing_options={"dataQualityEvaluationContext": "grows"})
"""


def test_dynamic_rules_look_at_the_results_of_earlier_runs(jobs: Jobs) -> None:
    job = jobs.create(DYNAMIC, "glueetl")
    found = []
    for rows in (10, 4):
        run = jobs.start(job, Arguments={"--rows": str(rows)})
        jobs.wait(job, run, "SUCCEEDED")
        (listed,) = jobs.glue.list_data_quality_results(Filter={"JobRunId": run})["Results"]
        result = jobs.glue.get_data_quality_result(ResultId=listed["ResultId"])
        found.append([(r["Result"], r["EvaluatedRule"]) for r in result["RuleResults"]])
    both = "(ColumnCount >= max(last(1))) and (RowCount > 0)"
    assert found == [
        [("PASS", "RowCount > 0.0"), ("PASS", both)],
        [("FAIL", "RowCount > 6.0"), ("PASS", both)],
    ]


def test_a_run_on_a_table(aws: Client, bucket: str) -> None:
    glue, name = aws("glue"), unique("quality")
    aws("s3").put_object(Bucket=bucket, Key="table/a.csv", Body=b"1,x\n2,y\n")
    glue.create_database(DatabaseInput={"Name": name})
    catalog_table(
        aws, name, "t", "csv", {"id": "int", "t": "string"}, location=f"s3://{bucket}/table/"
    )
    glue.create_data_quality_ruleset(
        Name=name, Ruleset='Rules = [ RowCount = 2, IsUnique "id", ColumnValues "id" > 1 ]'
    )
    run = glue.start_data_quality_ruleset_evaluation_run(
        DataSource={"GlueTable": {"DatabaseName": name, "TableName": "t"}},
        Role=ROLE,
        RulesetNames=[name],
    )["RunId"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = glue.get_data_quality_ruleset_evaluation_run(RunId=run)
        return None if found["Status"] in ("STARTING", "RUNNING") else found

    found = wait_until(ended, timeout=240, what="the run ends")
    assert found["Status"] == "SUCCEEDED", found.get("ErrorString")
    (result,) = glue.batch_get_data_quality_result(ResultIds=found["ResultIds"])["Results"]
    assert (result["RulesetName"], result["RulesetEvaluationRunId"]) == (name, run)
    assert [rule["Result"] for rule in result["RuleResults"]] == ["PASS", "PASS", "FAIL"]
    assert result["Score"] == pytest.approx(2 / 3)
    (listed,) = glue.list_data_quality_results(Filter={"DataSource": found["DataSource"]})[
        "Results"
    ]
    assert listed["ResultId"] == result["ResultId"]
