"""What is looked at before anything is made in an account: first thing in a run, and in the doctor.

Only read calls. What cannot be asked for lack of a permission is a finding too, but keeps nobody
from a run: the service may be used by a role that is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from botocore.exceptions import ClientError

from pipeline.access import is_denied, is_login_lost
from pipeline.account.deployed import Standing
from pipeline.account.names import name_checks
from pipeline.account.offers import dms_class, dms_roles, images, wheels
from pipeline.account.quotas import quota_checks
from pipeline.account.templates import Resource
from pipeline.check import Check
from pipeline.dms_roles import DMS_ROLES
from pipeline.errors import ChecksError
from pipeline.lake import Lake, error_code
from pipeline.target import Target

__all__ = ["account_checks", "require_ready"]

_ASK: Final = "Ask for the permission: the AWS managed policy ReadOnlyAccess has it"


def account_checks(lake: Lake, standing: Standing) -> list[Check]:
    """Everything that can be found out of the account without changing it.

    Args:
        lake: on its target
        standing: of its stacks

    Returns:
        the findings, in a fixed order

    Raises:
        ClientError: AWS does not accept the credentials, or fails
    """
    new = standing.new
    looks: list[tuple[str, Callable[[], Iterable[Check]]]] = [
        ("quotas", lambda: quota_checks(lake, new)),
        ("DMS class", lambda: dms_class(lake)),
        ("images", lambda: images(lake)),
        ("wheels for the image", lambda: wheels(lake)),
        ("DMS roles", lambda: dms_roles(lake)),
        ("names", lambda: name_checks(lake, _without_shared(new))),
    ]
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = pool.map(lambda look: list(_asked(*look)), looks)
        return [check for checks in found for check in checks]


def require_ready(target: Target, checks: Iterable[Check]) -> None:
    """Return if nothing was found that keeps a run from its end.

    Args:
        target: whose account and region were looked at
        checks: what was found there

    Raises:
        ChecksError: something was
    """
    off = [check for check in checks if not check.ok]
    if off:
        what = "; ".join(f"{check.name}: {check.detail}" for check in off)
        raise ChecksError(
            f"Account {target.account} is not ready in region {target.region}, and nothing was "
            f"done: {what}.",
            f"{off[0].fix}; then: lake run",
        )


def _without_shared(new: list[Resource]) -> list[Resource]:
    """Without the roles that all of an account's DMS users share: `dms_roles` judges them."""
    shared = DMS_ROLES.values()
    return [r for r in new if not (r.kind == "AWS::IAM::Role" and r.name in shared)]


def _asked(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except ClientError as error:
        if is_login_lost(error) or not is_denied(error):
            raise
        detail = f"not known: {error.operation_name} was answered with {error_code(error)}"
        yield Check(name, True, detail, _ASK)
