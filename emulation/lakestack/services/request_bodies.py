"""Request bodies packed with gzip: unpacked up to a bound.

LocalStack unpacks whatever comes, of a thousand times the size, into memory.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

from lakestack import patches

MAX_BODY_BYTES = 100 << 20
"""More than any request may have (70 MB for a Lambda package): our guess."""
_GZIP = 31  # zlib's window bits for "gzip header and trailer"
_CHUNK = 1 << 16


class BodyError(Exception):
    """A packed body cannot be used; `status` is that of the answer.

    Args:
        code: AWS's error code
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def install() -> None:
    """Put ours into LocalStack's handler."""
    patches.replace("request_bodies.decode", _decode)


def _decode(decoder: Any, chain: Any, context: Any, response: Any) -> None:
    request = context.request
    service = context.service.service_name if context.service else None
    if service in decoder.SKIP_GZIP_SERVICES:
        return
    if (request.content_encoding or "").lower() != "gzip":
        return
    try:
        body = unpack(request.stream)
    except BodyError as e:
        response.status_code = e.status
        response.headers["x-amzn-ErrorType"] = e.code
        response.set_json({"__type": e.code, "message": str(e)})
        chain.stop()
        return
    request.stream = io.BytesIO(body)
    request.headers["Content-Encoding"] = "identity"


def unpack(stream: Any) -> bytes:
    """Read a body of gzip members.

    Raises:
        BodyError: not gzip, cut short, or more than `MAX_BODY_BYTES`
    """
    out, inflate, begun = bytearray(), zlib.decompressobj(_GZIP), False
    try:
        while data := stream.read(_CHUNK):
            while data:
                begun = True
                out += inflate.decompress(data, MAX_BODY_BYTES + 1 - len(out))
                if len(out) > MAX_BODY_BYTES:
                    raise BodyError(
                        413,
                        "RequestEntityTooLargeException",
                        f"The request body unpacks to more than {MAX_BODY_BYTES} bytes",
                    )
                if inflate.eof:
                    data, inflate, begun = inflate.unused_data, zlib.decompressobj(_GZIP), False
                else:
                    data = inflate.unconsumed_tail
    except zlib.error as e:
        raise BodyError(400, "SerializationException", f"The body is not gzip: {e}") from e
    if begun:
        raise BodyError(400, "SerializationException", "The gzip body is cut short")
    return bytes(out)
