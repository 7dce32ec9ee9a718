"""A person, or a program that was told so, confirms account and region before anything is made."""

from __future__ import annotations

from pipeline.errors import AccountRefusedError
from pipeline.target import Target

__all__ = ["require_confirmed", "require_named"]


def require_named(target: Target, command: str, given: str, region: str | None) -> None:
    """Return if a program has named this account and this region.

    Args:
        target: to be confirmed
        command: for the hint, such as ``run``
        given: of ``--yes-account``: ``ID:REGION``, or ``ID`` beside an explicit ``--region``
        region: of ``--region``, if it was given

    Raises:
        AccountRefusedError: it has named another one, or no region
    """
    account, _, place = given.strip().partition(":")
    this = f"lake {command}{target.lake_options}"
    confirm = f"{this} --yes-account {target.account}:{target.region}"
    if account != target.account:
        raise AccountRefusedError(
            f"The account is {target.account}, not {account}; nothing was done.",
            "Choose another account with: export AWS_PROFILE=<profile>; or confirm this one: "
            f"{confirm}",
        )
    if not place and region != target.region:
        raise AccountRefusedError(
            f"--yes-account {account} names no region, and the target is in {target.region}; "
            "nothing was done.",
            f"Confirm it with: {confirm}",
        )
    if place and place != target.region:
        raise AccountRefusedError(
            f"The region is {target.region}, not {place}; nothing was done.",
            f"Choose another with: export AWS_REGION={place}; or confirm this one: {confirm}",
        )


def require_confirmed(target: Target, command: str, typed: str | None) -> None:
    """Return if a person has typed the account that was shown.

    Args:
        target: account and region of which have been shown
        command: for the hint
        typed: None when nobody answered

    Raises:
        AccountRefusedError: something else was typed, or nothing
    """
    if typed is None:
        raise AccountRefusedError(
            f"Account {target.account} was not confirmed; nothing was done.",
            f"Confirm it with: lake {command}{target.lake_options} --yes-account "
            f"{target.account}:{target.region}",
        )
    # What was shown has the region, so the account alone will do.
    require_named(target, command, typed, target.region)
