"""A round of retraining, kept in the lake's bucket so that whoever comes next goes on with it.

``_lake/retraining/round.json`` is the newest one; each that has ended is kept below
``_lake/retraining/rounds/`` too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing

__all__ = ["Outcome", "Round", "Rounds"]

Outcome = Literal["", "kept", "refused", "promoted", "rolled back", "failed"]
"""``kept``: no challenger was trained; ``refused``: it was not better; ``rolled back``: it was
better, and did not serve."""


@dataclass
class Round:
    """Where a round stands.

    Attributes:
        champion: URL of the artifact in use when it began
        step: name of the next step, ``done`` after the last one
        forced: whether a challenger is trained whatever the signs say
        dry: whether it ends with the decision
        began, ended: ISO 8601, UTC
        data: digest of the training data that it looked at
        notes: names of what its steps have begun
        signs: as `pipeline.retraining.decision.Signs`, None before the look
        reasons: of the decision
        challenge: the training job's comparison, None before it
        outcome: how it ended
        verdict: why
    """

    champion: str
    step: str
    forced: bool = False
    dry: bool = False
    began: str = ""
    ended: str = ""
    data: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    signs: dict[str, Any] | None = None
    reasons: list[str] = field(default_factory=list)
    challenge: dict[str, Any] | None = None
    outcome: Outcome = ""
    verdict: str = ""

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.step == "done"

    def end(self, outcome: Outcome, verdict: str) -> None:
        """End it."""
        self.step, self.outcome, self.verdict = "done", outcome, verdict
        self.ended = now()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Rounds:
    """Reads and writes the rounds of a lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._key = f"{lake.settings.state}/retraining/round.json"

    def newest(self) -> Round | None:
        """The newest round; None when there is none, or one that is not ours to read."""
        return self._read(self._key)

    def that_began(self, when: str) -> Round | None:
        """The round that began then, also when others have begun since; None when it is unknown."""
        newest = self.newest()
        if newest is not None and newest.began == when:
            return newest
        return self._read(self._kept(when))

    def write(self, found: Round) -> None:
        """Keep a round as the newest one."""
        keys = [self._key]
        if found.done:
            keys.insert(0, self._kept(found.began))
        for key in keys:
            self._lake.s3.put_object(
                Bucket=self._lake.bucket,
                Key=key,
                Body=json.dumps(asdict(found), indent=1).encode("utf-8"),
                ContentType="application/json",
            )

    def _kept(self, began: str) -> str:
        name = began.replace(":", "").replace("+0000", "")
        return f"{self._lake.settings.state}/retraining/rounds/{name}.json"

    def _read(self, key: str) -> Round | None:
        try:
            return Round(**json.loads(self._lake.read(key)))
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        except (TypeError, ValueError):
            return None  # cut short or of another version: the next one begins again


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
