"""The IAM policy of whoever deploys the lake: what `lake iam-policy` prints.

Its statements are data, written by `make iam-policy` from what the whole life of a lake asks for,
and from what CloudFormation does for its stacks with the permissions of whoever makes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import botocore.session
from botocore.exceptions import BotoCoreError

from pipeline.access import chosen_region
from pipeline.errors import SettingsError
from pipeline.settings import WORKSHOP, Settings

__all__ = ["LARGEST", "SHIPPED", "DeployerPolicy", "deployer_policy"]

SHIPPED: Final = Path(__file__).with_name("deployer_policy.json")
LARGEST: Final = 6144
"""Characters of a managed policy, white space not counted (AWS Identity and Access Management User
Guide, "IAM and AWS STS quotas"); up to ten of them can be attached to a role or user."""
_ACCOUNT: Final = "${AWS::AccountId}"
_PARTITION: Final = "${AWS::Partition}"
_REGION: Final = "${AWS::Region}"


@dataclass(frozen=True)
class DeployerPolicy:
    """A policy document, whole and in parts that can each be a managed policy.

    Attributes:
        document: with Version and Statement
        parts: the same statements in as few documents as they fit in
        open: what still stands for account, region or partition
    """

    document: dict[str, Any]
    parts: list[dict[str, Any]]
    open: list[str]

    def part(self, number: int) -> dict[str, Any]:
        """The document of one part, from 1.

        Raises:
            SettingsError: there is no such part
        """
        if not 1 <= number <= len(self.parts):
            raise SettingsError(
                f"There is no part {number} of the policy; it has the parts 1 to "
                f"{len(self.parts)}.",
                "lake iam-policy --part 1",
            )
        return self.parts[number - 1]

    def notes(self, number: int | None) -> list[str]:
        """What to say beside the document: what is open, and that it is too large."""
        found = []
        if self.open:
            found.append(
                f"{' and '.join(self.open)} stand for what was not given; to fill them in: "
                "lake iam-policy --account 123456789012 --region us-east-1"
            )
        if number is None and len(self.parts) > 1:
            found.append(
                f"{_size(self.document):,} characters without white space, and a managed policy "
                f"takes {LARGEST:,}: print it as {len(self.parts)} policies with --part 1 to "
                f"--part {len(self.parts)}"
            )
        return found


def deployer_policy(
    account: str | None, region: str | None, environ: Mapping[str, str]
) -> DeployerPolicy:
    """The policy for an account and region; nobody is asked, and no credentials are read.

    Args:
        account: twelve digits; None leaves CloudFormation's pseudo parameter
        region: instead of that of environment and profile; with none anywhere, CloudFormation's
            pseudo parameter stays
        environ: the environment

    Raises:
        SettingsError: no account id, or no region of AWS
    """
    values = {}
    if account is not None:
        values[_ACCOUNT] = _one_account(account)
    chosen = _region(region, environ)
    if chosen is not None:
        values[_REGION], values[_PARTITION] = chosen
    text = _of_project(SHIPPED.read_text(encoding="utf-8"), Settings.of("", "", environ))
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    document = json.loads(text)
    remaining = [name for name in (_ACCOUNT, _REGION, _PARTITION) if name in text]
    return DeployerPolicy(document, _parts(document), remaining)


def _of_project(text: str, settings: Settings) -> str:
    """The policy, which is the workshop's project's, with the names of another one."""
    if settings.project == WORKSHOP:
        return text
    text = re.sub(r":table/(\w+_t\b)", rf":table/{settings.table_prefix}\1", text)
    text = text.replace("ml-data-lake", settings.database)
    # The project's own name may have the words of the workshop's.
    parts = [part.replace("movielens-", f"{settings.prefix}-") for part in text.split(WORKSHOP)]
    return settings.project.join(parts)


def _one_account(account: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", account):
        raise SettingsError(
            f"--account is {account!r}, which is no account id: it has twelve digits.",
            "lake iam-policy --account 123456789012",
        )
    return account


def _region(given: str | None, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Region and its partition, such as ``aws`` or ``aws-cn``."""
    session = botocore.session.Session()
    try:
        region = chosen_region(session, given, environ)
    except SettingsError:
        return None
    try:
        return region, str(session.get_partition_for_region(region))
    except BotoCoreError as error:
        raise SettingsError(
            f"{region!r} is no region of AWS.", "lake iam-policy --region us-east-1"
        ) from error


def _parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements in order, in as many documents as they need."""
    found: list[dict[str, Any]] = []
    for statement in document["Statement"]:
        last = found[-1] if found else None
        larger = {**document, "Statement": [*(last["Statement"] if last else []), statement]}
        if last is not None and _size(larger) <= LARGEST:
            found[-1] = larger
        else:
            found.append({**document, "Statement": [statement]})
    return found


def _size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))
