"""Hyper-parameters: their names, defaults, ranges, and where SageMaker puts them.

The SageMaker Training Toolkit passes every hyper-parameter both as `--name value` and as the
environment variable `SM_HP_NAME` (sagemaker-training, "Environment variables"). Arguments win.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, NoReturn

from recommender.errors import SettingsError
from recommender.protocols import PROTOCOLS

MODELS = ("als", "ease", "bm25", "blend", "popularity")
AUTO = "auto"
ALGORITHMS = (*MODELS, AUTO)


@dataclass(frozen=True)
class Settings:
    """All hyper-parameters of a training run.

    The defaults have the best mean rank of the candidates over four data sets and up to three
    protocols each, on validation rows inside the training rows (docs/recommender.md, by
    `make bench-quality`); test rows took no part.
    """

    algorithm: str = "als"
    """Which model to train: als, ease, bm25, blend (of als and ease), popularity; auto picks one
    on validation rows held out under `protocol`."""
    factors: int = 96
    """Length of a user's and of a movie's vector."""
    iterations: int = 15
    """Alternations; quality is flat from about ten."""
    regularization: float = 40.0
    """L2 penalty. implicit does not scale it by counts, so it belongs with the sum of a user's
    confidences: tens, not hundredths."""
    ease_penalty: float = 600.0
    """Penalty on EASE's item weights, in users."""
    alpha: float = 5.0
    """Mean confidence of a rating; a movie that was not rated has confidence 1."""
    rating_power: float = 1.0
    """Confidence grows with rating ** rating_power; 0 ignores how many stars were given."""
    recency: float = 1.0
    """A user's oldest rating weighs exp(-recency) of the newest; 0 ignores time."""
    seed: int = 42
    """Start values of the vectors, and the draws of `tune`."""
    threads: int = 0
    """Threads of the solver; 0 takes the machine's count. Equal seed and threads give equal
    model files."""
    k: int = 10
    """Length of the lists that are measured."""
    protocol: str = "newest_per_user"
    """Which rows are held out for the metrics, and inside the training rows for `tune`."""
    test_fraction: float = 0.2
    """Share of the ratings that is held out for the metrics."""
    tune: bool = False
    """Search `factors`, `regularization`, `alpha`, `rating_power` and `recency` first, on
    validation rows held out under `protocol`."""
    tune_trials: int = 40
    """Settings tried by `tune`."""

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise SettingsError(
                f"algorithm={self.algorithm!r} is unknown; valid: {', '.join(ALGORITHMS)}"
            )
        # Spelt as its owner did: newest-per-user is newest_per_user.
        object.__setattr__(self, "protocol", self.protocol.lower().replace("-", "_"))
        if self.protocol not in PROTOCOLS:
            raise SettingsError(
                f"protocol={self.protocol!r} is unknown; valid: {', '.join(PROTOCOLS)}"
            )
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:  # also catches NaN
                raise SettingsError(f"{name}={value} is out of range; valid: {low} to {high}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, in declaration order."""
        return asdict(self)


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("factors", 1, 1024),
    ("iterations", 1, 1000),
    ("regularization", 0.0, 1e6),
    ("ease_penalty", 1e-3, 1e6),
    ("alpha", 1e-6, 1e6),
    ("rating_power", 0.0, 10.0),
    ("recency", 0.0, 50.0),
    ("seed", 0, 2**31 - 1),
    ("threads", 0, 1024),
    ("k", 1, 1000),
    ("test_fraction", 0.01, 0.9),
    ("tune_trials", 1, 10_000),
)


def solver_threads(settings: Settings) -> int:
    """The thread count a run really uses: SM_NUM_CPUS or the machine's when `threads` is 0."""
    if settings.threads:
        return settings.threads
    given = os.environ.get("SM_NUM_CPUS", "")
    return int(given) if given.isdigit() and int(given) > 0 else os.cpu_count() or 1


class _Parser(argparse.ArgumentParser):
    """argparse that raises instead of exiting, so that the failure file gets the reason."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message}; valid: {', '.join(f.name for f in fields(Settings))}")


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Settings from the command line over SM_HP_* over the defaults.

    Raises SettingsError for an unknown name, an unreadable value or one out of range.
    """
    kinds = {f.name: type(f.default) for f in fields(Settings)}
    found: dict[str, str] = {}
    for variable, value in environment.items():
        name = variable.removeprefix("SM_HP_").lower().replace("-", "_")
        if variable.startswith("SM_HP_") and not name.startswith("sagemaker_"):
            found[name] = value
    parser = _Parser(allow_abbrev=False, argument_default=argparse.SUPPRESS, add_help=False)
    for name in kinds:
        # SageMaker spells a hyper-parameter as its owner did: factors, tune_trials, tune-trials.
        parser.add_argument(*dict.fromkeys([f"--{name}", f"--{name.replace('_', '-')}"]), dest=name)
    found.update(vars(parser.parse_args(list(arguments))))
    unknown = sorted(set(found) - set(kinds))
    if unknown:
        raise SettingsError(
            f"unknown hyper-parameter {', '.join(unknown)}; valid: {', '.join(kinds)}"
        )
    return Settings(**{name: _convert(name, text, kinds[name]) for name, text in found.items()})


def _convert(name: str, text: str, kind: type) -> Any:
    # The SageMaker Python SDK JSON-encodes values: a string may arrive in its quotes.
    text = text.strip().strip('"').strip()
    if kind is bool:
        if text.lower() in {"true", "1", "yes"}:
            return True
        if text.lower() in {"false", "0", "no", ""}:
            return False
        raise SettingsError(f"{name}={text!r} is not a truth value; valid: true or false")
    try:
        return kind(text)
    except ValueError:
        raise SettingsError(f"{name}={text!r} is not a valid {kind.__name__}") from None
