"""Names and addresses: which are this machine's, which AWS's, and what is refused."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lakestack import supervise
from lakestack.confinement import java, limits, network
from tests.support import PROJECT


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "127.0.0.1"),
        ("LOCALHOST.", "127.0.0.1"),
        ("bucket.localhost", "127.0.0.1"),
        ("localhost.localstack.cloud", "127.0.0.1"),
        ("bucket.s3.localhost.localstack.cloud", "127.0.0.1"),
        (socket.gethostname(), "127.0.0.1"),
        ("127.0.0.9", "127.0.0.9"),
        ("::1", "::1"),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
        ("", ""),
    ],
)
def test_names_of_this_machine_have_their_answer_here(host: str, address: str) -> None:
    assert network.pinned(host) == address


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "localhost.example.com", "notlocalhost", "localhost.localstack.cloud.x"),
        *("mylocalhost.localstack.cloud", "169.254.169.254", "10.0.0.1", "2001:db8::1", "127.1.x"),
        *("::ffff:8.8.8.8", "2130706433", "0x7f.1", "fe80::1%lo", "<broadcast>"),
    ],
)
def test_others_are_refused_by_name(host: str) -> None:
    with pytest.raises(PermissionError) as error:
        network.pinned(host)
    assert f"connection to {host} refused" in str(error.value)


def test_ipv6_is_answered_with_its_own_loopback() -> None:
    assert network.pinned("localhost", socket.AF_INET6) == "::1"


GUARDED = """
import socket
from lakestack.confinement import guard
guard.install()
with socket.create_server(("localhost", 0)) as server:
    with socket.create_connection(("s3.localhost.localstack.cloud", server.getsockname()[1])):
        pass
    with socket.create_connection(("s3.amazonaws.com", server.getsockname()[1])):
        pass
assert socket.getnameinfo(("127.0.0.1", 80), 0) == ("localhost", "80")
assert socket.gethostbyaddr("127.0.0.1")[0] == "localhost"
assert socket.getfqdn() == socket.gethostname()
for attempt in (
    lambda: socket.create_connection(("example.com", 80)),
    lambda: socket.socket().connect_ex(("203.0.113.7", 80)),
    lambda: socket.getaddrinfo("example.com", None, socket.AF_INET6),
    lambda: socket.gethostbyaddr("203.0.113.7"),
    lambda: socket.getnameinfo(("203.0.113.7", 80), 0),
):
    try:
        attempt()
    except PermissionError as error:
        assert "refused: the emulator reaches only" in str(error), error
    else:
        raise AssertionError(attempt)
"""


def test_the_emulators_own_process_is_guarded() -> None:
    run = subprocess.run(
        [sys.executable, "-c", GUARDED], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_what_would_listen_everywhere_listens_on_loopback(tmp_path: Path) -> None:
    script = tmp_path / "listens.py"
    script.write_text(
        "import socket\n"
        "for host in ('', '0.0.0.0', 'localhost'):\n"
        "    with socket.socket() as s:\n"
        "        s.bind((host, 0))\n"
        "        print(s.getsockname()[0])\n"
    )
    variables = network.python_variables(("127.0.0.1", 9), "a job", "")
    run = subprocess.run(
        [sys.executable, str(script)],
        env={"PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["127.0.0.1"] * 3


def test_a_sitecustomize_behind_the_guard_runs_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.SEEN = 'theirs'\n")
    variables = network.python_variables(("127.0.0.1", 9), "a job", str(tmp_path))
    code = (
        "import sitecustomize, socket; print(SEEN, sitecustomize.__file__)\n"
        "try: socket.gethostbyname('example.com')\n"
        "except PermissionError as e: print(e)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"theirs {tmp_path}" in run.stdout
    assert "connection to example.com refused: a job reaches only" in run.stdout


def test_java_finds_its_names_in_a_file(tmp_path: Path) -> None:
    flags = java.network_flags(tmp_path)
    listed = (tmp_path / "hosts").read_text().splitlines()
    assert f"-Djdk.net.hosts.file={tmp_path / 'hosts'}" in flags
    assert "127.0.0.1 localhost" in listed
    assert f"127.0.0.1 {socket.gethostname()}" in listed


def test_a_limit_is_never_raised(tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    code = (
        "import json, resource, sys\n"
        f"sys.path.insert(0, {str(PROJECT)!r})\n"
        "from lakestack import supervise\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))\n"
        "supervise.apply_limits({'NOFILE': 1024, 'CORE': 0, 'NPROC': 1024, 'NONSENSE': 1})\n"
        "look = resource.getrlimit\n"
        "print(look(resource.RLIMIT_NOFILE), look(resource.RLIMIT_CORE))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[0] == "(200, 200) (0, 0)"
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] == hard


def test_a_jobs_file_is_as_large_as_its_volume() -> None:
    assert limits.of_job(5 << 30)["FSIZE"] == 5 << 30
    assert "FSIZE" not in limits.of_job(None)


def test_descendants_are_found_with_their_groups() -> None:
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        assert supervise.descendants()[child.pid] == child.pid
    finally:
        child.kill()
        child.wait()
    assert child.pid not in supervise.descendants()
