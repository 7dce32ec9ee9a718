"""Account and region of a request that an SDK has signed, read once from its Authorization header.

LocalStack 4.9.2 searches the header four times. What is not plainly SigV4's header is left to it.
AWS General Reference, "Elements of an AWS API request signature".
"""

from __future__ import annotations

import re
from typing import Any

from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.utils.aws.arns import get_partition

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Za-z0-9_]+)/[0-9]{8}/([a-z0-9-]+)/[a-z0-9-]+/aws4_request, ?"
    r"SignedHeaders=[A-Za-z0-9_;-]+, ?Signature=[0-9a-f]+"
)


class Region:
    """In the place of LocalStack's handler that finds the region.

    Args:
        original: LocalStack's
    """

    def __init__(self, original: Any) -> None:
        self._original = original

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Note region and partition."""
        found = _SIGNED.fullmatch(context.request.headers.get("Authorization", ""))
        if found is None:
            self._original(chain, context, response)
            return
        context.region = found[2]
        context.partition = get_partition(found[2])


class Account:
    """In the place of LocalStack's handler that finds the account.

    Args:
        original: LocalStack's
    """

    def __init__(self, original: Any) -> None:
        self._original = original

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Note the account, for moto in a header."""
        headers = context.request.headers
        found = _SIGNED.fullmatch(headers.get("Authorization", ""))
        if found is None:
            self._original(chain, context, response)
            return
        context.account_id = get_account_id_from_access_key_id(found[1])
        headers.add("x-moto-account-id", context.account_id)
