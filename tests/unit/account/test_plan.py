"""`lake plan`: what would be made, changed and deleted, what it costs, and no write call."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import cloudformation
from pipeline.account import accrued as accrued_module
from pipeline.account import deployed as deployed_module
from pipeline.account.accrued import accrued
from pipeline.account.cost import SMALL, Costs
from pipeline.account.deployed import Deployed, Standing
from pipeline.account.plan import AccountPlan, make_plan, require_cheap
from pipeline.account.templates import NAMES, parse, resources
from pipeline.cloudformation import template_text
from pipeline.errors import CostError
from pipeline.infrastructure import deploy_bucket
from pipeline.lake import Lake
from pipeline.prices import AS_OF, ELSEWHERE, PRICES, SOURCES, PriceList
from pipeline.settings import OPTIONAL, REACTIVE, TEMPLATES
from pipeline.sizes import Sizes
from pipeline.target import open_target
from tests.unit.account.fakes import ACCOUNT, READS, account_lake, record_operations
from tests.unit.pipeline.fakes import SilentReporter, client_error

PSEUDO = {
    "AccountId": ACCOUNT,
    "Region": "eu-central-1",
    "Partition": "aws",
    "URLSuffix": "amazonaws.com",
}


def costs_of(plan: AccountPlan) -> Costs:
    assert plan.costs is not None
    return plan.costs


def test_an_empty_account_gets_everything_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with account_lake(monkeypatch) as lake:
        called = record_operations(lake)
        plan = make_plan(lake, Standing.of(lake), SMALL)
        assert called
        assert [name for name in called if not name.startswith(READS)] == []
    assert plan.count("make") == len(plan.changes)
    assert {change.template for change in plan.changes} == set(TEMPLATES) - set(OPTIONAL)
    kinds = {change.kind for change in plan.changes}
    assert {"AWS::DMS::ReplicationInstance", "AWS::SageMaker::Endpoint"} <= kinds
    assert any("training job" in text for text in plan.outside)
    json.dumps(plan.as_dict())


def test_a_reactive_run_makes_one_more_stack_and_events(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        called = record_operations(lake)
        plan = make_plan(lake, Standing.of(lake, reactive=True), SMALL)
        assert [name for name in called if not name.startswith(READS)] == []
        [bucket] = [
            one for one in Standing.of(lake, reactive=True).wanted if one.kind == "AWS::S3::Bucket"
        ]
    made = {(c.kind, c.name) for c in plan.changes if c.template == REACTIVE}
    assert {
        ("AWS::StepFunctions::StateMachine", "movielens-reactive"),
        ("AWS::SNS::Topic", "movielens-reactive"),
        ("AWS::Events::Rule", "movielens-reactive"),
        ("AWS::Lambda::Function", "movielens-react"),
    } <= made
    assert "EventBridgeConfiguration" in bucket.properties["NotificationConfiguration"]


def test_a_stack_that_is_there_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        deploy_bucket(lake.stacks, lambda _: None)

        def of_the_bucket() -> list[tuple[str, str]]:
            changes = make_plan(lake, Standing.of(lake), SMALL).changes
            return [(c.action, c.logical) for c in changes if c.template == "bucket"]

        # moto makes no policy of a bucket for CloudFormation, so it is to be made.
        logical = [name for name in _logical("bucket") if name != "BucketPolicy"]
        found = of_the_bucket()
        assert [change for change in found if change[1] != "BucketPolicy"] == [
            ("keep", name) for name in logical
        ]
        text = template_text("bucket")
        other = text.replace("AES256", "aws:kms").replace(
            "Outputs:", "  Queue:\n    Type: AWS::SQS::Queue\n\nOutputs:"
        )
        _let_be(monkeypatch, "bucket", other)
        assert ("change", "Bucket") in of_the_bucket()
        assert ("make", "Queue") in of_the_bucket()
        _let_be(monkeypatch, "bucket", "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n")
        assert ("delete", "Bucket") in of_the_bucket()


def _logical(template: str) -> list[str]:
    return list(parse(template_text(template))["Resources"])


def _let_be(monkeypatch: pytest.MonkeyPatch, template: str, text: str) -> None:
    def read(name: str) -> str:
        return text if name == template else cloudformation.template_text(name)

    monkeypatch.setattr(deployed_module, "template_text", read)


def test_a_stack_of_somebody_else_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        lake.client("cloudformation").create_stack(
            StackName="movielens-lake-bucket",
            TemplateBody="Resources:\n  Q:\n    Type: AWS::SQS::Queue\n",
        )
        assert list(deployed_module.deployed(lake)) == []


def test_conditions_and_names_are_resolved() -> None:
    text = """
Parameters:
  Project: {Type: String, Default: p}
  On: {Type: String, Default: "no"}
Conditions:
  IsOn: !Equals [!Ref On, "yes"]
  Both: !And [!Condition IsOn, !Not [!Equals [!Ref Project, q]]]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub
        - "${AWS::AccountId}-${Name}-${!kept}"
        - Name: !Join ["-", [!Ref Project, !Ref AWS::Region]]
      Tags: !If [IsOn, [{Key: a, Value: b}], !Ref AWS::NoValue]
  Role:
    Type: AWS::IAM::Role
    Condition: Both
    Properties: {RoleName: !Sub "${Project}-role"}
  Other:
    Type: AWS::Glue::Database
    Properties: {DatabaseInput: {Name: !GetAtt Bucket.Arn}}
"""
    found = resources("t", parse(text), {}, **PSEUDO)
    assert [(r.logical, r.name) for r in found] == [
        ("Bucket", f"{ACCOUNT}-p-eu-central-1-${{!kept}}"),
        ("Other", ""),
    ]
    assert "Tags" not in found[0].properties
    on = resources("t", parse(text), {"On": "yes", "Project": "x"}, **PSEUDO)
    assert [(r.logical, r.name) for r in on][1] == ("Role", "x-role")
    assert not [
        r for r in resources("t", parse(text), {"On": "yes", "Project": "q"}) if r.logical == "Role"
    ]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_name_that_a_template_gives_is_found(template: str) -> None:
    """A property whose name ends as names do, of a type that the table has, or that needs none."""
    given = dict.fromkeys(parse(template_text(template)).get("Parameters", {}), "x")
    unnamed = {
        r.kind
        for r in resources(template, parse(template_text(template)), given, **PSEUDO)
        if not r.name
        and any(
            key in ("Name", f"{r.kind.split('::')[-1]}Name") or key.endswith("Identifier")
            for key in r.properties
        )
    }
    assert unnamed <= {"AWS::Lambda::EventSourceMapping"}, unnamed
    assert all(len(path) >= 1 for path in NAMES.values())


def test_what_bills_by_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch, "us-east-1") as lake:
        costs = costs_of(make_plan(lake, Standing.of(lake), SMALL))
    lines = {item.what: item.usd for item in costs.hourly}
    assert lines["DMS replication instance dms.t3.medium"] == 0.073
    assert lines["endpoint on ml.t2.medium"] == 0.056
    assert lines["stream movielens-ratings"] == 0.015
    assert not costs.unknown
    assert costs.per_month > costs.per_hour * 24 * 30 > 0
    assert costs.per_run > costs.per_hour * costs.hours


def test_more_rows_cost_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        small = costs_of(make_plan(lake, Standing.of(lake), SMALL)).per_run
        big = costs_of(make_plan(lake, Standing.of(lake), {**SMALL, "ratings": 25_000_000})).per_run
    assert big > small + 25 * 0.625  # on-demand writes alone


def test_a_run_that_is_too_dear_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        plan = make_plan(lake, Standing.of(lake), SMALL)
        require_cheap(plan, None)
        require_cheap(plan, 1000)
        with pytest.raises(CostError, match=r"more than the 0\.01 USD"):
            require_cheap(plan, 0.01)
        with pytest.raises(CostError):
            require_cheap(plan, float("nan"))
        require_cheap(replace(plan, costs=None), 0)


def test_a_size_without_price_is_refused_when_there_is_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with account_lake(monkeypatch) as lake:
        sizes = Sizes.from_environment({"LAKE_TRAINING_INSTANCE_TYPE": "ml.p9.huge"})
        object.__setattr__(lake.target, "sizes", sizes)
        plan = make_plan(lake, Standing.of(lake), SMALL)
        assert costs_of(plan).unknown == ["training job on ml.p9.huge"]
        require_cheap(plan, None)
        with pytest.raises(CostError, match=r"no price for training job on ml\.p9\.huge"):
            require_cheap(plan, 1000)


def test_every_price_has_a_source_and_elsewhere_is_dearer() -> None:
    assert len(AS_OF) == len("2025-01-31")
    for prices in PRICES.values():
        for name, (usd, unit) in prices.items():
            assert SOURCES[name.partition(":")[0]].endswith("pricing")
            assert usd > 0
            assert unit
    here, there = PriceList.of("us-east-1"), PriceList.of("eu-central-9")
    first, second = here.price("glue:dpu"), there.price("glue:dpu")
    assert first
    assert second
    assert second.usd == pytest.approx(first.usd * ELSEWHERE)
    assert "us-east-1 times 1.5" in there.title
    assert there.price("dms:dms.x9.huge") is None


def test_a_denied_look_is_not_taken_for_an_empty_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:

        def denied(**_: object) -> None:
            raise client_error("AccessDenied", "DescribeStacks")

        monkeypatch.setattr(lake.client("cloudformation"), "describe_stacks", denied)
        with pytest.raises(Exception, match="AccessDenied"):
            make_plan(lake, Standing.of(lake), SMALL)


def test_costs_so_far_grow_with_the_age_of_what_bills(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "Resources:\n  Stream:\n    Type: AWS::Kinesis::Stream\n    Properties:\n"
        "      ShardCount: 2\n"
    )
    with account_lake(monkeypatch, "us-east-1") as lake:
        lake.client("cloudformation").create_stack(
            StackName=lake.settings.stack("streaming"), TemplateBody=text, Tags=[lake.settings.tag]
        )
        later = datetime.now(UTC) + timedelta(hours=10)
        found = accrued(lake, later)
    assert found
    assert found.per_hour == pytest.approx(0.03)
    assert found.usd == pytest.approx(0.3, rel=0.01)
    assert "0.30 USD so far, 0.030 USD an hour more" in found.text


def test_the_local_target_costs_nothing() -> None:
    lake = Lake.open(open_target("local", environ={}), SilentReporter())
    assert accrued(lake) is None


def test_what_is_in_the_template_and_not_made_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime.now(UTC)
    with account_lake(monkeypatch) as lake:
        wanted = [r for r in deployed_module.expected(lake) if r.template == "streaming"]
        [stream] = [r for r in wanted if r.kind == "AWS::Kinesis::Stream"]
        for physical, costs in (({}, False), ({stream.logical: stream.name}, True)):
            stack = Deployed(
                "streaming", "x", "CREATE_FAILED", now - timedelta(hours=10), wanted, physical
            )
            monkeypatch.setattr(accrued_module, "deployed", lambda _, stack=stack: [stack])
            found = accrued(lake, now)
            assert found is not None
            assert (found.per_hour > 0, found.usd > 0) == (costs, costs)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_dead_stack_is_planned_to_be_deleted_and_made_anew(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account_lake(monkeypatch) as lake:
        wanted = deployed_module.expected(lake)
        bucket = [r for r in wanted if r.template == "bucket"]
        made = {resource.logical: resource.name for resource in bucket}
        there = {"bucket": Deployed("bucket", "x", status, datetime.now(UTC), bucket, made)}
        plan = make_plan(lake, Standing(wanted, there), SMALL)
    actions = sorted(change.action for change in plan.changes if change.template == "bucket")
    again = sorted([*["delete"] * len(bucket), *["make"] * len(bucket)])
    assert actions == (again if status == "ROLLBACK_COMPLETE" else ["keep"] * len(bucket))
