"""Script-mode entry point: measure models on a training channel.

Reads the channel that `train.py` reads, and a JSON document with what to measure; writes one JSON
document with what was found. Nothing but files and arguments goes in or out, so that it runs as a
child process and in a SageMaker processing container alike (Amazon SageMaker Developer Guide,
"Run scripts with your own processing container").

    python evaluate.py --channel DIR --request FILE --output FILE

The request's keys, all optional:

    settings      hyper-parameters of the champion; those not named have their defaults
    algorithms    names of models to compare with it, each with the defaults
    protocols     names; the first is that of the champion's settings when absent
    preset        instead of protocols, test_fraction, seed and k
    test_fraction, seed, k, users (at most so many are measured)
    details       curves and groups; drift and people when true, too
    people        user ids to show recommendations for
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from recommender.aging import aging
from recommender.assembly import artifact_of  # the package pins OpenBLAS before numpy
from recommender.channel import TrainingData, number_again, read_channel
from recommender.comparison import Plan, compare_models
from recommender.errors import DataError, RecommenderError, SettingsError
from recommender.evaluation import fit
from recommender.factory import MODELS
from recommender.hyperparameters import Hyperparameters
from recommender.people import known, people, typical_users
from recommender.presets import Preset, preset
from recommender.protocols import PROTOCOLS
from recommender.ratings import fingerprint
from recommender.statistics import LEVEL

USERS = 20_000
"""Users measured at most, unless told otherwise: their interval is narrow enough."""
_KEYS = (
    "settings", "algorithms", "protocols", "preset", "test_fraction", "seed", "k", "users",
    "details", "people",
)  # fmt: skip
_SETTINGS = {f.name for f in fields(Hyperparameters)}


def say(line: str) -> None:
    """One line of progress, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def champion_of(request: dict[str, Any]) -> Hyperparameters:
    """The champion's settings; raises SettingsError for what is no setting or no model."""
    given = request.get("settings", {})
    unknown = sorted(set(given) - _SETTINGS)
    if unknown:
        raise SettingsError(
            f"unknown hyper-parameter {', '.join(unknown)}; valid: {', '.join(sorted(_SETTINGS))}"
        )
    try:
        settings = Hyperparameters(**given)
    except TypeError as error:
        raise SettingsError(f"a setting of another type: {error}") from None
    if settings.algorithm not in MODELS:
        raise SettingsError(
            f"algorithm={settings.algorithm!r} is no model; valid: {', '.join(MODELS)}"
        )
    return settings


def plans_of(
    request: dict[str, Any], champion: Hyperparameters, chosen: Preset | None
) -> list[Plan]:
    """One plan per protocol; raises SettingsError naming a wrong value and the valid ones."""
    names = request.get("algorithms") or list(MODELS)
    wrong = [name for name in names if name not in MODELS]
    if wrong:
        raise SettingsError(f"algorithm {', '.join(wrong)} is no model; valid: {', '.join(MODELS)}")
    protocols = [name.lower().replace("-", "_") for name in request.get("protocols") or ()]
    fraction = request.get("test_fraction", champion.test_fraction)
    seed, k = request.get("seed", champion.seed), request.get("k", champion.k)
    left_out = 0.0
    if chosen is not None:
        if protocols:
            raise SettingsError("a preset names its protocol; valid: preset or protocols")
        protocols, fraction, seed = [chosen.protocol], chosen.test_fraction, chosen.seed
        k, left_out = chosen.k, chosen.left_out_fraction
    protocols = protocols or [champion.protocol]
    wrong = [name for name in protocols if name not in PROTOCOLS]
    if wrong:
        raise SettingsError(
            f"protocol {', '.join(wrong)} is unknown; valid: {', '.join(PROTOCOLS)}"
        )
    users = int(request.get("users", USERS))
    if users < 2:
        raise SettingsError(f"users={users}; valid: 2 or more")
    # Checks the ranges of fraction, seed and k, too.
    base = replace(champion, test_fraction=fraction, seed=seed, k=k, tune=False)
    plans = []
    for protocol in protocols:
        told = replace(base, protocol=protocol)
        others = {
            name: Hyperparameters(
                algorithm=name,
                seed=seed,
                k=k,
                protocol=protocol,
                test_fraction=fraction,
                threads=champion.threads,
                trainer=champion.trainer,
                tune_trials=champion.tune_trials,
            )
            for name in dict.fromkeys(names)
        }
        same = [name for name, settings in others.items() if settings == told]
        for name in same:
            del others[name]
        details = bool(request.get("details", False))
        plans.append(Plan(told, others, protocol, fraction, seed, k, users, left_out, details))
    return plans


def measure(data: TrainingData, request: dict[str, Any]) -> dict[str, Any]:
    """All that the request asks for; raises RecommenderError for what its user can put right."""
    champion = champion_of(request)
    chosen = preset(request["preset"]) if request.get("preset") else None
    plans = plans_of(request, champion, chosen)
    users = known(data.ratings, request.get("people") or [])
    found: dict[str, Any] = {"preset": None}
    ratings = data.ratings
    if chosen is not None:
        if chosen.least_stars:
            ratings = number_again(ratings, ratings.rating >= chosen.least_stars)
        differs = chosen.differs(ratings)
        found["preset"] = {
            "name": request["preset"],
            "source": chosen.source,
            "least_stars": chosen.least_stars,
            "differs": differs,
            "published": {} if differs else {m: dict(v) for m, v in chosen.published.items()},
        }
        if differs:
            say(f"the published figures do not compare: {differs}")
    count, movies = ratings.shape
    found["data"] = {
        "ratings": len(ratings),
        "users": count,
        "movies": movies,
        "unrated_movies": len(data.unrated_movies()),
        "timed": ratings.timed,
        "ratings_sha256": fingerprint(ratings),
        "rated_again": data.replaced,
    }
    found["champion"] = plans[0].champion.as_dict()
    found["k"], found["interval_level"] = plans[0].k, LEVEL
    found["protocols"] = [compare_models(ratings, plan, say) for plan in plans]
    if request.get("details"):
        say("drift: measuring slice after slice")
        found["drift"] = _drift(data, plans[0])
        say("people: fitting the champion on all ratings")
        fitted = fit(data.ratings, plans[0].champion)
        nothing: dict[str, Any] = {"metrics": {}, "intervals": {}, "protocol": {}}
        artifact = artifact_of(data, fitted, nothing)
        shown = users or typical_users(data.ratings)
        found["people"] = people(data, artifact, shown, plans[0].k)
    return found


def _drift(data: TrainingData, plan: Plan) -> dict[str, Any]:
    try:
        return aging(data.ratings, plan.champion, plan.users)
    except DataError as error:  # without times there is no drift to see
        return {"refused": str(error), "slices": []}


def run(channel: Path, request_file: Path, output: Path) -> None:
    """The whole job; raises RecommenderError for what its user can put right."""
    started = time.perf_counter()
    request = json.loads(request_file.read_text(encoding="utf-8"))
    unknown = sorted(set(request) - set(_KEYS))
    if unknown:
        raise SettingsError(f"the request has {', '.join(unknown)}; valid: {', '.join(_KEYS)}")
    champion_of(request)  # before the data is read, which takes longer
    data = read_channel(channel)
    users, movies = data.ratings.shape
    say(f"data: {len(data.ratings)} ratings of {users} users, {movies} movies")
    found = measure(data, request)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, kilobytes here
    found["peak_memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    found["seconds"] = round(time.perf_counter() - started, 3)
    found["cpu_seconds"] = round(time.process_time(), 3)
    text = json.dumps(found, ensure_ascii=False, allow_nan=False)
    output.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with the reason in the last line of stderr."""
    parser = argparse.ArgumentParser(description="Measure models on a training channel.")
    for name in ("channel", "request", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        run(given.channel, given.request, given.output)
    except RecommenderError as error:
        sys.stderr.write(f"evaluation failed: {error}\n")
        return 1
    except Exception as error:  # a fault of ours or of the machine: its place is worth knowing
        traceback.print_exc()
        sys.stderr.write(f"evaluation failed: {type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
