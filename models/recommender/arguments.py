"""Hyper-parameters as SageMaker hands them over.

The SageMaker Training Toolkit passes every hyper-parameter both as `--name value` and as the
environment variable `SM_HP_NAME` (sagemaker-training, "Environment variables"). Arguments win.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NoReturn

from recommender.errors import SettingsError
from recommender.factory import MODELS
from recommender.hyperparameters import Hyperparameters

AUTO = "auto"
"""Not a model: validation rows pick one (`selection`)."""
ALGORITHMS = (*MODELS, AUTO)


class _Parser(argparse.ArgumentParser):
    """argparse that raises instead of exiting, so that the failure file gets the reason."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(
            f"{message}; valid: {', '.join(f.name for f in fields(Hyperparameters))}"
        )


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Hyperparameters:
    """The hyper-parameters of the command line over those of SM_HP_* over the defaults.

    Raises SettingsError for an unknown name, an unreadable value or one out of range.
    """
    kinds = {f.name: type(f.default) for f in fields(Hyperparameters)}
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
    given = {name: _convert(name, text, kinds[name]) for name, text in found.items()}
    hyperparameters = Hyperparameters(**given)
    if hyperparameters.algorithm not in ALGORITHMS:
        raise SettingsError(
            f"algorithm={hyperparameters.algorithm!r} is unknown; valid: {', '.join(ALGORITHMS)}"
        )
    return hyperparameters


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
