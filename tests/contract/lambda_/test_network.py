"""What a function reaches: the emulator under AWS's names, loopback, nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import charset_normalizer
import idna
import pytest
import requests

from tests.contract.lambda_.helpers import Aws, create, invoke, packed

URLS = [
    "https://{bucket}.s3.amazonaws.com/{key}",
    "http://{bucket}.s3.amazonaws.com/{key}",
    "https://{bucket}.s3.us-west-2.amazonaws.com/{key}",
    "https://{bucket}.s3-us-west-2.amazonaws.com/{key}",
    "https://{bucket}.s3.dualstack.eu-west-1.amazonaws.com/{key}",
    "https://s3.amazonaws.com/{bucket}/{key}",
    "https://s3-us-west-2.amazonaws.com/{bucket}/{key}",
    "https://s3.eu-central-1.amazonaws.com/{bucket}/{key}",
]
COPY = """
import http.client, json, os, socket, urllib.request, urllib3, boto3
from urllib.parse import urlparse

def by_urllib(url): return urllib.request.urlopen(url).read().decode()
def by_urllib3(url): return urllib3.PoolManager().request("GET", url).data.decode()
def by_client(url):
    parts = urlparse(url)
    kind = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
    connection = kind[parts.scheme](parts.netloc)
    connection.request("GET", parts.path)
    return connection.getresponse().read().decode()
"""


@pytest.fixture
def copied(aws: Aws, bucket: str) -> str:
    """A bucket with one object."""
    aws("s3").put_object(Bucket=bucket, Key="data/links a.csv", Body=b"movieId,imdbId\n1,2\n")
    return bucket


def test_every_s3_url_reaches_the_emulator_by_every_client(
    aws: Aws, name: str, copied: str
) -> None:
    create(
        aws,
        name,
        COPY
        + """
def handler(event, context):
    found = {}
    for url in event:
        for get in (by_urllib, by_urllib3, by_client):
            try: found[get.__name__ + " " + url] = get(url)
            except Exception as e: found[get.__name__ + " " + url] = repr(e)
    return found
""",
    )
    urls = [u.format(bucket=copied, key="data/links%20a.csv") for u in URLS]
    found = invoke(aws, name, urls).payload
    assert len(found) == 3 * len(urls)
    assert {k: v for k, v in found.items() if v != "movieId,imdbId\n1,2\n"} == {}


def test_streams_of_asyncio_reach_the_emulator(aws: Aws, name: str, copied: str) -> None:
    create(
        aws,
        name,
        r"""
        import asyncio, ssl, urllib.parse

        async def fetch(url):
            parts = urllib.parse.urlparse(url)
            secure = parts.scheme == "https"
            reader, writer = await asyncio.open_connection(
                parts.netloc, 443 if secure else 80, ssl=secure or None)
            if secure:
                tls = writer.get_extra_info("ssl_object")
                assert tls.getpeercert()["subjectAltName"] == (("DNS", parts.netloc),)
                assert isinstance(tls.context, ssl.SSLContext)
            writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                         "Connection: close\r\n\r\n".encode())
            head, body = (await reader.read()).split(b"\r\n\r\n", 1)
            writer.close()
            await writer.wait_closed()
            return head.split()[1].decode(), body.decode()

        async def fetch_all(urls):
            return await asyncio.gather(*map(fetch, urls), return_exceptions=True)

        def handler(event, context):
            found = asyncio.run(fetch_all(event))
            return [repr(e) if isinstance(e, Exception) else e for e in found]
        """,
    )
    urls = [u.format(bucket=copied, key="data/links%20a.csv") for u in URLS]
    found = invoke(aws, name, [*urls, "https://example.com/"]).payload
    assert found[:-1] == [["200", "movieId,imdbId\n1,2\n"]] * len(urls)
    assert "connection to example.com refused: a function in the emulator" in found[-1]


def presigned(aws: Aws, bucket: str, key: str) -> str:
    """Path and query by which an object may be written to the bucket's own host."""
    url = aws("s3").generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key})
    return f"/{key}?{urlsplit(url).query}"


def test_much_data_through_a_stream_of_asyncio(aws: Aws, name: str, bucket: str) -> None:
    create(
        aws,
        name,
        r"""
        import asyncio
        async def write_and_read(host, target, size):
            reader, writer = await asyncio.open_connection(host, 443, ssl=True)
            begin = "{} {} HTTP/1.1\r\nHost: " + host + "\r\n{}\r\n\r\n"
            writer.write(begin.format("PUT", target, f"Content-Length: {size}").encode())
            for _ in range(size // 1000):
                writer.write(b"x" * 1000)
                await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(begin.format("GET", "/big", "Connection: close").encode())
            return head.split()[1].decode(), (await reader.read()).count(b"x" * 1000)
        def handler(event, context):
            bucket, target = event
            return asyncio.run(write_and_read(bucket + ".s3.amazonaws.com", target, 3_000_000))
        """,
    )
    event = [bucket, presigned(aws, bucket, "big")]
    assert invoke(aws, name, event).payload == ["200", 3000]


def test_requests_from_the_functions_own_archive(aws: Aws, name: str, copied: str) -> None:
    files: dict[str, str | bytes] = {}
    for module in (requests, certifi, idna, charset_normalizer):
        folder = Path(str(module.__file__)).parent
        for path in folder.rglob("*.p[ye]*"):
            if path.suffix in (".py", ".pem"):
                files[f"{folder.name}/{path.relative_to(folder)}"] = path.read_bytes()
    files["index.py"] = (
        "import requests\ndef handler(event, context): return [requests.get(u).text for u in event]"
    )
    create(aws, name, packed(files))
    urls = [u.format(bucket=copied, key="data/links%20a.csv") for u in URLS]
    assert set(invoke(aws, name, urls).payload) == {"movieId,imdbId\n1,2\n"}


def test_writing_by_plain_http(aws: Aws, name: str, bucket: str) -> None:
    create(
        aws,
        name,
        """
        import http.client
        def handler(event, context):
            connection = http.client.HTTPSConnection(event[0] + ".s3.amazonaws.com")
            connection.request("PUT", event[1], body=b"x" * 3_000_000)
            return connection.getresponse().status
        """,
    )
    event = [bucket, presigned(aws, bucket, "copied.csv")]
    assert invoke(aws, name, event).payload == 200
    assert aws("s3").head_object(Bucket=bucket, Key="copied.csv")["ContentLength"] == 3_000_000


def test_boto3_reaches_the_emulator_whatever_it_is_told(aws: Aws, name: str, copied: str) -> None:
    create(
        aws,
        name,
        """
        import boto3, os
        def read(bucket, **settings):
            s3 = boto3.client("s3", **settings)
            return s3.get_object(Bucket=bucket, Key="data/links a.csv")["Body"].read().decode()
        def handler(event, context):
            found = [read(event), read(event, region_name="us-west-2"),
                     read(event, endpoint_url="https://s3.us-west-2.amazonaws.com")]
            del os.environ["AWS_ENDPOINT_URL"]
            found.append(read(event))
            identity = boto3.client("sts").get_caller_identity()
            return found, identity["Account"], identity["Arn"]
        """,
    )
    found, account, arn = invoke(aws, name, copied).payload
    assert found == ["movieId,imdbId\n1,2\n"] * 4
    assert account == "000000000000"
    assert ":assumed-role/lambda-execution-role/" in arn


@pytest.mark.parametrize(
    ("call", "host"),
    [
        ("urllib.request.urlopen('https://example.com/data.csv')", "example.com"),
        ("urllib.request.urlopen('http://93.184.216.34/')", "93.184.216.34"),
        ("urllib.request.urlopen('http://169.254.169.254/latest/')", "169.254.169.254"),
        ("http.client.HTTPSConnection('amazonaws.com.example.org').connect()", "example.org"),
        ("socket.create_connection(('notamazonaws.com', 80))", "notamazonaws.com"),
        ("socket.gethostbyname('example.net')", "example.net"),
        ("socket.socket().connect(('example.net', 22))", "example.net"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))", "8.8.8.8"),
        ("urllib3.PoolManager(retries=False).request('GET', 'https://example.com')", "example.com"),
    ],
)
def test_anything_else_is_refused_and_named(aws: Aws, name: str, call: str, host: str) -> None:
    create(aws, name, f"{COPY}\ndef handler(event, context): {call}")
    answer = invoke(aws, name).payload
    assert host in answer["errorMessage"]
    assert "refused: a function in the emulator reaches only" in answer["errorMessage"]
    assert answer["errorType"] in {"PermissionError", "URLError", "NewConnectionError"}


def test_a_server_on_loopback_is_reached(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import http.server, threading, urllib.request
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200); self.end_headers(); self.wfile.write(b"own")
        def handler(event, context):
            server = http.server.HTTPServer(("127.0.0.1", 0), Page)
            threading.Thread(target=server.handle_request).start()
            return urllib.request.urlopen(f"http://localhost:{server.server_port}/").read().decode()
        """,
    )
    assert invoke(aws, name).payload == "own"


def test_only_what_awss_runtime_has_can_be_imported(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import importlib, sys
        def handler(event, context):
            found = {}
            for name in event:
                try:
                    importlib.import_module(name)
                    found[name] = True
                except ImportError:
                    found[name] = False
            return found, [p for p in sys.path if "site-packages" in p]
        """,
        Timeout=60,
    )
    there = ["boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six"]
    absent = ["lakestack", "pipeline", "localstack", "pandas", "requests", "cfnresponse", "network"]
    found: Any
    found, paths = invoke(aws, name, there + absent).payload
    assert found == {**dict.fromkeys(there, True), **dict.fromkeys(absent, False)}
    assert paths == []
