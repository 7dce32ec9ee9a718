"""Account and region are those that LocalStack finds."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.http import Request

from lakestack.services.credential_scope import Account, Region

SIGNED = "SignedHeaders=host;x-amz-date, Signature=00ff"
SCOPE = "20261128/eu-west-1/s3/aws4_request"


def _noted(headers: dict[str, str], *chain: Any) -> tuple[Any, ...]:
    context = RequestContext(Request("GET", "/", headers=headers))
    for handler in chain:
        handler(None, context, None)
    return context.region, context.partition, context.account_id, list(context.request.headers)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        *(
            f"AWS4-HMAC-SHA256 Credential={key}/{SCOPE}, {SIGNED}"
            for key in ("000000000000", "test", "AKIAIOSFODNN7EXAMPLE", "LKIAQAAAAAAAAAAAAAAA", "")
        ),
        *(
            f"AWS4-HMAC-SHA256 Credential=123456789012/20261128/{region}/s3/aws4_request,{SIGNED}"
            for region in ("cn-north-1", "us-gov-west-1", "nowhere", "us_east", "")
        ),
        f"AWS4-HMAC-SHA256 Credential=a/b/c/d/Credential=e/{SCOPE}, {SIGNED}",
        f"AWS4-HMAC-SHA256 Credential=123456789012/{SCOPE}, {SIGNED}, Credential=1/2/3/4",
        f"AWS4-HMAC-SHA256 Credential=123456789012/{SCOPE}",
        f"AWS4-ECDSA-P256-SHA256 Credential=123456789012/{SCOPE}, {SIGNED}",
        "AWS 123456789012:signature",
        "Bearer token",
    ],
)
def test_as_localstack(authorization: str | None) -> None:
    """Of every form of the header, and of none."""
    headers = {} if authorization is None else {"Authorization": authorization}
    region, account = handlers.add_region_from_header, handlers.add_account_id
    assert _noted(headers, Region(region), Account(account)) == _noted(headers, region, account)
