"""The policy that `lake iam-policy` prints is what a recorded life of the lake needs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import localstack
import pytest
from botocore import xform_name

from pipeline.account.iam_policy import SHIPPED
from tests.iam.__main__ import COMMAND, text_of
from tests.iam.behind_stacks import BY_TYPE, UNUSED, behind
from tests.iam.deployer import RARE, templates, wanted
from tests.iam.lint import findings, policies
from tests.iam.published import fits, known
from tests.integration.aws_target.recorded import Recorded
from tests.support import PROJECT

SCHEMALESS = {
    *("AWS::CloudFormation::Stack", "AWS::EC2::SecurityGroup", "AWS::S3::BucketPolicy"),
    *("AWS::DMS::Endpoint", "AWS::DMS::ReplicationInstance", "AWS::DMS::ReplicationTask"),
    *("AWS::DMS::ReplicationSubnetGroup", "AWS::Glue::Crawler", "AWS::Glue::Database"),
    *("AWS::Glue::Job", "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"),
    *("AWS::SageMaker::Model", "AWS::Events::Rule", "AWS::Lambda::Permission"),
}
"""Types of whose handlers no published list is at hand."""


def shipped() -> list[dict[str, Any]]:
    return list(json.loads(SHIPPED.read_text(encoding="utf-8"))["Statement"])


def test_the_file_is_what_the_recording_says(recorded: Recorded) -> None:
    same = SHIPPED.read_text(encoding="utf-8") == text_of(recorded.calls)
    assert same, f"{SHIPPED.name} is out of date; run: {COMMAND}"


def test_each_action_exists_and_takes_one_of_its_resources() -> None:
    for statement in shipped():
        for action in statement["Action"]:
            assert known(action), action
            assert all(fits(action, _plain(where)) for where in statement["Resource"]), action


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"Action": "s3:GetObjekt", "Resource": "*"}, "UNKNOWN_ACTION"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"}, "RESOURCE_MISMATCH"),
        ({"Aktion": "s3:GetObject", "Resource": "*"}, "MALFORMED"),
    ],
)
def test_lint_finds_what_is_wrong_in_a_policy(wrong: dict[str, str], found: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **wrong}]}
    assert [text.partition(":")[0] for text in findings(document)] == [found]


def test_lint_comes_to_every_policy_and_finds_nothing() -> None:
    made = dict(policies())
    assert len(made) >= 9
    assert [text for document in made.values() for text in findings(document)] == []


def test_only_reads_and_creations_are_for_anything() -> None:
    everywhere = {
        action
        for statement in shipped()
        if statement["Resource"] == ["*"] and "Condition" not in statement
        for action in statement["Action"]
    }
    assert all(re.search(r":(Describe|Get|List)", action) for action in everywhere)


def test_roles_are_passed_to_the_service_that_they_trust() -> None:
    passing = [s for s in shipped() if "iam:PassRole" in s["Action"]]
    services = [s["Condition"]["StringEquals"]["iam:PassedToService"] for s in passing]
    assert services == [
        f"{name}.amazonaws.com" for name in ("dms", "firehose", "glue", "lambda", "sagemaker")
    ]
    assert all(s["Action"] == ["iam:PassRole"] and "*" not in s["Resource"] for s in passing)


def test_each_call_in_the_pipelines_text_is_recorded_or_known_to_be_rare(
    recorded: Recorded,
) -> None:
    """What no recorded run comes to would be missed otherwise."""
    covered = {(call.service, call.operation) for call in recorded.calls} | RARE.keys()
    names = {xform_name(operation) for _, operation in covered} | {
        "upload_file",  # boto3's, of PutObject and the operations of uploads in parts
        "download_file",
        "search",  # of regular expressions
        "create_connection",  # of sockets
    }
    assert sorted(_called() - names) == []


def test_what_is_rare_is_not_in_the_recording(recorded: Recorded) -> None:
    assert RARE.keys() & {(call.service, call.operation) for call in recorded.calls} == set()


@pytest.mark.parametrize("kind", sorted({made.kind for made in templates()}))
def test_what_a_types_handlers_need_is_allowed_or_explained(kind: str) -> None:
    needed = _handlers(kind)
    assert bool(needed) == (kind not in SCHEMALESS and not kind.startswith("Custom::"))
    for action in needed - behind(kind):
        assert any(re.fullmatch(pattern, action) for pattern in UNUSED), action


def test_no_type_is_listed_that_no_template_has() -> None:
    kinds = {"Custom::" if m.kind.startswith("Custom::") else m.kind for m in templates()}
    assert BY_TYPE.keys() == kinds


def test_no_action_is_explained_away_that_no_handler_needs() -> None:
    every = {action for made in templates() for action in _handlers(made.kind)}
    for pattern in UNUSED:
        assert any(re.fullmatch(pattern, action) for action in every), pattern


def test_everything_wanted_is_in_the_file(recorded: Recorded) -> None:
    assert wanted(recorded.calls) | {"iam:PassRole"} == {
        action for statement in shipped() for action in statement["Action"]
    }


def _called() -> set[str]:
    """Methods of boto3's clients of the services in use that the pipeline's text has."""
    session = botocore.session.get_session()
    operations = {
        xform_name(operation)
        for service in session.get_available_services()
        if service in SERVICES
        for operation in session.get_service_model(service).operation_names
    }
    return {name for path in _modules() for name in _attributes(path) if name in operations}


SERVICES = {
    *("cloudformation", "dms", "dynamodb", "ec2", "ecr", "firehose", "glue", "iam", "kinesis"),
    *("lambda", "logs", "resourcegroupstaggingapi", "s3", "sagemaker", "sagemaker-runtime"),
    *("service-quotas", "sqs", "sts"),
}


def _modules() -> list[Path]:
    """But for what runs in functions, under roles of their own, and what AWS is never asked."""
    every = (PROJECT / "pipeline").rglob("*.py")
    return [p for p in every if "lambdas" not in p.parts and p not in NEVER_ON_AWS]


NEVER_ON_AWS = {PROJECT / "pipeline" / "sql.py"}
"""`lake sql` refuses a target that is paid for, before it calls anything (test_play.py)."""


def _attributes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value  # of a paginator or a table


def _handlers(kind: str) -> set[str]:
    """What the published schema says of creation, reading, change and deletion."""
    name = kind.lower().replace("::", "_")
    for root in localstack.__path__:
        for path in Path(root).rglob(f"{name}.schema.json"):
            handlers = json.loads(path.read_text(encoding="utf-8")).get("handlers", {})
            return {
                action
                for verb in ("create", "read", "update", "delete")
                for action in handlers.get(verb, {}).get("permissions", [])
            }
    return set()


def _plain(arn: str) -> str:
    known = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "1" * 12}
    return re.sub(r"\$\{([^}]+)\}", lambda m: known[m[1]], arn)
