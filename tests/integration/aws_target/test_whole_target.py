"""The whole aws target through the command line, in an account of moto's and doubles."""

from __future__ import annotations

from pipeline.stages import STAGES
from tests.integration.aws_target.account import DOUBLED, Account
from tests.integration.aws_target.recorded import Recorded


def test_an_account_is_filled_looked_at_and_left_empty(account: Account) -> None:
    before = account.left()
    run = account.run()
    assert run.code == 0, run.stderr
    document = run.document
    assert document["ok"]
    assert [s["stage"] for s in document["stages"] if not s["skipped"]]
    assert {s["stage"] for s in document["stages"]} == {stage.name for stage in STAGES}
    assert not any(s["skipped"] for s in document["stages"])
    assert all(hop["difference"] == 0 for hop in document["verification"]["reconciliation"])
    assert all(finding["ok"] for finding in document["verification"]["findings"])

    again = account.run()
    assert again.code == 0, again.stderr
    skipped = {s["stage"] for s in again.document["stages"] if s["skipped"]}
    assert skipped == {stage.name for stage in STAGES if stage.recorded}

    status = account.lake("status", "--json")
    assert status.code == 0, status.stderr
    verify = account.lake("verify", "--json")
    assert verify.code == 0, verify.stderr
    assert verify.document["ok"]
    for user in ("1", "4000000"):  # known, and one that nobody knows
        titles = account.lake("recommend", user, "--json")
        assert titles.code == 0, titles.stderr
        assert len(titles.document["titles"]) == 10

    destroy = account.lake("destroy", "--json")
    assert destroy.code == 0, destroy.stderr
    assert destroy.document["leftovers"] == []
    assert account.left() == before
    nothing = account.lake("destroy", "--json")
    assert nothing.code == 0, nothing.stderr
    assert nothing.document["deleted"] == []


def test_what_is_doubled_is_listed(recorded: Recorded) -> None:
    """Everything else is moto's; a resource of which only a name was made is none of ours."""
    listed = {(service, op) for service, ops in DOUBLED.items() for op in ops}
    assert recorded.doubled <= listed
    assert recorded.inert == set()


def test_botocore_checks_every_parameter(recorded: Recorded) -> None:
    assert len(recorded.calls) > 100
    assert all(call.validated for call in recorded.calls)
