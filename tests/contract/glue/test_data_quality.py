"""Rulesets of AWS Glue Data Quality, and what has no results yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.contract.glue.flows import code
from tests.contract.glue.helpers import Aws

RULES = 'Rules = [ IsComplete "id", (RowCount > 1) or (RowCount = 0) ]'


def test_a_ruleset(aws: Aws, name: str) -> None:
    glue = aws("glue")
    table = {"DatabaseName": "db", "TableName": name}
    given = {"Name": name, "Ruleset": RULES, "TargetTable": table, "Tags": {"of": name}}
    assert glue.create_data_quality_ruleset(**given)["Name"] == name
    assert code(glue.create_data_quality_ruleset, **given)[0] == "AlreadyExistsException"
    found = glue.get_data_quality_ruleset(Name=name)
    assert (found["Ruleset"], found["TargetTable"]) == (RULES, table)
    assert "RuleCount" not in found
    for chosen in ({"Tags": {"of": name}}, {"Filter": {"TargetTable": table}}):
        (listed,) = glue.list_data_quality_rulesets(**chosen)["Rulesets"]
        assert (listed["Name"], listed["RuleCount"]) == (name, 2)
    later = datetime.now(UTC) + timedelta(hours=1)
    after = {"Name": name, "CreatedAfter": later}
    assert glue.list_data_quality_rulesets(Filter=after)["Rulesets"] == []
    changed = glue.update_data_quality_ruleset(
        Name=name, Description="new", Ruleset="Rules = [ RowCount > 5 ]"
    )
    assert changed["Description"] == "new"
    assert glue.get_data_quality_ruleset(Name=name)["Ruleset"] == "Rules = [ RowCount > 5 ]"
    glue.delete_data_quality_ruleset(Name=name)
    for call in (glue.get_data_quality_ruleset, glue.delete_data_quality_ruleset):
        assert code(call, Name=name)[0] == "EntityNotFoundException"


def test_a_ruleset_that_is_no_dqdl(aws: Aws, name: str) -> None:
    found = code(aws("glue").create_data_quality_ruleset, Name=name, Ruleset="Rules = [ RowCount ")
    assert found[0] == "InvalidInputException"
    assert "line 1, column 20" in found[1]


def test_results_that_are_not_there(aws: Aws, name: str) -> None:
    glue = aws("glue")
    assert code(glue.get_data_quality_result, ResultId=name)[0] == "EntityNotFoundException"
    answer = glue.batch_get_data_quality_result(ResultIds=[name])
    assert (answer["Results"], answer["ResultsNotFound"]) == ([], [name])
    assert glue.list_data_quality_results(Filter={"JobName": name})["Results"] == []


def test_runs_that_cannot_be(aws: Aws, name: str) -> None:
    glue, role = aws("glue"), "arn:aws:iam::000000000000:role/glue"
    source = {"GlueTable": {"DatabaseName": "db", "TableName": name}}
    given = {"DataSource": source, "Role": role}
    start = glue.start_data_quality_ruleset_evaluation_run
    assert code(start, **given, RulesetNames=[name])[0] == "EntityNotFoundException"
    query = {"DataQualityGlueTable": {**source["GlueTable"], "PreProcessingQuery": "select 1"}}
    found = code(start, DataSource=query, Role=role, RulesetNames=[name])
    assert found[0] == "InvalidInputException"
    for call in (
        glue.get_data_quality_ruleset_evaluation_run,
        glue.cancel_data_quality_ruleset_evaluation_run,
    ):
        assert code(call, RunId=name)[0] == "EntityNotFoundException"
    listed = glue.list_data_quality_ruleset_evaluation_runs(Filter={"DataSource": source})
    assert listed["Runs"] == []
    found = code(glue.start_data_quality_rule_recommendation_run, **given)
    assert found == (
        "InvalidInputException",
        "Recommendations of data quality rules are not emulated",
    )
