"""A job's bookmark: lent to a run in a file, taken back when committed, reset and rewound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lakestack.services.glue.bookmark import BookmarkError, Bookmarks, Loan

ENABLED = {"--job-bookmark-option": "job-bookmark-enable"}
PAUSED = {"--job-bookmark-option": "job-bookmark-pause"}


class Job:
    """Runs that commit, or not, without any process."""

    def __init__(self, folder: Path) -> None:
        self.bookmarks, self.folder, self.count = Bookmarks(), folder, 0

    def lend(self, **arguments: str) -> tuple[str, Loan | None]:
        self.count += 1
        given = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
        path = self.folder / f"{self.count}.json"
        return f"jr_{self.count}", Loan.lend(self.bookmarks, {**ENABLED, **given}, path)

    def run(self, states: Any = None, **arguments: str) -> dict[str, Any]:
        """A run that commits these states (None: no commit); returns what it was lent."""
        run_id, loan = self.lend(**arguments)
        assert loan is not None
        lent: dict[str, Any] = json.loads(loan.path.read_text())
        if states is not None:
            commit(loan, states)
        self.bookmarks.ended(run_id, loan)
        return lent


def commit(loan: Loan | None, states: Any) -> None:
    assert loan is not None
    loan.path.write_text(json.dumps({"committed": True, "states": states}))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_each_run_begins_where_the_last_commit_ended(job: Job) -> None:
    assert job.run({"a": {"at": 1}})["states"] == {}
    assert job.run()["states"] == {"a": {"at": 1}}  # commits nothing
    assert job.run({"a": {"at": 2}})["states"] == {"a": {"at": 1}}
    entry = job.bookmarks.current()
    assert entry is not None
    assert entry.as_api("j") == {
        "JobName": "j",
        "Version": 2,
        "Run": 2,
        "Attempt": 1,
        "RunId": "jr_3",
        "PreviousRunId": "jr_1",
        "JobBookmark": '{"a": {"at": 2}}',
    }


def test_a_paused_run_sees_the_bookmark_and_changes_nothing(job: Job) -> None:
    job.run({"a": {"at": 1}})
    lent = job.run({"a": {"at": 9}}, job_bookmark_option="job-bookmark-pause")
    assert lent == {"option": "job-bookmark-pause", "states": {"a": {"at": 1}}}
    entry = job.bookmarks.current()
    assert entry is not None
    assert (entry.version, entry.states) == (1, {"a": {"at": 1}})


def test_a_paused_run_over_a_range_of_runs(job: Job) -> None:
    job.run()
    job.run({"a": {"at": 1}})
    job.run({"a": {"at": 2}})
    job.run()  # failed: as of it, the last commit counts
    job.run({"a": {"at": 3}})

    def paused(first: str, last: str) -> dict[str, Any]:
        return job.run(
            job_bookmark_option="job-bookmark-pause", job_bookmark_from=first, job_bookmark_to=last
        )

    lent = paused("jr_2", "jr_4")
    assert (lent["states"], lent["until"]) == ({"a": {"at": 1}}, {"a": {"at": 2}})
    assert paused("jr_1", "jr_2")["states"] == {}
    with pytest.raises(BookmarkError, match="from jr_absent: no run"):
        paused("jr_absent", "jr_2")


def test_disabled_is_the_default_and_lends_nothing(tmp_path: Path) -> None:
    for arguments in ({}, {"--job-bookmark-option": "job-bookmark-disable"}):
        assert Loan.lend(Bookmarks(), arguments, tmp_path / "none.json") is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"--job-bookmark-option": "enable"}, "'enable' is not valid; valid: job-bookmark-enable"),
        ({**ENABLED, "--job-bookmark-from": "jr_1"}, "need job-bookmark-pause"),
        ({**PAUSED, "--job-bookmark-to": "jr_1"}, "given together"),
    ],
)
def test_wrong_options(tmp_path: Path, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(BookmarkError, match=message):
        Loan.lend(Bookmarks(), arguments, tmp_path / "b.json")


def test_reset_forgets_and_rewinds(job: Job) -> None:
    assert job.bookmarks.reset() is None
    job.run({"a": {"at": 1}})
    job.run({"a": {"at": 2}})
    rewound = job.bookmarks.reset("jr_1")
    assert rewound is not None
    assert (rewound.version, rewound.run, rewound.states) == (3, 1, {"a": {"at": 1}})
    assert job.run()["states"] == {"a": {"at": 1}}
    with pytest.raises(KeyError):
        job.bookmarks.reset("jr_absent")
    forgotten = job.bookmarks.reset()
    assert forgotten is not None
    assert (forgotten.version, forgotten.run, forgotten.states) == (4, 0, {})
    assert job.run()["states"] == {}


def test_what_changed_meanwhile_is_not_overwritten(job: Job) -> None:
    first, second = job.lend(), job.lend()
    commit(first[1], {"a": {"at": 1}})
    commit(second[1], {"a": {"at": 2}})
    job.bookmarks.ended(*second)
    with pytest.raises(BookmarkError, match="VERSION_MISMATCH"):
        job.bookmarks.ended(*first)
    entry = job.bookmarks.current()
    assert entry is not None
    assert entry.states == {"a": {"at": 2}}


@pytest.mark.parametrize(
    "left",
    ["", "{", "[" * 100_000, '{"committed": true}', '{"committed": true, "states": {"a": 1}}'],
)
def test_what_is_no_bookmark_is_refused(job: Job, left: str) -> None:
    job.run({"a": {"at": 1}})
    run_id, loan = job.lend()
    assert loan is not None
    loan.path.write_text(left)
    with pytest.raises(BookmarkError):
        job.bookmarks.ended(run_id, loan)
    entry = job.bookmarks.as_of(run_id)
    assert entry is not None
    assert entry.states == {"a": {"at": 1}}
