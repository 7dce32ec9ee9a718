"""``lake doctor``: the pipeline's own checks, and those that plug-ins add (`target_checks`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from pipeline.access import is_login_lost
from pipeline.check import Check
from pipeline.errors import ChecksError, LakeError, TargetSilentError
from pipeline.home_paths import in_home
from pipeline.liveness import require_answer
from pipeline.occupant import occupant
from pipeline.target import Target, open_target
from pipeline.target_checks import target_checks

__all__ = ["Check", "failure", "run_checks"]


def run_checks(
    target: str, endpoint: str | None, cache: Path, region: str | None = None
) -> list[Check]:
    """All checks; none of them raises."""
    with ThreadPoolExecutor(max_workers=1) as pool:  # what does not answer is waited for once
        plugins = pool.submit(lambda: list(target_checks(target)))
        return [*_own(target, endpoint, cache, region), *plugins.result()]


def failure(checks: list[Check]) -> ChecksError | None:
    """The error that names what is off, and what fixes the first of it."""
    off = [check for check in checks if not check.ok]
    if not off:
        return None
    return ChecksError(f"Failed: {', '.join(check.name for check in off)}.", off[0].fix)


def _own(name: str, endpoint: str | None, cache: Path, region: str | None) -> Iterator[Check]:
    try:
        target = open_target(name, endpoint=endpoint, region=region)
    except LakeError as error:
        yield Check("target", False, error.message, error.hint)
    else:
        yield Check("target", True, target.describe())
        answers = _answers(target, endpoint)
        yield answers
        if target.confirm_account and answers.ok:
            yield from _account(target)
    yield _cache(cache)
    yield _source(os.environ.get("MOVIELENS"))


def _answers(target: Target, named: str | None) -> Check:
    if there := occupant(target, named):
        return Check("endpoint", False, there.message, there.hint)
    try:
        require_answer(target)
        identity = target.client("sts").get_caller_identity()
    except EndpointConnectionError as error:
        if target.silence is not None:  # one process of this machine, which waits to be started
            return Check("endpoint", True, f"not running: {target.silence.start} starts it")
        return Check("endpoint", False, f"no answer: {error}", target.unreachable_hint)
    except (BotoCoreError, ClientError) as error:
        return Check("endpoint", False, f"no answer: {error}", target.unreachable_hint)
    except TargetSilentError as error:
        return Check("endpoint", False, error.message, error.hint)
    ok = identity["Account"] == target.account
    return Check(
        "endpoint",
        ok,
        f"answers as {identity['Arn']}",
        "" if ok else f"{target.aws_cli} configure list",
    )


def _account(target: Target) -> Iterator[Check]:
    from pipeline.account.deployed import Standing
    from pipeline.account.preflight import account_checks
    from pipeline.console.lake_console import reporter
    from pipeline.lake import Lake

    try:
        lake = Lake.open(target, reporter())
        yield from account_checks(lake, Standing.of(lake))
    except (BotoCoreError, ClientError, LakeError) as error:
        hint = getattr(error, "hint", "") or target.unreachable_hint
        if is_login_lost(error):
            hint = f"Log in again: {target.login}"
        yield Check("account", False, f"could not be looked at: {error}", hint)


def _cache(cache: Path) -> Check:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        writable = os.access(cache, os.W_OK)
    except OSError as error:
        return Check("data cache", False, str(error), 'export LAKE_CACHE="$HOME/lake-cache"')
    fix = "" if writable else 'export LAKE_CACHE="$HOME/lake-cache"'
    return Check("data cache", writable, str(cache), fix)


def _source(given: str | None) -> Check:
    if not given:
        return Check("MovieLens", True, "not given: cache, download or synthetic data")
    ok = in_home(given).exists()
    return Check(
        "MovieLens", ok, given if ok else f"{given} does not exist", "" if ok else "unset MOVIELENS"
    )
