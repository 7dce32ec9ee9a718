"""Programs that a function starts: they do not leave this machine either."""

from __future__ import annotations

import shutil

import pytest

from tests.contract.lambda_.helpers import Aws, create, invoke, packed

CHILD = """
import json, subprocess, sys, urllib.request
found = []
for url in sys.argv[2:]:
    try:
        found.append(urllib.request.urlopen(url).read().decode())
    except Exception as e:
        found.append(str(e))
if sys.argv[1] == "again":
    command = [sys.executable, sys.argv[0], "once", *sys.argv[2:]]
    found += json.loads(subprocess.check_output(command))
print(json.dumps(found))
"""


@pytest.fixture
def copied(aws: Aws, bucket: str) -> str:
    """A bucket with one object."""
    aws("s3").put_object(Bucket=bucket, Key="k", Body=b"data")
    return bucket


def test_python_programs_are_routed_like_the_function(aws: Aws, name: str, copied: str) -> None:
    index = """
import json, os, subprocess, sys
def handler(event, context):
    command = [sys.executable, "child.py", "again", *event]
    return [json.loads(subprocess.check_output(command, env=env))
            for env in (None, dict(os.environ), {})]
"""
    create(aws, name, packed({"index.py": index, "child.py": CHILD}))
    urls = [f"https://{copied}.s3.amazonaws.com/k", "https://example.com/"]
    for found in invoke(aws, name, urls).payload:
        assert len(found) == 4
        assert found[::2] == ["data", "data"]
        for refused in found[1::2]:
            assert "connection to example.com refused: a function in the emulator" in refused


def test_other_programs_get_a_proxy_that_is_not_there(aws: Aws, name: str, copied: str) -> None:
    """And the function itself gets none."""
    create(
        aws,
        name,
        """
        import os, subprocess, urllib.request
        import boto3
        SHOW = 'echo "$https_proxy $HTTP_PROXY $no_proxy $OWN"'
        def handler(event, context):
            shown = [
                subprocess.check_output(SHOW, shell=True, text=True),
                subprocess.check_output(
                    ["/bin/sh", "-c", SHOW], text=True, env={**os.environ, "OWN": "1"}),
                os.popen(SHOW).read(),
            ]
            boto3.client("s3").head_object(Bucket=event, Key="k")
            with urllib.request.urlopen(f"https://{event}.s3.amazonaws.com/k") as answer:
                own = answer.read().decode()
            return shown, own, [n for n in os.environ if n.lower().endswith("_proxy")]
        """,
    )
    shown, own, names = invoke(aws, name, copied).payload
    proxies = "http://127.0.0.1:9 http://127.0.0.1:9 127.0.0.1,localhost,::1"
    assert shown == [f"{proxies} \n", f"{proxies} 1\n", f"{proxies} \n"]
    assert own == "data"
    assert names == ["NO_PROXY"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_reaches_the_emulator_and_nothing_else(aws: Aws, name: str, copied: str) -> None:
    create(
        aws,
        name,
        """
        import os, subprocess
        def curl(url):
            done = subprocess.run(["curl", "-sS", url], capture_output=True, text=True)
            return done.stdout + done.stderr
        def handler(event, context):
            return [curl(url) for url in (f"{os.environ['AWS_ENDPOINT_URL']}/{event}/k",
                                          f"https://s3.amazonaws.com/{event}/k",
                                          "http://192.0.2.1/")]
        """,
    )
    inside, *outside = invoke(aws, name, copied).payload
    assert inside == "data"
    for said in outside:
        assert "127.0.0.1 port 9" in said
