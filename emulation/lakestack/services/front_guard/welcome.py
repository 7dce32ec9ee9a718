"""What stands at ``/`` for whoever opens the port in a browser, or with ``curl``.

AWS's clients sign what they ask there (S3's ListBuckets), so nothing of theirs is taken away.
"""

from __future__ import annotations

import html
from collections.abc import Collection

from localstack.http import Request, Response

from lakestack.health import HEALTH
from lakestack.services.front_guard.hosts import EMULATOR_DOMAIN, Host

TEXT = """\
This port is the emulated data lake: AWS services on this machine, for AWS's clients.

  eval "$(lake env)"       in a terminal: aws, boto3 and every other client find it
  lake status              what the lake holds (in the clone: .venv/bin/lake status)
  {health}
                           how the emulator is, as JSON
  docs/labs/README.md      the labs, step by step; docs/configuration.md: everything that can be set

The emulator has no web console; a page of another place cannot use it (LAKE_ALLOWED_ORIGINS).
"""


def is_asked(request: Request, host: Host, more_names: Collection[str]) -> bool:
    """Whether an unsigned request is for the page: ``/`` at the emulator's bare name.

    Args:
        more_names: of the emulator, beside its usual ones; a name below one of AWS's or of
            LocalStack's domain can be a bucket's
    """
    bare = not host.resolved or host.name == EMULATOR_DOMAIN or host.name in more_names
    at_root = request.path == "/" and not request.environ.get("QUERY_STRING")
    return bare and at_root and request.method in ("GET", "HEAD")


def page(request: Request, host: Host) -> Response:
    """The page, as HTML for browsers."""
    address = f"http://{host.header}{HEALTH}"
    text = TEXT.format(health=address)
    if "text/html" not in request.headers.get("Accept", ""):
        return Response(text, 200, mimetype="text/plain")
    link = html.escape(address)
    body = html.escape(text).replace(link, f'<a href="{link}">{link}</a>')
    return Response(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Emulated data lake</title>'
        f"<pre>{body}</pre></html>",
        200,
        mimetype="text/html",
    )
