"""Sends requests that no SDK would: any value for any member, any bytes for the body, signed."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel

from tests.support import ACCOUNT, REGION

_CODE = re.compile(r"<Code>([^<]*)</Code>")


@dataclass(frozen=True)
class Answer:
    """Status, AWS's code and the text of an answer."""

    status: int
    code: str
    text: str


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


class Wire:
    """Speaks the services' protocols with whatever it is given."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._pool = urllib3.PoolManager(timeout=60, retries=False)
        self._keys = Credentials(ACCOUNT, "test")

    def send(self, service: str, operation: str, params: Any, raw: bytes | None = None) -> Answer:
        """Send one request.

        Args:
            params: what should be a dictionary of the operation's members
            raw: the body, instead of the one made of `params`
        """
        method, path, headers, body = request_parts(service, operation, params)
        return self.http(service, method, path, headers, body if raw is None else raw)

    def http(
        self, service: str, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        signing = model(service).metadata.get("signingName") or model(service).endpoint_prefix
        request = AWSRequest(method, self.endpoint + path, headers=headers, data=body)
        SigV4Auth(self._keys, signing, REGION).add_auth(request)
        signed = {k: v for k, v in request.headers.items() if "\n" not in v and "\r" not in v}
        answer = self._pool.request(method, self.endpoint + path, body=body, headers=signed)
        text = answer.data.decode("utf-8", "replace")
        code = str(answer.headers.get("x-amzn-errortype") or "")
        if not code and text.startswith("{"):
            code = str(json.loads(text).get("__type", ""))
        if not code and (found := _CODE.search(text)):
            code = found[1]
        return Answer(answer.status, code.rpartition("#")[2], text)


def request_parts(
    service: str, operation: str, params: Any
) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path, headers and body as the operation's protocol has them."""
    api = model(service)
    about = api.operation_model(operation)
    protocol = api.metadata["protocol"]
    if protocol == "json":
        version = api.metadata.get("jsonVersion", "1.1")
        headers = {
            "X-Amz-Target": f"{api.metadata['targetPrefix']}.{operation}",
            "Content-Type": f"application/x-amz-json-{version}",
        }
        return "POST", "/", headers, _json(params)
    if protocol in ("query", "ec2"):
        fields = {"Action": operation, "Version": api.api_version, **dict(_flat("", params))}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return "POST", "/", headers, urlencode(fields, errors="replace").encode()
    return _rest(about, params if isinstance(params, dict) else {"": params})


def _rest(about: Any, params: dict[str, Any]) -> tuple[str, str, dict[str, str], bytes]:
    shape = about.input_shape
    members = shape.members if shape else {}
    path, headers, query, rest = about.http["requestUri"], {}, [], {}
    for name, value in params.items():
        traits = members[name].serialization if name in members else {}
        wire = traits.get("name", name)
        match traits.get("location"):
            case "uri":
                filled = quote(_short(value), safe="", errors="replace") or "%20"
                path = path.replace(f"{{{wire}}}", filled).replace(f"{{{wire}+}}", filled)
            case "header":
                headers[wire] = _short(value).encode("ascii", "replace").decode()
            case "headers":
                headers[wire + "x"] = "x"
            case "querystring":
                values = value if isinstance(value, list) else [value]
                query += [(wire, _short(v)) for v in values]
            case _:
                rest[wire] = value
    path = re.sub(r"\{[^}]*\}", "missing", path)
    if query:
        path += ("&" if "?" in path else "?") + urlencode(query, errors="replace")
    method = about.http["method"]
    if method in ("GET", "HEAD"):
        return method, path, headers, b""
    payload = shape.serialization.get("payload") if shape else None
    if about.service_model.metadata["protocol"] == "rest-xml":
        if payload:
            name = members[payload].serialization.get("name", payload)
            return method, path, headers, _xml(name, rest.get(name)).encode("utf-8", "replace")
        return method, path, headers, b""
    headers.setdefault("Content-Type", "application/json")
    if payload:
        value = rest.get(members[payload].serialization.get("name", payload), b"")
        return method, path, headers, value if isinstance(value, bytes) else _json(value)
    return method, path, headers, _json(rest)


def _json(value: Any) -> bytes:
    def default(item: Any) -> Any:
        return base64.b64encode(item).decode() if isinstance(item, bytes) else str(item)

    return json.dumps(value, default=default).encode("utf-8", "replace")


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    dot = f"{prefix}." if prefix else ""
    if isinstance(value, dict):
        return [pair for k, v in value.items() for pair in _flat(f"{dot}{k}", v)]
    if isinstance(value, list):
        return [p for i, v in enumerate(value, 1) for p in _flat(f"{dot}member.{i}", v)]
    return [] if value is None else [(prefix, _text(value))]


def _xml(tag: str, value: Any) -> str:
    name = tag if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", tag) else f"x n={quoteattr(tag)}"
    if isinstance(value, list):
        return "".join(_xml(tag, item) for item in value)
    inner = (
        "".join(_xml(str(k), v) for k, v in value.items())
        if isinstance(value, dict)
        else escape("" if value is None else _text(value))
    )
    return f"<{name}>{inner}</{name.split(' ')[0]}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def _short(value: Any) -> str:
    """For a URL or a header, which servers bound."""
    return _text(value)[:1000]
