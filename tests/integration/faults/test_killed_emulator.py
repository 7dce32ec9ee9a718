"""``kill -9`` of the emulator in the middle of stages; then the lake's whole life.

That is from an empty emulator to one that has stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.faults.lake_runs import BUCKET, Finished, Machine, Setup, hops, written
from tests.integration.pipeline.movielens_data import Expected, write_folder

pytestmark = [pytest.mark.spark, pytest.mark.large]


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup[Expected]]:
    home = tmp_path_factory.mktemp("home")
    expected = write_folder(home / "movielens")
    with Machine(home) as machine:
        yield Setup(machine, home / "movielens", expected)


@pytest.fixture(scope="module")
def forgotten(setup: Setup[Expected]) -> Finished:
    """A run in whose sleep the emulator was killed and started again: everything is gone."""
    machine = setup.machine
    run = setup.begin()
    run.wait_for("full_load: begins")
    with run.asleep():
        machine.kill_emulator()
        started = machine.start()
    assert started.code == 0, started.stderr
    return run.end()


@dataclass
class Killed:
    """How a run ended whose emulator was killed, and the command after it, before a new start."""

    stage: str
    run: Finished
    next: Finished


@pytest.fixture(scope="module")
def killed(setup: Setup[Expected], forgotten: Finished) -> list[Killed]:
    """The emulator killed in the full load, and, started again, in the transformation."""
    machine, found = setup.machine, []
    for stage in ("full_load", "transform"):
        run = setup.begin()
        run.wait_for(f"{stage}: begins")
        machine.kill_emulator()
        found.append(Killed(stage, run.end(), machine.lake("verify")))
        started = machine.start()
        assert started.code == 0, started.stderr
    return found


@pytest.fixture(scope="module")
def made(setup: Setup[Expected], killed: list[Killed]) -> Finished:
    """A whole run on an emulator that has just been started again."""
    return setup.run("--json")


@dataclass
class Ended:
    """A lake that was destroyed, twice, and what is left of it and of the emulator."""

    first: Finished
    second: Finished
    left: dict[str, list[Any]]
    stopped: Finished
    processes: list[str]
    again: Finished


@pytest.fixture(scope="module")
def ended(setup: Setup[Expected], made: Finished) -> Ended:
    machine = setup.machine
    first, second = machine.lake("destroy"), machine.lake("destroy", "--json")
    left = leftovers(machine)
    stopped = machine.stop()
    processes = [" ".join(process.cmdline()) for process in machine.processes()]
    return Ended(first, second, left, stopped, processes, machine.stop())


def leftovers(machine: Machine) -> dict[str, list[Any]]:
    """What every service lists that the lake may have made."""
    stacks = machine.client("cloudformation").list_stacks()["StackSummaries"]
    dms, glue, sagemaker = (machine.client(s) for s in ("dms", "glue", "sagemaker"))
    logs = machine.client("logs").describe_log_groups()["logGroups"]
    return {
        "buckets": machine.client("s3").list_buckets()["Buckets"],
        "tables": machine.client("dynamodb").list_tables()["TableNames"],
        "streams": machine.client("kinesis").list_streams()["StreamNames"],
        "delivery streams": machine.client("firehose").list_delivery_streams()[
            "DeliveryStreamNames"
        ],
        "tasks": dms.describe_replication_tasks()["ReplicationTasks"],
        "instances": dms.describe_replication_instances()["ReplicationInstances"],
        "DMS endpoints": dms.describe_endpoints()["Endpoints"],
        "subnet groups": dms.describe_replication_subnet_groups()["ReplicationSubnetGroups"],
        "crawlers": glue.get_crawlers()["Crawlers"],
        "jobs": glue.get_jobs()["Jobs"],
        "databases": glue.get_databases()["DatabaseList"],
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "endpoint configurations": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "models": sagemaker.list_models()["Models"],
        "stacks": [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"],
        "roles": machine.client("iam").list_roles()["Roles"],
        "networks": [
            vpc
            for vpc in machine.client("ec2").describe_vpcs()["Vpcs"]
            if any("movielens" in tag["Value"] for tag in vpc.get("Tags", []))
        ],
        "log groups": [g["logGroupName"] for g in logs if "movielens" in g["logGroupName"]],
    }


def test_an_emulator_that_forgot_everything_is_noticed(forgotten: Finished) -> None:
    assert forgotten.code == 1
    assert "Traceback" not in forgotten.stderr
    assert forgotten.error == (
        f"Bucket {BUCKET} vanished while the run was at work: the target was restarted, or "
        "somebody destroyed the lake.",
        "Make it again with: lake run",
    )


@pytest.mark.parametrize(
    ("number", "stages"),
    [(0, {"full_load", "stream"}), (1, {"transform"})],
    ids=["in the full load", "in the transformation"],
)
def test_a_killed_emulator_is_named_with_the_stage(
    setup: Setup[Expected], killed: list[Killed], number: int, stages: set[str]
) -> None:
    run = killed[number].run
    assert run.code == 1
    assert "Traceback" not in run.stderr
    message, hint = run.error
    begin = "The local target stopped answering while stage "
    assert message.startswith(tuple(f"{begin}{stage} was at work: " for stage in stages))
    assert len(message.splitlines()) == 1
    assert hint == "Start it with: lake emulator start; then go on with: lake run"


def test_every_command_says_that_nothing_answers(
    setup: Setup[Expected], killed: list[Killed]
) -> None:
    for each in killed:
        assert each.next.code == 1
        assert each.next.error == (
            f"The local target does not answer at {setup.machine.url}.",
            "Start it with: lake emulator start",
        )


def test_a_run_after_a_new_start_converges(setup: Setup[Expected], made: Finished) -> None:
    assert made.code == 0, made.stderr
    assert made.document["ok"]
    found = hops(made.document)
    assert {hop["difference"] for hop in found.values()} == {0}
    counts = setup.counts()
    assert written(made.document, counts) == counts
    assert not any(stage["skipped"] for stage in made.document["stages"])


def test_destroying_leaves_nothing(ended: Ended) -> None:
    assert ended.first.code == 0, ended.first.stderr
    assert "nothing of the lake is left" in ended.first.stdout
    assert f"bucket {BUCKET}" in ended.first.stdout
    assert {kind: found for kind, found in ended.left.items() if found} == {}


def test_destroying_nothing_is_fine(ended: Ended) -> None:
    assert ended.second.code == 0, ended.second.stderr
    assert ended.second.document["deleted"] == []
    assert ended.second.document["leftovers"] == []


def test_stopping_leaves_no_process(ended: Ended) -> None:
    assert (ended.stopped.code, ended.stopped.stdout) == (0, "emulator stopped\n")
    assert ended.processes == []
    assert (ended.again.code, ended.again.stdout) == (0, "no emulator was running\n")
