"""Requests to S3 as they go over the wire, and what of their answers is the same in every run."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support import ACCOUNT, REGION

WAIT_SECONDS = 60.0
_CREDENTIALS = Credentials(ACCOUNT, "test")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TOLD_LENGTH = re.compile(r"(?i)\bcontent-length: \d+")
_CHUNKED = b"transfer-encoding: chunked"
_MASKS = (
    (re.compile(r"(?i)^(date|last-modified|x-amz-request-id|x-amz-version-id): .*"), r"\1: *"),
    (re.compile(r"<(RequestId|VersionId|UploadId|Signature\w*|StringToSign\w*)>[^<]*<"), r"<\1>*<"),
    (re.compile(r"<(LastModified|CreationDate|ServerTime|Expires)>[^<]*<"), r"<\1>*<"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z"), "TIME"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
)


@dataclass(frozen=True)
class Sent:
    """A request.

    Attributes:
        path: with its query string; ``{bucket}`` stands for the bucket
        signed: ``header``, ``query`` (a presigned URL), or ``no``
    """

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    signed: str = "header"


def table() -> Iterator[Sent]:
    """The requests, in the order in which they are sent on one connection."""
    there = "/{bucket}/{bucket}-key"
    for part in (_conditions, _sums, _kept, _keys, _refused, _versions, _hosts, _pages, _odd):
        yield from part(there)


def _conditions(there: str) -> Iterator[Sent]:
    sent = {"Content-Type": "text/x-own", "x-amz-meta-Colour": "blue"}
    yield Sent("PUT", there, sent, b"0123456789")
    yield from (Sent(method, there) for method in ("GET", "HEAD"))
    yield Sent("GET", there, {"x-amz-checksum-mode": "ENABLED"})
    for value in ("bytes=2-4", "bytes=-3", "bytes=7-", "bytes=90-99", "lines=1", "bytes=0-100"):
        yield from (Sent(method, there, {"Range": value}) for method in ("GET", "HEAD"))
    etag = '"781e5e245d69b566979b86e28d23f2c7"'
    for name in ("If-Match", "If-None-Match"):
        for value in (etag, '"other"', "*"):
            yield from (Sent(method, there, {name: value}) for method in ("GET", "HEAD"))
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        for value in ("Sat, 01 Jan 2000 00:00:00 GMT", "never"):
            yield Sent("GET", there, {name: value})
    yield Sent("PUT", "/{bucket}/once", {"If-None-Match": "*"}, b"a")
    yield Sent("PUT", "/{bucket}/once", {"If-None-Match": "*"}, b"b")
    yield Sent("PUT", "/{bucket}/once", {"If-None-Match": "*", "If-Match": "*"}, b"b")
    yield Sent("PUT", "/{bucket}/once", {"If-Match": '"other"'}, b"b")


def _sums(_there: str) -> Iterator[Sent]:
    crc = {"x-amz-checksum-crc32": "6Le+Qw==", "x-amz-sdk-checksum-algorithm": "CRC32"}
    yield Sent("PUT", "/{bucket}/sum", crc, b"a")
    yield Sent("GET", "/{bucket}/sum", {"x-amz-checksum-mode": "ENABLED"})
    yield Sent("PUT", "/{bucket}/sum", {**crc, "x-amz-checksum-crc32": "AAAAAA=="}, b"a")
    yield Sent("PUT", "/{bucket}/sum", {"Content-MD5": "DMF1ucDxtqgxw5niaXcmYQ=="}, b"a")
    yield Sent("PUT", "/{bucket}/sum", {"Content-MD5": "DMF1ucDxtqgxw5niaXcmYQ=="}, b"b")
    yield Sent("PUT", "/{bucket}/sum", {"Content-MD5": "short"}, b"b")
    chunked = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "Content-Encoding": "aws-chunked,gzip",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "x-amz-decoded-content-length": "1",
    }
    body = b"1\r\na\r\n0\r\nx-amz-checksum-crc32:6Le+Qw==\r\n\r\n"
    yield Sent("PUT", "/{bucket}/chunked", chunked, body)
    yield Sent("GET", "/{bucket}/chunked")


def _kept(_there: str) -> Iterator[Sent]:
    kept = {
        "Cache-Control": "no-cache",
        "Content-Disposition": "attachment",
        "Content-Language": "de",
        "Expires": "Sat, 01 Jan 2000 00:00:00 GMT",
        "x-amz-website-redirect-location": "/elsewhere",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-tagging": "a=b&c=d",
        "x-amz-server-side-encryption": "AES256",
        "x-amz-acl": "public-read",
    }
    yield Sent("PUT", "/{bucket}/kept", kept, b"k")
    yield from (Sent(method, "/{bucket}/kept") for method in ("GET", "HEAD"))
    yield Sent("PUT", "/{bucket}/kept", {"x-amz-storage-class": "NONE"}, b"k")
    yield Sent("PUT", "/{bucket}/kept", {"x-amz-acl": "everybody"}, b"k")


def _keys(_there: str) -> Iterator[Sent]:
    for key in ("a%20b%2Bc", "a+b", "%C3%A4", "a//b/", "/a", "a%2Fb", "dir/", "%E2%82%AC%25", "."):
        yield Sent("PUT", f"/{{bucket}}/{key}", {}, b"k")
        yield from (Sent(method, f"/{{bucket}}/{key}") for method in ("GET", "HEAD", "DELETE"))
    yield Sent("PUT", "/{bucket}/empty")
    yield Sent("GET", "/{bucket}/empty")
    yield Sent("GET", "/{bucket}/empty?response-content-type=text%2Fplain&response-expires=x")
    yield Sent("GET", "/{bucket}/empty?response-cache-control=a&x-id=GetObject")
    yield Sent("PUT", "/{bucket}/empty?x-id=PutObject", {}, b"")


def _refused(_there: str) -> Iterator[Sent]:
    for method in ("GET", "HEAD", "DELETE", "PUT", "POST"):
        yield Sent(method, "/{bucket}-none/key")
    for method in ("GET", "HEAD", "DELETE", "POST", "PATCH", "OPTIONS"):
        yield Sent(method, "/{bucket}/none")
    yield from (Sent("GET", f"/{{bucket}}{rest}") for rest in ("", "/", "?location", "?versions"))
    yield from (Sent("GET", f"/{{bucket}}/plain?{rest}") for rest in ("tagging", "acl", "uploads"))
    yield Sent("PUT", "/{bucket}/copy", {"x-amz-copy-source": "/{bucket}/{bucket}-key"})
    yield Sent("PUT", "/{bucket}/copy", {"x-amz-copy-source": "/{bucket}/none"})


def _versions(_there: str) -> Iterator[Sent]:
    status = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    yield Sent("PUT", "/{bucket}?versioning", {}, status)
    yield from (Sent("PUT", "/{bucket}/versioned", {}, body) for body in (b"one", b"two"))
    yield from (Sent(m, "/{bucket}/versioned") for m in ("GET", "HEAD", "DELETE", "GET", "HEAD"))
    yield Sent("GET", "/{bucket}/versioned?versionId=null")
    yield Sent("GET", "/{bucket}/{bucket}-key?versionId=null")


def _odd(there: str) -> Iterator[Sent]:
    for signed in ("query", "no"):
        yield from (Sent(method, there, signed=signed) for method in ("GET", "HEAD", "PUT"))
        yield Sent("GET", "/{bucket}-none/key", signed=signed)
    yield Sent("GET", there + "&X-Amz-Signature=00", signed="query")
    yield Sent("GET", there, {"x-amz-expected-bucket-owner": "111111111111"})
    yield Sent("GET", there, {"x-amz-expected-bucket-owner": "nobody"})
    yield Sent("PUT", "/{bucket}/" + "k" * 1025, {}, b"k")
    yield Sent("GET", there, {"Authorization": "AWS nobody:signature"}, signed="no")
    yield Sent("GET", there, {"Accept": "application/json"})
    yield Sent("GET", "/{bucket}/none", {"Accept": "text/xml"})
    yield Sent("GET", there, {"X-Twice": "a", "x-twice": "b", "Content-Type": "text/plain;a=b"})


def _hosts(there: str) -> Iterator[Sent]:
    key = there.removeprefix("/{bucket}")
    for host in (
        *("{bucket}.s3.localhost.localstack.cloud:{port}", "s3.localhost.localstack.cloud:{port}"),
        *("{bucket}.s3.amazonaws.com", "{bucket}.s3.us-east-1.amazonaws.com", "localhost:{port}"),
        *("LOCALHOST:{port}", "[::1]:{port}", "example.com", "127.0.0.1", "localhost:80"),
        *("{bucket}.s3-website.localhost.localstack.cloud:{port}", "a..b.localhost", ""),
    ):
        for method, path in (("GET", there), ("PUT", there), ("HEAD", key)):
            yield Sent(method, path, {"Host": host})


def _pages(there: str) -> Iterator[Sent]:
    for origin in ("http://127.0.0.1:{port}", "https://example.com", "null"):
        yield from (Sent(method, there, {"Origin": origin}) for method in ("GET", "PUT", "OPTIONS"))
    browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Sec-Fetch-Site": "same-origin"}
    yield Sent("GET", there, browser)
    yield Sent("GET", there, {**browser, "Sec-Fetch-Site": "cross-site"})
    yield Sent("GET", there, {"Referer": "https://example.com/"})
    rule = (
        b"<CORSConfiguration><CORSRule><AllowedOrigin>https://example.com</AllowedOrigin>"
        b"<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
    )
    yield Sent("PUT", "/{bucket}?cors", {}, rule)
    asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}
    yield from (Sent(method, there, asked) for method in ("GET", "OPTIONS"))
    yield Sent("OPTIONS", there, {**asked, "Access-Control-Request-Method": "PUT"})


def on_the_wire(sent: Sent, port: int, bucket: str) -> bytes:
    """The bytes of a request."""

    def filled(text: str) -> str:
        return text.replace("{bucket}", bucket).replace("{port}", str(port))

    path = filled(sent.path)
    headers = {name: filled(value) for name, value in sent.headers.items()}
    host = headers.pop("Host", f"127.0.0.1:{port}")
    request = AWSRequest(sent.method, f"http://127.0.0.1:{port}{path}", headers, sent.body)
    if sent.signed == "header":
        S3SigV4Auth(_CREDENTIALS, "s3", REGION).add_auth(request)
    elif sent.signed == "query":
        S3SigV4QueryAuth(_CREDENTIALS, "s3", REGION, expires=600).add_auth(request)
        path = request.url.partition(f":{port}")[2]
    lines = [f"{sent.method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines += [f"Content-Length: {len(sent.body)}", "", ""]
    return "\r\n".join(lines).encode() + sent.body


def answers(port: int, bucket: str) -> Iterator[str]:
    """What is told of each request's answer, line by line, without what each run makes new."""
    with socket.create_connection(("127.0.0.1", port), WAIT_SECONDS) as connection:
        for sent in table():
            connection.sendall(on_the_wire(sent, port, bucket))
            answer = _answer(connection, sent.method == "HEAD").decode("latin-1")
            told = answer.replace("\r\n", "\n").replace(bucket, "BUCKET").replace(str(port), "PORT")
            # Refusals name the port, also those of HEAD: the length is not the same in each run.
            if str(port) in answer or bucket in answer or "application/json" in answer:
                told = _TOLD_LENGTH.sub("Content-Length: *", told, count=1)
            yield f">>> {sent.method} {sent.path} {sent.headers} {sent.signed}"
            for line in told.split("\n"):
                yield _masked(line)


def _masked(line: str) -> str:
    for pattern, instead in _MASKS:
        line = pattern.sub(instead, line)
    return line


def _answer(connection: socket.socket, bodyless: bool) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if bodyless or head[9:12] in (b"204", b"304"):
        return data
    while _CHUNKED in head.lower() and not body.endswith(b"0\r\n\r\n"):
        body += _more(connection)
    while length is not None and len(body) < int(length[1]):
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    if data := connection.recv(1 << 16):
        return data
    raise ConnectionError("the emulator has closed the connection")
