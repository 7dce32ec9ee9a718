"""Lab 4: asks the endpoint for titles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline.errors import StageError
from pipeline.lake import Lake, error_code
from pipeline.run_state import Record
from pipeline.stages.base import Result, Stage, Work
from pipeline.stages.deploy import endpoint_log
from pipeline.text.counted import counted

__all__ = ["Recommend", "Recommendations", "Title", "titles_for", "titles_for_ratings"]


@dataclass(frozen=True)
class Title:
    """One recommended movie."""

    movie_id: int
    title: str
    score: float
    because: tuple[str, ...] = ()
    """Titles that were rated and add most to the score; only where they were asked for."""


@dataclass(frozen=True)
class Recommendations:
    """The endpoint's answer for one user, best first."""

    user_id: int | None
    """None for somebody who is known by what they have rated alone."""
    reason: str
    titles: list[Title]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Recommend(Stage):
    """See that the endpoint answers; nothing is kept."""

    name = "recommend"
    needs = ("deploy",)
    recorded = False
    changes = False

    def missing(self, lake: Lake, record: Record) -> str | None:  # noqa: ARG002
        return None

    def run(self, work: Work) -> Result:
        found = titles_for(work.lake, 1, 10)
        return Result(f"{counted(len(found.titles), 'title')} for user 1 ({found.reason})")


def titles_for(lake: Lake, user: int, k: int) -> Recommendations:
    """Up to `k` titles for `user`.

    Raises:
        StageError: no endpoint, or an answer that is not the contract's
    """
    return _asked(lake, {"user_id": user, "k": k})


def titles_for_ratings(lake: Lake, ratings: Mapping[int, float], k: int) -> Recommendations:
    """Up to `k` titles, each with its reason, for somebody who has rated these movies.

    Args:
        lake: where
        ratings: stars by movie id
        k: how many

    Raises:
        StageError: no endpoint, or an answer that is not the contract's
    """
    rated = [{"movie_id": movie, "rating": stars} for movie, stars in ratings.items()]
    return _asked(lake, {"ratings": rated, "k": k, "explain": True})


def _asked(lake: Lake, instance: dict[str, Any]) -> Recommendations:
    body = json.dumps({"instances": [instance]})
    try:
        answer = lake.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=lake.settings.endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=body,
        )
    except ClientError as error:
        if error_code(error) in ("ValidationError", "ValidationException"):
            raise StageError(
                f"Endpoint {lake.settings.endpoint} does not answer: "
                f"{error.response['Error'].get('Message')}",
                "Make it with: lake run",
            ) from error
        if error_code(error) == "ModelError":
            raise StageError(
                f"Endpoint {lake.settings.endpoint} failed: "
                f"{error.response.get('OriginalMessage') or error.response['Error']['Message']}",
                f"Read its log: {lake.target.read_log(endpoint_log(lake))}",
            ) from error
        raise
    text = answer["Body"].read()
    try:
        prediction = json.loads(text)["predictions"][0]
        titles = [
            Title(
                int(r["movie_id"]),
                str(r["title"]),
                float(r["score"]),
                tuple(str(cause["title"]) for cause in r.get("because", ())),
            )
            for r in prediction["recommendations"]
        ]
        user = prediction.get("user_id") if "ratings" in instance else prediction["user_id"]
        known = None if user is None else int(user)
        return Recommendations(known, str(prediction["reason"]), titles)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise StageError(
            f"Endpoint {lake.settings.endpoint} answered something else than recommendations: "
            f"{text[:200]!r}",
            "Deploy it again with: lake run --from train --force",
        ) from error
