"""SageMaker script-mode entry point: train the recommender.

Reads SM_CHANNEL_TRAIN and, when the model is to challenge another one, that one's model.tar.gz in
SM_CHANNEL_CHAMPION; writes the model files, and the code that serves them in ``code/``, to
SM_MODEL_DIR and metrics.json to SM_OUTPUT_DATA_DIR; prints `metric name=value;` lines for
MetricDefinitions and `phase name seconds=…` lines. On failure the reason goes to the `failure` file
of the output folder (Amazon SageMaker Developer Guide, "How Amazon SageMaker Processes Training
Output") and the exit status is 1.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from recommender.arguments import AUTO, parse
from recommender.artifact import save  # the package pins OpenBLAS before numpy
from recommender.assembly import Report, artifact_of
from recommender.challenge import challenge, open_champion
from recommender.channel import TrainingData, read_channel
from recommender.errors import DataError, RecommenderError, SettingsError
from recommender.evaluation import Measured, fit, measure_with_baseline
from recommender.hyperparameters import Hyperparameters, solver_threads
from recommender.leakage import check
from recommender.protocols import split as split_rows
from recommender.ratings import Ratings
from recommender.selection import pick
from recommender.serving_code import add_to
from recommender.statistics import LEVEL, compare
from recommender.trainer import choose
from recommender.tuning import search


def say(line: str) -> None:
    """One line for the log, at once: SageMaker reads the stream while the job runs."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Report how long the block took."""
    started = time.perf_counter()
    yield
    say(f"phase {name} seconds={time.perf_counter() - started:.3f}")


def folder(environment: Mapping[str, str], variable: str) -> Path:
    """The folder a SageMaker variable names; raises SettingsError when it is not set."""
    value = environment.get(variable, "")
    if not value:
        raise SettingsError(f"{variable} is not set; SageMaker sets it, elsewhere name a folder")
    return Path(value)


def evaluate(data: TrainingData, settings: Hyperparameters) -> tuple[Hyperparameters, Report]:
    """Metrics on the held-out rows, after the search when asked for."""
    split = split_rows(data.ratings, settings.protocol, settings.test_fraction, settings.seed)
    leaks = check(split, settings.protocol)
    say(
        f"split protocol={settings.protocol} train={len(split.train)} test={len(split.test)}"
        f" left_out={split.left_out}"
    )
    if settings.tune and settings.algorithm in {"als", "blend", AUTO}:
        with phase("tune"):
            searched = tuned(split.train, replace(settings, algorithm="als"))
            settings = replace(searched, algorithm=settings.algorithm)
    if settings.algorithm == AUTO:
        with phase("auto"):
            settings = picked(split.train, settings)
    fitted = fit(split.train, settings)
    say(f"phase fit_evaluation seconds={fitted.seconds:.3f}")
    with phase("evaluate"):
        model, baseline = measure_with_baseline(fitted, split, settings.k)
        report = describe(model, baseline, settings)
    report["protocol"] |= {
        "train": len(split.train),
        "test": len(split.test),
        "left_out": split.left_out,
        "leakage": leaks.as_dict(),
    }
    for name, value in report["metrics"].items():
        say(f"metric {name}={value:.6f};")
    for name, (low, high) in report["intervals"].items():
        say(f"interval {name} low={low:.6f} high={high:.6f}")
    return settings, report


def tuned(train: Ratings, settings: Hyperparameters) -> Hyperparameters:
    """The settings that the search recommends, with the reason in the log.

    Those given when the training rows are too few to hold some of them out.
    """
    try:
        found = search(train, settings, say)
    except DataError as error:
        say(f"tuned kept=true (no validation rows inside the training rows: {error})")
        return settings
    reason = "no draw was better"
    if found.gain is not None:
        gain = found.gain.difference
        reason = f"best draw's gain {gain.mean:+.4f}, interval {gain.low:+.4f} to {gain.high:+.4f}"
    say(
        f"tuned kept={str(found.kept).lower()} ({reason}) validation_ndcg={found.score:.4f}"
        f" settings={json.dumps(found.settings.as_dict())}"
    )
    return found.settings


def picked(train: Ratings, settings: Hyperparameters) -> Hyperparameters:
    """The settings with the model that validation favours, with the reason in the log.

    ALS when the training rows are too few to hold some of them out.
    """
    try:
        found = pick(train, settings, say)
    except DataError as error:
        say(f"auto algorithm=als (no validation rows inside the training rows: {error})")
        return replace(settings, algorithm="als")
    reason = "no model beats it beyond noise"
    if found.gain is not None:
        gain = found.gain.difference
        reason = f"gain over als {gain.mean:+.4f}, interval {gain.low:+.4f} to {gain.high:+.4f}"
    say(f"auto algorithm={found.algorithm} ({reason})")
    return replace(settings, algorithm=found.algorithm)


def describe(model: Measured, baseline: Measured, settings: Hyperparameters) -> Report:
    """The report's metrics, intervals and protocol."""
    ndcg = compare(model.per_user["ndcg"], baseline.per_user["ndcg"]).difference
    return {
        "metrics": model.result()
        | {f"popularity_{name}": value for name, value in baseline.result().items()},
        "intervals": {name: [at.low, at.high] for name, at in model.intervals().items()}
        | {f"ndcg_at_{settings.k}_over_popularity": [ndcg.low, ndcg.high]},
        "protocol": {
            "name": settings.protocol,
            "test_fraction": settings.test_fraction,
            "seed": settings.seed,
            "users": len(model.users),
            "interval_level": LEVEL,
        },
    }


def run(settings: Hyperparameters, environment: Mapping[str, str]) -> None:
    """The whole job; raises RecommenderError for what its user can put right."""
    channel = folder(environment, "SM_CHANNEL_TRAIN")
    model_folder = folder(environment, "SM_MODEL_DIR")
    output_folder = folder(environment, "SM_OUTPUT_DATA_DIR")
    settings = replace(settings, threads=solver_threads(settings))
    if settings.algorithm in {"als", "blend", AUTO}:
        with phase("load_solver"):  # so that the fit phases hold the solver's work alone
            importlib.import_module("implicit.cpu.als")
    with phase("read"):
        data = read_channel(channel)
    users, movies = data.ratings.shape
    say(f"data ratings={len(data.ratings)} users={users} movies={movies}")
    if data.replaced:
        say(f"data replaced={data.replaced}: the user rated the movie again later")
    if data.untitled:
        say(f"data untitled={data.untitled}: rated movies that the movies files do not name")
    if not data.timed:
        say("data untimed: no timestamp column; all ratings count as equally old")
    elif not data.ratings.timed:
        say("data untimed: all ratings have the same time and count as equally old")
    for note in data.notes():
        say(f"data {note}")
    trainer = choose(settings, len(data.ratings), data.ratings.shape)
    say(f"trainer {trainer.name}: {trainer.reason}")
    settings, report = evaluate(data, replace(settings, trainer=trainer.name))
    if environment.get("SM_CHANNEL_CHAMPION"):
        with phase("challenge"):
            champion = open_champion(folder(environment, "SM_CHANNEL_CHAMPION"))
            report["challenge"] = challenge(champion, data.ratings, settings)
        for who in ("champion", "challenger", "difference"):
            found = report["challenge"][who]
            say(f"metric {who}_ndcg={found['mean']:.6f};")
            say(f"interval {who}_ndcg low={found['low']:.6f} high={found['high']:.6f}")
    fitted = fit(data.ratings, settings)
    say(f"phase fit_final seconds={fitted.seconds:.3f}")
    if fitted.settings.regularization != settings.regularization:
        say(
            f"data regularization={settings.regularization:g} is lowered to"
            f" {fitted.settings.regularization:g}: more would leave nothing but popularity of"
            " so few or so short histories"
        )
    with phase("save"):
        save(artifact_of(data, fitted, report), model_folder)
        add_to(model_folder, Path(__file__).resolve().parent)
        output_folder.mkdir(parents=True, exist_ok=True)
        report["hyperparameters"] = fitted.settings.as_dict()
        text = json.dumps(report, indent=1, sort_keys=True) + "\n"
        (output_folder / "metrics.json").write_text(text, encoding="utf-8")


def report_failure(reason: str, environment: Mapping[str, str]) -> None:
    """Say why the job failed, where DescribeTrainingJob's FailureReason comes from."""
    sys.stderr.write(f"training failed: {reason}\n")
    for candidate in (environment.get("SM_OUTPUT_DIR", ""), "/opt/ml/output"):
        if candidate and Path(candidate).is_dir():
            (Path(candidate) / "failure").write_text(reason, encoding="utf-8")
            return


def finish(job: Callable[[], None], environment: Mapping[str, str]) -> int:
    """Do a job; exit status 0, or 1 with the reason in the log and in the failure file."""
    try:
        job()
    except RecommenderError as error:
        report_failure(str(error), environment)
        return 1
    except Exception as error:  # a fault of ours or of the machine: the log gets the traceback
        traceback.print_exc()
        report_failure(f"{type(error).__name__}: {error}", environment)
        return 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; the exit status is that of `finish`."""
    environment = dict(os.environ)
    words = sys.argv[1:] if arguments is None else arguments
    return finish(lambda: run(parse(words, environment), environment), environment)


if __name__ == "__main__":
    sys.exit(main())
