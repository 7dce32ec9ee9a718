"""Who may ask the emulator: hosts, pages and signatures, from a request's head alone."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.errors import SettingError
from lakestack.origins import allowed_origins, origin_of
from lakestack.services.front_guard.hosts import Reach, parse_host
from lakestack.services.front_guard.pages import Marks
from lakestack.services.front_guard.rules import Head, Way, decide
from lakestack.services.front_guard.signatures import (
    Signed,
    form_signed,
    policy_signed,
    signed,
)

PORT = 4566
DOMAIN = "localhost.localstack.cloud:4566"
SIGNATURE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, Signature=0"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
QUERY_4 = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature")
HEAD = Head("GET", "/", "/", (), ("127.0.0.1:4566",), "http", PORT)


@pytest.mark.parametrize(
    "header",
    [
        *("127.0.0.1:4566", "localhost:4566", "LOCALHOST:4566", "localhost.:4566", "[::1]:4566"),
        *("127.1.2.3:4566", "[0:0:0:0:0:0:0:1]:4566"),
        *("127.0.0.1", "localhost", DOMAIN.partition(":")[0]),  # a function's HTTPS names no port
        *("127.0.0.1:32768", "localhost:80"),  # a container's mapping, a tunnel
        *(DOMAIN, f"s3.{DOMAIN}", f"my.bucket.s3.{DOMAIN}", f"sqs.us-east-1.{DOMAIN}"),
        *("s3.amazonaws.com", "s3.amazonaws.com:443", "b.s3-us-west-2.amazonaws.com"),
        *("logs.cn-north-1.amazonaws.com.cn", "kinesis.us-east-1.api.aws", "S3.AmazonAWS.com."),
        f"my.execute-api.bucket.s3.{DOMAIN}",
    ],
)
def test_names_that_reach_the_services(header: str) -> None:
    host = parse_host(header)
    assert host is not None
    assert host.reach is Reach.SERVICES


@pytest.mark.parametrize(
    "header",
    [
        *(f"abc.execute-api.{DOMAIN}", f"abc.execute-api.us-east-1.{DOMAIN}"),
        *(f"ABC.Execute-API.{DOMAIN}", f"abc.lambda-url.us-east-1.{DOMAIN}"),
        *(f"site.s3-website.us-east-1.{DOMAIN}", "site.s3-website-us-west-2.amazonaws.com"),
        *("abc.execute-api.us-east-1.amazonaws.com", "abc.lambda-url.us-east-1.on.aws"),
    ],
)
def test_names_that_reach_one_application(header: str) -> None:
    host = parse_host(header)
    assert host is not None
    assert host.reach is Reach.APPLICATION


@pytest.mark.parametrize(
    "header",
    [
        *("", ":4566", "evil.example", "evil.example:4566", "a.execute-api.attacker.example:4566"),
        *("localhost.attacker.example:4566", "127.0.0.1.nip.io:4566", "127.0.0.1.:4566"),
        *("2130706433:4566", "0x7f000001:4566", "0177.0.0.1:4566", "127.1:4566", "0.0.0.0:4566"),
        *("[::]:4566", "[::ffff:127.0.0.1]:4566", "[::1", "::1:4566", "192.168.1.2:4566"),
        *("localhost:99999", "localhost:4566:4566", "localhost:"),
        *("user@127.0.0.1:4566", "127.0.0.1:4566@evil.example", "localhost..:4566"),
        "localhost.localstack.cloud.evil.example:4566",
        *("app.localstack.cloud:4566", "xlocalhost.localstack.cloud:4566", "foo.localhost:4566"),
        *("evilamazonaws.com", "amazonaws.com.evil.example", "a b.amazonaws.com", "-.on.aws"),
        *(
            "127.0.0.1:4566, evil.example",
            "localhost:4566/x",
            "localhost\t:4566",
            "l\u00f6calhost:4566",
        ),
        "evil.example:4566#.amazonaws.com",
    ],
)
def test_other_names_are_refused(header: str) -> None:
    assert parse_host(header) is None
    assert decide(replace(HEAD, hosts=(header,), authorization=SIGNATURE), ()).way is Way.REFUSED


def test_a_further_name_is_one_setting() -> None:
    names = frozenset({"localstack"})
    assert parse_host("localstack:4566") is None
    assert parse_host("LocalStack:4566", names) is not None
    assert parse_host("x.localstack:4566", names) is None


@given(st.text(string.printable, max_size=40))
def test_what_the_guard_takes_for_a_host_is_one(text: str) -> None:
    host = parse_host(text)
    if host is not None:
        assert parse_host(host.header) == host
        assert set(host.name) <= set(string.ascii_lowercase + string.digits + ".-_[]:")


@given(st.from_regex(r"[a-z0-9.-]{1,30}\.(example|com|cloud|aws|io)", fullmatch=True))
def test_no_name_of_somebody_else_passes(name: str) -> None:
    ours = (".localhost.localstack.cloud", ".amazonaws.com", ".on.aws", ".api.aws")
    if not f".{name}".endswith(ours):
        assert parse_host(f"{name}:4566") is None


@pytest.mark.parametrize("hosts", [(), ("127.0.0.1:4566", "127.0.0.1:4566")])
def test_a_request_has_one_host(hosts: tuple[str, ...]) -> None:
    assert decide(replace(HEAD, hosts=hosts, authorization=SIGNATURE), ()).way is Way.REFUSED


@pytest.mark.parametrize(
    ("target", "passes"),
    [
        ("http://127.0.0.1:4566/b", True),
        ("http://evil.example:4566/b", False),
        ("http://localhost:4566/b", False),
        ("evil.example:443", False),
        ("*", True),
        ("//evil.example/b", True),  # a path
    ],
)
def test_a_target_with_a_host_of_its_own_names_the_same(target: str, passes: bool) -> None:
    way = decide(replace(HEAD, target=target, authorization=SIGNATURE), ()).way
    assert (way is Way.SERVICE) is passes


OWN = "http://127.0.0.1:4566"
FOREIGN = [
    *(Marks(site="cross-site"), Marks(site="same-site"), Marks(site="Cross-Site"), Marks(site="")),
    *(Marks(origin="null"), Marks(origin="file://"), Marks(origin=""), Marks(origin="nonsense")),
    *(Marks(origin="https://app.localstack.cloud"), Marks(origin="http://evil.example")),
    *(Marks(origin="https://127.0.0.1:4566"), Marks(origin="http://127.0.0.1:8000")),
    *(Marks(origin="http://localhost:4566"), Marks(origin="http://127.0.0.1")),
    *(Marks(referer="http://evil.example/x"), Marks(referer="http://127.0.0.1:8000/")),
    *(Marks(referer=OWN, site="cross-site"), Marks(origin=OWN, site="same-site")),
    Marks(origin="http://evil.example", referer=OWN, site="same-origin"),
    *(Marks(origin=OWN, referer="http://evil.example/"), Marks(origin=OWN, referer="about:blank")),
    Marks(origin="http://localhost:3000", referer="http://evil.example/", site="cross-site"),
    Marks(origin=f"{OWN}, http://evil.example"),
    Marks(origin="http://127.0.0.1:4566@evil.example"),
]


@pytest.mark.parametrize("marks", FOREIGN, ids=repr)
@pytest.mark.parametrize("authorization", [None, SIGNATURE])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/"), ("POST", "/"), ("OPTIONS", "/b"), ("PUT", "/b/k"), ("WEBSOCKET", "/")),
        *(("GET", "/_localstack/health"), ("POST", "/_aws/x"), ("PUT", "/_cfn_response/1")),
        *(("GET", "/restapis/a/s/_user_request_/x"), ("GET", "/_aws/execute-api/a/s")),
    ],
)
def test_a_page_of_somewhere_else_gets_nothing(
    marks: Marks, authorization: str | None, method: str, path: str
) -> None:
    head = replace(
        HEAD, method=method, path=path, target=path, marks=marks, authorization=authorization
    )
    verdict = decide(head, frozenset({"http://localhost:3000"}))
    assert verdict.way is Way.REFUSED
    assert "LAKE_ALLOWED_ORIGINS" in verdict.reason


@pytest.mark.parametrize("name", [f"b.s3.{DOMAIN}", DOMAIN, "s3.amazonaws.com"])
@pytest.mark.parametrize("own", ["origin", "referer", "site", "null"])
def test_a_page_of_a_name_that_was_resolved_gets_nothing(name: str, own: str) -> None:
    """Who answers for the name's address, such as a network's resolver, can serve its pages."""
    said = {"site": "same-origin", "null": "null"}.get(own, f"http://{name}")
    marks = Marks(**{"origin" if own == "null" else own: said})
    head = replace(HEAD, hosts=(name,), marks=marks, authorization=SIGNATURE)
    assert decide(head, ()).way is Way.REFUSED
    assert decide(replace(head, marks=Marks()), ()).way is Way.SERVICE


@pytest.mark.parametrize(
    "marks",
    [
        *(Marks(), Marks(site="none"), Marks(site="same-origin"), Marks(origin=OWN)),
        *(
            Marks(referer=f"{OWN}/b/k"),
            Marks(agent="Boto3/1.40"),
            Marks(site="none", agent=BROWSER),
        ),
        *(Marks(origin="http://localhost:3000"), Marks(origin="HTTP://LocalHost:3000")),
        Marks(origin="http://localhost:3000", site="same-site", referer="http://localhost:3000/"),
        Marks(referer="http://localhost:3000/page", site="cross-site"),
    ],
    ids=repr,
)
def test_clients_the_user_and_allowed_pages_pass(marks: Marks) -> None:
    head = replace(HEAD, marks=marks, authorization=SIGNATURE)
    assert decide(head, allowed_origins("http://localhost:3000")).way is Way.SERVICE


@pytest.mark.parametrize("marks", FOREIGN, ids=repr)
def test_an_application_takes_pages_as_on_aws(marks: Marks) -> None:
    head = replace(HEAD, hosts=(f"abc.execute-api.{DOMAIN}",), marks=marks)
    assert decide(head, ()).way is Way.APPLICATION


@pytest.mark.parametrize(
    ("method", "path", "query", "authorization", "way"),
    [
        ("POST", "/", (), SIGNATURE, Way.SERVICE),
        ("GET", "/b/k", QUERY_4, None, Way.SERVICE),
        ("PUT", "/b/k", ("AWSAccessKeyId", "Signature", "Expires"), None, Way.SERVICE),
        ("GET", "/", ("Action", "Version"), None, Way.LOOK),
        ("POST", "/", (), None, Way.LOOK),
        ("GET", "/b/k", (), None, Way.LOOK),
        ("POST", "/", (), "Bearer token", Way.LOOK),
        ("POST", "/", (), "Basic dXNlcjpwYXNz", Way.LOOK),
        ("GET", "/_localstack/health", (), None, Way.INTERNAL),
        ("POST", "/_localstack/state/reset", (), None, Way.INTERNAL),
        ("PUT", "/_cfn_response/1", (), None, Way.INTERNAL),
        ("GET", "/_localstackx", (), None, Way.LOOK),
        ("GET", "//_localstack/health", (), None, Way.LOOK),
        ("OPTIONS", "/", (), None, Way.SERVICE),
    ],
)
def test_what_is_looked_at_more_closely(
    method: str, path: str, query: tuple[str, ...], authorization: str | None, way: Way
) -> None:
    head = replace(HEAD, method=method, path=path, query=query, authorization=authorization)
    assert decide(head, ()).way is way


def test_a_browser_that_does_not_tell_has_no_use_for_a_signed_address() -> None:
    """Over HTTP to a name, browsers send no Sec-Fetch-Site; an <img> can carry any query."""
    head = replace(HEAD, hosts=(DOMAIN,), query=("Action", *QUERY_4), marks=Marks(agent=BROWSER))
    assert decide(head, ()).way is Way.LOOK
    assert decide(replace(head, authorization=SIGNATURE), ()).way is Way.SERVICE
    assert decide(replace(head, marks=Marks(agent="curl/8")), ()).way is Way.SERVICE


@pytest.mark.parametrize("agent", [BROWSER, None])
def test_nor_has_the_user_who_opens_somebodys_link(agent: str | None) -> None:
    """A link in a mail, or a typed name that redirects here: no page asked, nor did the user."""
    marks = Marks(site="none", agent=agent)
    head = replace(HEAD, query=("Action", *QUERY_4), marks=marks)
    assert decide(head, ()).way is Way.LOOK
    assert decide(replace(head, path="/_localstack/health"), ()).way is Way.INTERNAL


@pytest.mark.parametrize(
    ("authorization", "how"),
    [
        (SIGNATURE, Signed.BY_HEADER),
        ("AWS4-ECDSA-P256-SHA256 Credential=x", Signed.BY_HEADER),
        ("AWS test:sig", Signed.BY_HEADER),
        ("AWS3-HTTPS AWSAccessKeyId=x", Signed.BY_HEADER),
        ("bearer x", Signed.BEARER),
        ("AWSX y", Signed.NO),
        ("", Signed.NO),
        (None, Signed.NO),
    ],
)
def test_schemes_of_authorization(authorization: str | None, how: Signed) -> None:
    assert signed(authorization, ()) is how


def test_forms_are_signed_by_their_fields() -> None:
    assert policy_signed(
        ["key", "Policy", "X-Amz-Algorithm", "x-amz-credential", "X-Amz-Signature"]
    )
    assert policy_signed(["key", "policy", "AWSAccessKeyId", "signature", "file"])
    assert not policy_signed(["key", "policy", "file"])
    assert not policy_signed(["key", "AWSAccessKeyId", "signature"])
    assert form_signed(["Action", "AWSAccessKeyId", "Signature"])
    assert not form_signed(["Action"])


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://a.example", "http://a.example:80"),
        ("HTTPS://A.example:443/x?y", "https://a.example:443"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        *(("null", None), ("file:///x", None), ("", None), ("http://", None)),
        *(("http://a:b:c", None), ("chrome-extension://abc", None), ("http://a b", None)),
    ],
)
def test_origins_have_one_spelling(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


def test_the_setting_is_a_list_of_origins() -> None:
    assert allowed_origins("") == frozenset()
    assert allowed_origins(" http://A.example , https://b.example:8443/ ,") == {
        "http://a.example:80",
        "https://b.example:8443",
    }


@pytest.mark.parametrize(
    "value", ["*", "null", "file://", "a.example", "http://a/x", "http://u@a", "ws://a"]
)
def test_what_is_no_origin_is_refused_by_name(value: str) -> None:
    with pytest.raises(SettingError, match="LAKE_ALLOWED_ORIGINS: received") as caught:
        allowed_origins(f"http://localhost:3000,{value}")
    assert value in caught.value.message
    assert caught.value.hint is not None
