"""What the emulator refuses before any service sees it, told by status and by effect."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from tests.contract.front_guard.guard_helpers import (
    DOMAIN,
    FIREFOX,
    FORM,
    PAGE,
    SIGNATURE,
    send,
    send_raw,
)
from tests.contract.lambda_.helpers import Aws

TEMPLATE = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
QUERY_SIGNED = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "test/20260101/us-east-1/s3/aws4_request",
    "X-Amz-Signature": "0",
}


def stacks(aws: Aws) -> set[str]:
    return {s["StackName"] for s in aws("cloudformation").describe_stacks()["Stacks"]}


def create_stack(name: str, **more: str) -> str:
    return urlencode(
        {"Action": "CreateStack", "Version": "2010-05-15", "StackName": name}
        | {"TemplateBody": TEMPLATE, **more}
    )


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        (None, PAGE),
        (None, {}),
        (None, {"User-Agent": FIREFOX}),
        (f"{DOMAIN}:{{port}}", {"User-Agent": FIREFOX}),
        (f"cloudformation.us-east-1.{DOMAIN}:{{port}}", {"User-Agent": FIREFOX}),
        ("evil.example:{port}", {"User-Agent": FIREFOX}),
        ("cloudformation.us-east-1.amazonaws.com", {}),
    ],
)
def test_no_image_makes_a_stack(
    emulator: str, aws: Aws, name: str, host: str | None, headers: dict[str, str]
) -> None:
    reply = send(emulator, "GET", "/?" + create_stack(name), headers, host=host)
    assert reply.status == 403
    assert not reply.readable_by_pages
    assert name not in stacks(aws)


def test_no_image_signs_for_itself(emulator: str, aws: Aws, name: str) -> None:
    """Over HTTP to a name a browser marks nothing; any query is an image's address."""
    path = "/?" + create_stack(name, **QUERY_SIGNED)
    reply = send(emulator, "GET", path, {"User-Agent": FIREFOX}, host=f"{DOMAIN}:{{port}}")
    assert (reply.status, "MissingAuthenticationToken" in reply.text) == (403, True)
    assert name not in stacks(aws)


def test_no_opened_link_signs_for_itself(emulator: str, aws: Aws, name: str) -> None:
    """A mail's link, or a site's redirect after its name was typed, is no page's request."""
    marks = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "User-Agent": FIREFOX}
    assert send(emulator, "GET", "/?" + create_stack(name, **QUERY_SIGNED), marks).status == 403
    assert name not in stacks(aws)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_queues_address_takes_no_unsigned_action(
    emulator: str, aws: Aws, name: str, slash: str
) -> None:
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    path = f"/{'/'.join(url.split('/')[3:])}{slash}"
    query = "Action=AddPermission&Label=l&AWSAccountId.1=111111111111&ActionName.1=SendMessage"
    for host in (None, f"{DOMAIN}:{{port}}"):
        agent = {"User-Agent": FIREFOX}
        assert send(emulator, "GET", f"{path}?{query}", agent, host=host).status == 403
    assert "Attributes" not in aws("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["Policy"]
    )


@pytest.mark.parametrize("path", ["/", "/_aws/nothing", "/_cfn_response/nothing/more"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unsigned_query_finds_no_way_round(
    emulator: str, aws: Aws, name: str, path: str, method: str
) -> None:
    body = create_stack(name)
    if method == "GET":
        reply = send(emulator, "GET", f"{path}?{body}")
    else:
        reply = send(emulator, "POST", path, {"Content-Type": FORM}, body)
    assert reply.status in (403, 404)
    assert name not in stacks(aws)


@pytest.mark.parametrize(
    ("service", "path", "headers", "error"),
    [
        ("query", "/", {"Content-Type": FORM}, "<Code>MissingAuthenticationToken</Code>"),
        (
            "json",
            "/",
            {"X-Amz-Target": "DynamoDB_20120810.ListTables"},
            '"__type": "MissingAuthenticationToken"',
        ),
        ("rest-json", "/2015-03-31/functions", {}, '"__type": "MissingAuthenticationToken"'),
        ("rest-xml", "/some-bucket/key", {}, "<Code>AccessDenied</Code>"),
        (
            "cbor",
            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            {"Smithy-Protocol": "rpc-v2-cbor"},
            "MissingAuthenticationToken",
        ),
    ],
)
def test_unsigned_requests_are_refused_in_the_services_own_words(
    emulator: str, service: str, path: str, headers: dict[str, str], error: str
) -> None:
    body = create_stack("never") if service == "query" else "{}"
    reply = send(emulator, "PUT" if service == "rest-xml" else "POST", path, headers, body)
    told = reply.text + reply.headers.get("x-amzn-query-error", "")
    assert (reply.status, error in told) == (403, True), told


@pytest.mark.parametrize("authorization", ["Basic dGVzdDp0ZXN0", "Bearer token", "x"])
def test_other_schemes_are_no_signature(emulator: str, authorization: str) -> None:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Authorization": authorization}
    assert send(emulator, "POST", "/", headers, "{}").status == 403


@pytest.mark.parametrize(
    "marks",
    [
        *({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "file://"}),
        *({"Origin": "https://app.localstack.cloud"}, {"Origin": "http://127.0.0.1:8000"}),
        *({"Referer": "http://evil.example/page"}, {"Sec-Fetch-Site": "same-site"}, PAGE),
    ],
    ids=str,
)
def test_a_page_cannot_write_delete_or_read_objects(
    emulator: str, aws: Aws, bucket: str, marks: dict[str, str]
) -> None:
    aws("s3").put_object(Bucket=bucket, Key="mine", Body=b"x")
    port = emulator.rpartition(":")[2]
    form = (
        '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nplanted\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    )
    delete = "<Delete><Object><Key>mine</Key></Object></Delete>"
    for host, root in ((None, f"/{bucket}"), (f"{bucket}.s3.{DOMAIN}:{port}", "/")):
        multipart = {"Content-Type": "multipart/form-data; boundary=b"}
        replies = [
            send(emulator, "POST", root, {**multipart, **marks}, form, host=host),
            send(emulator, "POST", f"{root}?delete", {**marks}, delete, host=host),
            send(emulator, "GET", f"{root.rstrip('/')}/mine", marks, host=host),
            send(emulator, "OPTIONS", root, {**marks, "Access-Control-Request-Method": "PUT"}),
        ]
        assert [(r.status, r.readable_by_pages) for r in replies] == [(403, False)] * 4
    keys = [o["Key"] for o in aws("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["mine"]


def test_an_upload_by_form_needs_its_policy(emulator: str, aws: Aws, bucket: str) -> None:
    form = (
        '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nplanted\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    reply = send(emulator, "POST", f"/{bucket}", headers, form)
    assert (reply.status, "AccessDenied" in reply.text) == (403, True)
    assert "Contents" not in aws("s3").list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("path", ["/_localstack/health", "/_localstack/info", "/_aws/lambda/init"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_internal_routes_are_not_for_pages(emulator: str, path: str, method: str) -> None:
    for headers in (PAGE, {"Origin": "null"}, {"Referer": "http://127.0.0.1:8000/"}):
        assert send(emulator, method, path, headers).status == 403
    assert send(emulator, method, path, host="evil.example:{port}").status == 403


@pytest.mark.parametrize(
    "host",
    [
        *("a.execute-api.attacker.example:{port}", "localhost.attacker.example:{port}"),
        *("127.0.0.1.nip.io:{port}", "0.0.0.0:{port}", "2130706433:{port}", "x@localhost:{port}"),
        *("b.s3.attacker.example:{port}", "f.lambda-url.us-east-1.attacker.example:{port}"),
        "",
    ],
)
def test_a_name_of_somebody_else_gets_nothing_even_signed(emulator: str, host: str) -> None:
    headers = {"Authorization": SIGNATURE.format(service="sts"), "Content-Type": FORM}
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    assert send(emulator, "POST", "/", headers, body, host=host).status == 403
    assert send(emulator, "POST", "/", headers, body).status == 200


@pytest.mark.parametrize(
    "request_text",
    [
        "GET /_localstack/health HTTP/1.1\r\n\r\n",
        "GET /_localstack/health HTTP/1.0\r\n\r\n",
        "GET /_localstack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n",
        "GET http://evil.example/_localstack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
        "GET http://127.0.0.1:{port}/_localstack/health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_a_request_has_one_host_of_ours(emulator: str, request_text: str) -> None:
    assert send_raw(emulator, request_text) in (400, 403)


def test_a_target_may_repeat_the_host(emulator: str) -> None:
    text = (
        "GET http://127.0.0.1:{port}/_localstack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    )
    assert send_raw(emulator, text) == 200


@pytest.mark.parametrize(
    "host",
    [
        *(f"none.execute-api.{DOMAIN}:{{port}}", "none.execute-api.us-east-1.amazonaws.com"),
        *(f"none.lambda-url.us-east-1.{DOMAIN}:{{port}}", "none.lambda-url.us-east-1.on.aws"),
        f"none.s3-website.us-east-1.{DOMAIN}:{{port}}",
    ],
)
def test_an_applications_name_reaches_nothing_else(
    emulator: str, aws: Aws, name: str, host: str
) -> None:
    """Not even signed: LocalStack goes on to its own routes and to AWS's services."""
    for method, path, service, body in (
        ("GET", "/_localstack/health", "", None),
        ("GET", "/_aws/lambda/init", "", None),
        ("POST", "/", "cloudformation", create_stack(name)),
        ("PUT", f"/{name}", "s3", None),
        ("GET", f"/?{create_stack(name)}", "", None),
    ):
        headers = {"Authorization": SIGNATURE.format(service=service)} if service else {}
        headers |= {"Content-Type": FORM} if body else {}
        reply = send(emulator, method, path, {**PAGE, **headers}, body, host=host)
        assert reply.status in (403, 404, 405), (path, reply)
        assert not reply.readable_by_pages
    assert name not in stacks(aws)
    assert name not in [b["Name"] for b in aws("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize("marks", [{"Origin": "http://evil.example"}, {}, {"Origin": "null"}])
@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "evil.example:{port}"])
def test_no_web_socket_opens(emulator: str, host: str, marks: dict[str, str]) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    assert send(emulator, "GET", "/", {**upgrade, **marks}, host=host).status == 403


def test_a_stored_page_runs_no_script(emulator: str, aws: Aws, bucket: str) -> None:
    """Its origin would be the emulator's own, from which everything may be asked."""
    aws("s3").put_object(Bucket=bucket, Key="x.html", Body=b"<script>", ContentType="text/html")
    headers = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "User-Agent": FIREFOX}
    reply = send(emulator, "GET", f"/{bucket}/x.html", headers)
    assert (reply.status, reply.headers["content-security-policy"]) == (200, "sandbox")


def test_the_answer_says_why_and_how_to_allow(emulator: str) -> None:
    reply = send(emulator, "GET", "/", {"Origin": "http://localhost:3000"})
    assert "LAKE_ALLOWED_ORIGINS=http://localhost:3000." in json.loads(reply.text)["message"]
