"""The command of the lists that are made beforehand."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.opening import Before, open_lake
from pipeline.cli.options import (
    Account,
    Allowed,
    Document,
    Endpoint,
    Json,
    Region,
    TargetName,
    answer,
)

__all__ = ["lists"]


def lists(
    user: Annotated[
        int | None,
        typer.Argument(help="Look this user's list up; makes none.", min=0, show_default=False),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many movies in a list.", min=1, max=1000)] = 100,
    target: TargetName = "local",
    endpoint: Endpoint = None,
    yes_account: Account = None,
    region: Region = None,
    allowed_accounts: Allowed = None,
    as_json: Json = False,
) -> Document:
    """Make every user's list by batch transform into a DynamoDB table, or look one up in it."""
    before = Before(yes_account, allowed_accounts, writes=user is None)
    lake = open_lake(target, endpoint, region, before)
    if user is not None:
        from pipeline.console.lake_console import print_recommendations
        from pipeline.lists.table import look_up

        title_list = look_up(lake, user, k)
        return answer(as_json, title_list.as_dict(), lambda: print_recommendations(title_list))
    from pipeline.console.lake_console import print_lists
    from pipeline.lists.command import make_lists

    made = make_lists(lake, k)
    return answer(as_json, made.as_dict(), lambda: print_lists(made))
