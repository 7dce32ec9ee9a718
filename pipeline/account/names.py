"""Whether the names that a run's resources need are free, asked of each service.

A resource that one of the lake's own stacks has made is the lake's; DMS's tables are judged by
`pipeline.ownership`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from botocore.exceptions import ClientError

from pipeline.access import is_login_lost
from pipeline.account.templates import Resource
from pipeline.check import Check
from pipeline.lake import Lake, error_code
from pipeline.ownership import foreign_tables
from pipeline.resource_looks import BY_ARN, LOOKS, is_there
from pipeline.settings import OPTIONAL, STACKS

__all__ = ["name_checks"]

_WORKERS: Final = 8


def name_checks(lake: Lake, new: Iterable[Resource]) -> Iterator[Check]:
    """One finding for all that are free, one for each that is taken or could not be asked for.

    Args:
        lake: on its target
        new: resources that a run has yet to make
    """
    named = [r for r in new if r.name and r.kind in LOOKS and "${" not in r.name]
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        states = list(pool.map(lambda resource: _state(lake, resource), named))
    foreign = list(_foreign(lake, {r.name for r in named}))
    found = [state for state in states if state is not None] + foreign
    free = len(named) - (len(found) - len(foreign))
    yield Check("names", True, f"{free} of {len(named)} that a run needs are seen to be free")
    yield from found


def _state(lake: Lake, resource: Resource) -> Check | None:
    """What is wrong with a name; None when it is free."""
    name = f"name {resource.name}"
    kind = resource.kind.removeprefix("AWS::").replace("::", " ")
    try:
        if not is_there(lake.client, resource.kind, _asked_for(lake, resource)):
            return None
    except ClientError as error:
        code = error_code(error)
        if resource.kind == "AWS::S3::Bucket" and code in ("403", "301"):
            return Check(
                name, False, "the bucket is there and not in this account and region", _OTHER
            )
        if is_login_lost(error):
            raise
        service, operation, _ = LOOKS[resource.kind]
        permission = f"{service}:{operation.title().replace('_', '')}"
        return Check(name, True, f"not known: {code} (permission {permission})", _ASK)
    return Check(name, False, f"taken: {kind} {resource.name} is there and not the lake's", _OTHER)


def _asked_for(lake: Lake, resource: Resource) -> str:
    if resource.kind not in BY_ARN:
        return resource.name
    service, before = BY_ARN[resource.kind]
    return lake.arn(service, before + resource.name)


_ASK: Final = "Ask for the permission, or look in the console whether the name is free"
_OTHER: Final = (
    "Delete it if nobody needs it, or make the lake in another region or account: "
    "export AWS_REGION=<region>"
)


def _foreign(lake: Lake, asked: set[str]) -> Iterator[Check]:
    for table in foreign_tables(lake):
        if table not in asked:
            yield Check(f"name {table}", False, "taken: a DynamoDB table not the lake's", _OTHER)
    for template in (*STACKS, *OPTIONAL):
        stack = lake.stacks.describe(template)
        if stack and not lake.settings.owns(stack.get("Tags", [])):
            name = lake.settings.stack(template)
            yield Check(f"name {name}", False, "taken: a stack, not the lake's", _OTHER)
