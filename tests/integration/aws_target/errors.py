"""Errors as AWS's protocols put them on the wire (Smithy, "AWS Protocols")."""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse


@dataclass(frozen=True)
class AwsErrorFields:
    """Code, message and HTTP status."""

    code: str
    message: str
    status: int = 400


class AwsError(Exception):
    """An answer that is an error."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.fields = AwsErrorFields(code, message, status)


def error_response(error: AwsError, url: str, protocol: str) -> AWSResponse:
    """`error` in the protocol that the client speaks."""
    found = error.fields
    if protocol in ("query", "rest-xml", "ec2"):
        inner = f"<Code>{found.code}</Code><Message>{escape(found.message)}</Message>"
        body = (
            f"<Error>{inner}</Error>"
            if protocol == "rest-xml"
            else f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>"
        )
        return _response(url, found.status, {"Content-Type": "text/xml"}, body)
    headers = {"Content-Type": "application/json", "x-amzn-errortype": found.code}
    text = json.dumps({"__type": found.code, "message": found.message})
    return _response(url, found.status, headers, text)


def _response(url: str, status: int, headers: dict[str, str], body: str) -> AWSResponse:
    return AWSResponse(url, status, headers, MockRawResponse(body))
