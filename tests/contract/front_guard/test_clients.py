"""What goes on working: every protocol signed, and all that AWS takes without a signature."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.signers import RequestSigner

from tests.contract.front_guard.guard_helpers import DOMAIN, PAGE, SIGNATURE, send
from tests.contract.lambda_.helpers import Aws, create
from tests.support import ACCOUNT, REGION

SITE = {**PAGE, "Origin": "http://site.example"}
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"]["http"]["method"])}
"""


def client(service: str, endpoint: str, **config: Any) -> Any:
    keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "any"}
    settings = Config(proxies={}, **config)
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, config=settings, **keys)


def test_signed_requests_of_every_protocol(aws: Aws) -> None:
    answers = {
        "query": aws("sts").get_caller_identity()["Account"],
        "ec2": aws("ec2").describe_regions()["Regions"][0]["RegionName"],
        "json 1.0": aws("dynamodb").list_tables()["TableNames"],
        "json 1.1": aws("kinesis").list_streams()["StreamNames"],
        "rest-json": aws("lambda").list_functions()["Functions"],
        "rest-xml": aws("s3").list_buckets()["Buckets"],
        "query or json": aws("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"],
        "rest-xml at the root": aws("route53").list_hosted_zones()["HostedZones"],
    }
    assert (answers["query"], answers["query or json"]) == (ACCOUNT, 200)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_both_signatures_of_s3(emulator: str, bucket: str, version: str) -> None:
    s3 = client("s3", emulator, signature_version=version)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_the_command_line(emulator: str, bucket: str) -> None:
    found = shutil.which("aws", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("no aws command on this machine")
    env = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": emulator, "AWS_DEFAULT_REGION": REGION}
    env |= {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "any"}
    for words in (["sts", "get-caller-identity"], ["s3", "ls", f"s3://{bucket}"]):
        subprocess.run([found, *words], env=env, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_addresses(emulator: str, bucket: str, version: str) -> None:
    s3 = client("s3", emulator, signature_version=version)
    where = {"Bucket": bucket, "Key": "a b"}
    put = s3.generate_presigned_url("put_object", Params=where)
    get = s3.generate_presigned_url("get_object", Params=where)
    assert requests.put(put, data=b"x", timeout=60).status_code == 200
    assert requests.get(get, timeout=60).content == b"x"
    delete = s3.generate_presigned_url("delete_object", Params=where)
    assert requests.delete(delete, timeout=60).status_code == 204


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_form(emulator: str, bucket: str, version: str) -> None:
    s3 = client("s3", emulator, signature_version=version)
    form = s3.generate_presigned_post(bucket, "k")
    files = {"file": ("f", b"uploaded")}
    assert requests.post(form["url"], data=form["fields"], files=files, timeout=60).ok
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"uploaded"


def test_a_presigned_call_of_another_service(emulator: str) -> None:
    """What EKS and Vault take for a proof of identity."""
    sts = client("sts", emulator)
    credentials = boto3.Session(ACCOUNT, "any").get_credentials()
    signer = RequestSigner(
        sts.meta.service_model.service_id, REGION, "sts", "v4", credentials, sts.meta.events
    )
    request = {
        "method": "GET",
        "url": f"{emulator}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {},
        "context": {},
    }
    url = signer.generate_presigned_url(request, operation_name="", expires_in=60)
    assert ACCOUNT in requests.get(url, timeout=60).text


def test_unsigned_reads_of_s3(emulator: str, aws: Aws, bucket: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    anonymous = boto3.client(
        "s3",
        endpoint_url=emulator,
        region_name=REGION,
        config=Config(signature_version=UNSIGNED, proxies={}),
    )
    assert anonymous.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert anonymous.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    with pytest.raises(anonymous.exceptions.ClientError, match="AccessDenied"):
        anonymous.put_object(Bucket=bucket, Key="k", Body=b"y")
    with pytest.raises(anonymous.exceptions.ClientError, match="AccessDenied"):
        anonymous.delete_object(Bucket=bucket, Key="k")


def test_operations_that_need_no_signature(emulator: str) -> None:
    sts = boto3.client(
        "sts",
        endpoint_url=emulator,
        region_name=REGION,
        config=Config(signature_version=UNSIGNED, proxies={}),
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/some-role"
    answer = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="session", WebIdentityToken="t" * 20
    )
    assert answer["Credentials"]["AccessKeyId"]
    with pytest.raises(sts.exceptions.ClientError, match="MissingAuthenticationToken"):
        sts.get_session_token()


def test_a_subscription_is_confirmed_by_its_link(emulator: str, aws: Aws, name: str) -> None:
    topic = aws("sns").create_topic(Name=name)["TopicArn"]
    query = f"/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn={topic}&Token=none"
    for opened in ({}, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}):
        assert "MissingAuthenticationToken" not in send(emulator, "GET", query, opened).text


def test_curl_reads_the_health_page(emulator: str) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl on this machine")
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{urlsplit(emulator).port}/_localstack/health"
        found = subprocess.run(
            [curl, "-sS", "-4", url], check=True, capture_output=True, timeout=60
        )
        assert json.loads(found.stdout)["services"]
    by_hand = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    assert send(emulator, "GET", "/_localstack/health", by_hand).status == 200


def test_a_function_url_takes_any_site_and_has_its_own_cors(
    emulator: str, aws: Aws, name: str
) -> None:
    create(aws, name, ECHO)
    url = aws("lambda").create_function_url_config(FunctionName=name, AuthType="NONE")
    host = urlsplit(url["FunctionUrl"]).netloc
    for headers in ({}, SITE):
        reply = send(emulator, "POST", "/x", headers, "{}", host=host)
        assert (reply.status, reply.text) == (200, '"POST"')
        assert not reply.readable_by_pages
    rules = {"AllowOrigins": ["http://site.example"], "AllowMethods": ["POST"], "MaxAge": 60}
    aws("lambda").update_function_url_config(FunctionName=name, Cors=rules)
    reply = send(emulator, "POST", "/", SITE, "{}", host=host)
    assert reply.headers["access-control-allow-origin"] == "http://site.example"
    asked = {**SITE, "Access-Control-Request-Method": "POST"}
    reply = send(emulator, "OPTIONS", "/", asked, host=host)
    assert (reply.status, reply.text) == (200, "")
    assert reply.headers["access-control-allow-methods"] == "POST"
    assert reply.headers["access-control-max-age"] == "60"
    other = send(emulator, "POST", "/", {**SITE, "Origin": "http://x.example"}, "{}", host=host)
    assert (other.status, other.readable_by_pages) == (200, False)


def test_a_function_url_for_signed_requests(emulator: str, aws: Aws, name: str) -> None:
    create(aws, name, ECHO)
    url = aws("lambda").create_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    host = urlsplit(url["FunctionUrl"]).netloc
    signature = {"Authorization": SIGNATURE.format(service="lambda")}
    query = "?X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Signature=s"
    assert send(emulator, "POST", "/", signature, "{}", host=host).status == 200
    assert send(emulator, "POST", "/" + query, {}, "{}", host=host).status == 200
    assert send(emulator, "POST", "/" + query, SITE, "{}", host=host).status == 403
    refused = send(emulator, "POST", "/", {}, "{}", host=host)
    assert (refused.status, refused.text) == (403, '{"Message": "Forbidden"}')


def test_an_api_takes_any_site(emulator: str, aws: Aws, name: str) -> None:
    gateway = aws("apigateway")
    api = gateway.create_rest_api(name=name)
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**where, authorizationType="NONE")
    template = {"application/json": '{"statusCode": 200}'}
    gateway.put_integration(**where, type="MOCK", requestTemplates=template)
    gateway.put_method_response(**where, statusCode="200")
    gateway.put_integration_response(
        **where, statusCode="200", responseTemplates={"application/json": '"mocked"'}
    )
    gateway.create_deployment(restApiId=api["id"], stageName="dev")
    for host in (f"{api['id']}.execute-api.{DOMAIN}:{{port}}", None):
        path = "/dev/" if host else f"/_aws/execute-api/{api['id']}/dev/"
        reply = send(emulator, "GET", path, host=host)
        assert (reply.status, reply.text) == (200, '"mocked"')
        assert send(emulator, "GET", path, SITE, host=host).status == (200 if host else 403)


def test_a_website_takes_any_site_and_has_its_buckets_cors(
    emulator: str, aws: Aws, bucket: str
) -> None:
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"hello")
    index = {"IndexDocument": {"Suffix": "index.html"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=index)
    host = f"{bucket}.s3-website.us-east-1.{DOMAIN}:{{port}}"
    reply = send(emulator, "GET", "/", SITE, host=host)
    assert (reply.status, reply.text, reply.readable_by_pages) == (200, "hello", False)
    rule = {"AllowedOrigins": ["http://site.example"], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    assert send(emulator, "GET", "/", SITE, host=host).readable_by_pages
    assert not send(emulator, "GET", f"/{bucket}/index.html", SITE).readable_by_pages


def test_the_users_own_post_to_an_internal_route_passes(emulator: str) -> None:
    """As curl sends it: nobody can sign for a route that AWS does not have."""
    assert send(emulator, "POST", "/_localstack/health", {}, "{}").status != 403


def test_the_emulator_says_it_is_no_name_of_the_callback(emulator: str) -> None:
    request = urllib.request.Request(f"{emulator}/_cfn_response/none", b"{}", method="PUT")  # noqa: S310 - loopback
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)  # noqa: S310
    assert caught.value.code in (403, 404)
