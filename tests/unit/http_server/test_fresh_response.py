"""An answer that nothing has been done to is what LocalStack's is."""

from __future__ import annotations

import pytest
from localstack.http import Response

from lakestack.services.http_server.fields import Fields
from lakestack.services.http_server.fresh_response import fresh_response


@pytest.mark.parametrize("status", [200, 204, 299, 404])
def test_attributes(status: int) -> None:
    assert vars(fresh_response(status)) == vars(Response(status=status))
    assert type(fresh_response(status).headers) is Fields


def test_each_is_its_own() -> None:
    """What is done to one is not seen in the next."""
    first = fresh_response()
    first.headers["X"] = "1"
    first.headers["Content-Type"] = "a/b"
    first.set_data(b"a")
    first.call_on_close(lambda: None)
    first.status_code = 500
    assert vars(fresh_response()) == vars(Response())
