"""Pages of lists: MaxResults is a text in this API."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext

from lakestack.services import paging
from lakestack.services.apigatewayv2.state import STORE, Document, bad_request

PAGE = 500


def page(items: list[Document], request: Document) -> Document:
    """The answer with one page of a list.

    Raises:
        CommonServiceException: BadRequestException
    """
    asked: Any = request.get("MaxResults")
    if asked is not None:
        text = str(asked)
        if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0 and len(text) < 10):
            raise bad_request(f"Invalid maxResults {text}; valid: a number above 0")
    given = {"NextToken": request.get("NextToken"), "MaxResults": asked}
    cut, token = paging.cut(
        items, given, PAGE, lambda wrong: bad_request(f"Invalid nextToken {wrong}")
    )
    return paging.answer("Items", cut, token)


def page_of(context: RequestContext, request: Document, kind: str) -> Document:
    """One page of an API's parts.

    Args:
        kind: attribute of `Api`: ``routes``, ``stages`` …

    Raises:
        CommonServiceException: BadRequestException, NotFoundException
    """
    with STORE.holding(context.account_id, context.region) as state:
        found = getattr(state.api(request["ApiId"]), kind)
        return page([dict(each) for each in found.values()], request)
