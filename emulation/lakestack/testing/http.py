"""The emulator's own routes over HTTP, without proxies."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from lakestack.errors import LakeError

SECONDS = 60.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(url: str, method: str, document: dict[str, Any] | None = None) -> Any:
    """Send a request with a JSON body and return the JSON of the answer, None where it has none.

    Raises:
        LakeError: there is no such route, it is refused, or nobody answers
    """
    body = json.dumps(document).encode() if document is not None else None
    headers = {"Content-Type": "application/json"} if body else {}
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310
    try:
        with _OPENER.open(request, timeout=SECONDS) as answer:
            text = answer.read()
    except urllib.error.HTTPError as e:
        raise _refused(e, url, method) from e
    except OSError as e:
        raise LakeError(
            f"no emulator answers at {url}: {getattr(e, 'reason', e)}",
            "start it, or name the port that it listens on",
        ) from e
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as e:
        raise LakeError(f"{url} answers with something that is no JSON", "is it lakestack?") from e


def _refused(error: urllib.error.HTTPError, url: str, method: str) -> LakeError:
    text = error.read().decode(errors="replace")
    try:
        said = json.loads(text)["error"]
        return LakeError(said["message"], said.get("hint"))
    except (ValueError, KeyError, TypeError):
        pass
    if error.code in (403, 404):  # what has no route is taken for an object of S3's
        return LakeError(
            f"the emulator does not know {method} {url}",
            "use one of the same version as this lakestack",
        )
    return LakeError(f"{method} {url} is answered with {error.code}: {text[:300]}")
