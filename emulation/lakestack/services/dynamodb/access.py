"""Who reaches the tables by DynamoDB Local's own port: only who knows this start's secret.

DynamoDB Local checks no signature and keeps a database for each access key id. LocalStack derives
the id from account and region, as everybody could; ours depends on a secret of this process, too.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter

from lakestack import patches

_SECRET = secrets.token_bytes(32)
_emptied: Counter[tuple[str, str]] = Counter()


def access_key_id(account: str, region: str) -> str:
    """Access key id of a database: letters and digits, as DynamoDB Local demands.

    Args:
        account: 12 digits
        region: for example ``us-east-1``
    """
    text = f"{account} {region}"
    if times := _emptied[account, region]:
        text = f"{text} {times}"
    return hmac.new(_SECRET, text.encode(), hashlib.sha256).hexdigest()


def next_database(account: str, region: str) -> str:
    """From now on another database, empty, is this account's and region's; return the old id."""
    old = access_key_id(account, region)
    _emptied[account, region] += 1
    return old


def install() -> None:
    """Have LocalStack's DynamoDB use these ids."""
    patches.replace("dynamodb.access", access_key_id)
