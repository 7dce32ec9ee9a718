"""`lake iam-policy`: one JSON document, for an account and region or with their placeholders."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pipeline.account.iam_policy import LARGEST, deployer_policy
from pipeline.cli.commands import app
from pipeline.errors import SettingsError
from tests.support import last_error


def test_account_region_and_partition_are_filled_in() -> None:
    found = deployer_policy("123456789012", "cn-north-1", {})
    text = json.dumps(found.document)
    assert found.open == []
    assert "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/ratings_t" in text
    assert "${" not in text


def test_what_is_not_given_stays_as_cloudformation_writes_it() -> None:
    found = deployer_policy(None, None, {"AWS_REGION": "ap-southeast-2"})
    assert found.open == ["${AWS::AccountId}"]
    assert ":ap-southeast-2:${AWS::AccountId}:" in json.dumps(found.document)
    found = deployer_policy("123456789012", None, {})
    assert found.open == ["${AWS::Region}", "${AWS::Partition}"]


def test_another_project_has_its_own_names() -> None:
    text = json.dumps(deployer_policy(None, None, {"LAKE_PROJECT": "films"}).document)
    for name in (
        "table/films_ratings_t",
        "table/awsdms_full_load_exceptions",
        "database/films-data-lake",
        "stream/films-ratings",
        "function:films-start-task",
        "role/films-${AWS::Region}-glue-service-role",
        "${AWS::AccountId}-films-${AWS::Region}/*",
        '"aws:ResourceTag/project": "films"',
    ):
        assert name in text
    assert not [word for word in ("movielens", "ml-data-lake", "table/ratings") if word in text]


def test_the_parts_are_the_whole_and_each_is_a_managed_policy() -> None:
    found = deployer_policy("123456789012", "ap-southeast-2", {})
    statements = [s for part in found.parts for s in part["Statement"]]
    assert statements == found.document["Statement"]
    assert 1 < len(found.parts) <= 10
    for part in found.parts:
        assert part["Version"] == "2012-10-17"
        assert len(json.dumps(part, separators=(",", ":"))) <= LARGEST


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (("123", None), "no account id"),
        (("", None), "no account id"),
        (("12345678901²", None), "no account id"),
        ((None, "eu-cental1"), "'eu-cental1' is no region of AWS"),
    ],
)
def test_what_is_not_valid_is_refused(given: tuple[str, str], error: str) -> None:
    with pytest.raises(SettingsError, match=error):
        deployer_policy(*given, {})


def test_the_command_prints_json_and_says_the_rest_beside_it() -> None:
    done = CliRunner().invoke(app, ["iam-policy"])
    assert done.exit_code == 0, done.stderr
    whole = json.loads(done.stdout)
    assert "lake iam-policy --account 123456789012 --region us-east-1" in done.stderr
    assert "print it as" in done.stderr
    as_json = CliRunner().invoke(app, ["iam-policy", "--json"])
    assert json.loads(as_json.stdout) == whole


def test_a_part_is_printed_alone_and_another_one_refused() -> None:
    words = ["iam-policy", "--account", "123456789012", "--region", "us-east-1"]
    done = CliRunner().invoke(app, [*words, "--part", "1"])
    assert done.exit_code == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["Statement"]
    refused = CliRunner().invoke(app, [*words, "--part", "99"])
    assert refused.exit_code == 1
    assert last_error(refused.stderr)[0].startswith("There is no part 99 of the policy")


def test_there_is_one_for_aws_alone() -> None:
    done = CliRunner().invoke(app, ["iam-policy", "--target", "local"])
    assert done.exit_code != 0
    assert "'local' is not 'aws'" in done.output + done.stderr
