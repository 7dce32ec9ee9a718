"""``lake lists``: ask the model for everybody's list, and put them where anybody looks them up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pipeline.errors import ListsError
from pipeline.lake import Lake
from pipeline.lists.questions import users
from pipeline.lists.table import fill, forget_others
from pipeline.lists.transform import transformed
from pipeline.run_lock import RunLock
from pipeline.settings import LISTS

__all__ = ["Lists", "make_lists"]


@dataclass(frozen=True)
class Lists:
    """What the table holds now.

    Attributes:
        job: the transform job whose answers they are
        table: the DynamoDB table
        users: how many lists
        k: movies in each, at most
        removed: lists of users whom the training data has no more
    """

    job: str
    table: str
    users: int
    k: int
    removed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def make_lists(lake: Lake, k: int) -> Lists:
    """Make the lists of all users by the model that serves, and write them into the table.

    Who reads the table meanwhile finds each user's former list or the new one.

    Args:
        lake: where
        k: movies in a list

    Raises:
        ListsError: there is no model, its job has failed, or its answers are something else
        RunLockedError: a run is at work
        StackError: the table cannot be made
    """
    if not lake.has_bucket():
        raise ListsError("There is no lake to make lists in.", "Make it with: lake run")
    lock = RunLock(lake.s3, lake.bucket, lake.settings.state, "lake lists", lake.cancelled.set)
    with lock:
        lake.reporter.begin("lists")
        try:
            found = _made(lake, k)
        except BaseException as error:
            lake.reporter.end("lists", str(error).partition("\n")[0], ok=False)
            raise
        lake.reporter.end("lists", f"{found.users:,} users in table {found.table}")
        return found


def _made(lake: Lake, k: int) -> Lists:
    people = users(lake)
    job = transformed(lake, people, k)
    lake.stacks.deploy(LISTS, {})
    written = fill(lake, job)
    if written != len(people):
        raise ListsError(
            f"Transform job {job} has answered for {written:,} of {len(people):,} users.",
            "Delete its answers, then: lake lists",
        )
    return Lists(job, lake.settings.lists_table, written, k, forget_others(lake, job))
