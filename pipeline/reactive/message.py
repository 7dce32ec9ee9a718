"""The one message of an execution, as the topic's subscribers get it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.reactive.batches import Taken

__all__ = ["Message"]

NAMED: Final = 50
"""Files that a message names; it counts all (a message has 256 KB at most: Amazon Simple
Notification Service API Reference, "Publish")."""
_SUBJECT: Final = 100
"""Characters of a subject, of which it has fewer (the same)."""


@dataclass(frozen=True)
class Message:
    """What has become of the files and of the model.

    Attributes:
        outcome: of the round, or ``refused`` when no file could be taken
        verdict: why
        execution: ARN of the state machine's execution
        files: that it has taken or refused
        round: when the round began, "" without one
    """

    outcome: str
    verdict: str
    execution: str
    files: Sequence[Taken]
    round: str = ""

    def as_dict(self) -> dict[str, str]:
        """``subject``, and ``message``: a JSON object."""
        count = len(self.files)
        subject = f"{self.outcome}: {count} raw file{'' if count == 1 else 's'}"
        document = {
            "outcome": self.outcome,
            "verdict": self.verdict,
            "rows": sum(file.rows for file in self.files),
            "rejected": sum(file.rejected for file in self.files),
            "count": count,
            "files": [file.key for file in self.files if not file.refused][:NAMED],
            "refused": {file.key: file.refused for file in self.files if file.refused},
            "round": self.round,
            "execution": self.execution,
        }
        refused = dict(list(document["refused"].items())[:NAMED])  # type: ignore[attr-defined]
        text = json.dumps({**document, "refused": refused}, ensure_ascii=False)
        return {"subject": subject[: _SUBJECT - 1], "message": text}
