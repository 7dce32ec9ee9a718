"""The image by itself: what it holds, who it runs as, and how it begins and ends."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from tests.integration.container.conftest import Started, ended, healthy, run, state
from tests.support import PROJECT, wait_until

LARGEST = 2.2e9
"""Bytes, with PySpark."""
USE = """
import json, sys
from pathlib import Path
from lakestack.testing import RunningLake
Path("script.py").write_text(
    "from pyspark.sql import SparkSession\\n"
    "spark = SparkSession.builder.getOrCreate()\\n"
    "spark.range(7).write.json('s3://numbers/made/')\\n"
)
with RunningLake() as lake:
    lake.client("s3").create_bucket(Bucket="numbers")
    lake.seed(csv="user,film\\n1,Heat\\n", table="seen", key="user")
    lake.run_job("script.py")
    found = lake.client("s3").list_objects_v2(Bucket="numbers", Prefix="made/_SUCCESS")
    items = lake.client("dynamodb").scan(TableName="seen")["Count"]
    print("made", found["KeyCount"], "items", items)
"""


def inside(container: str, code: str) -> str:
    """Run a Python program in a container, as its user; return what it printed."""
    cache = ("--env", "LAKE_CACHE=/var/lib/lakestack/cache")  # the image's own is not its user's
    return run("docker", "exec", *cache, container, "python", "-c", code, timeout=240).stdout


def test_it_works_without_a_network(started: Started) -> None:
    container = started("--network", "none")
    healthy(container)
    assert inside(container, USE).endswith("made 1 items 1\n")
    assert inside(container, "import os; print(os.getuid())") == "1000\n"


def test_it_is_small_enough_and_says_what_it_is(image: str) -> None:
    (found,) = json.loads(run("docker", "image", "inspect", image).stdout)
    assert found["Size"] < LARGEST, f"{found['Size'] / 1e9:.2f} GB"
    print(f"{image}: {found['Size'] / 1e9:.2f} GB")
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "lakestack"
    assert f"lakestack:{labels['org.opencontainers.image.version']}" == image
    assert found["Config"]["User"] == "lake"


def test_its_bill_of_materials_names_packages_of_each_kind(image: str) -> None:
    text = run("docker", "run", "--rm", "--entrypoint=cat", image, "/opt/lakestack/sbom.cdx.json")
    document = json.loads(text.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    found = {each["purl"].partition("@")[0]: each for each in document["components"]}
    assert found["pkg:pypi/localstack-core"]["version"] == "4.9.2"
    assert found["pkg:pypi/pyspark"]["licenses"]
    java = found["pkg:maven/software.amazon.dynamodb/DynamoDBLocal"]
    assert len(java["hashes"][0]["content"]) == 64
    assert "pkg:deb/debian/openjdk-17-jre-headless" in found
    assert len(found) == len(document["components"]) > 300


def test_it_ends_when_it_is_told_to(started: Started) -> None:
    container = started()
    healthy(container)
    began = time.monotonic()
    run("docker", "stop", "--time", "30", container)
    assert time.monotonic() - began < 25
    assert state(container)["ExitCode"] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--memory", "256m"), "the container may use 256 MiB of memory; the emulator needs 3328"),
        (
            ("--volume", "/var/lib/lakestack:ro"),
            "/var/lib/lakestack is read-only: mount the volume",
        ),
        (
            ("--tmpfs", "/var/lib/lakestack:size=8m,uid=1000"),
            "/var/lib/lakestack is full: 8 MiB free",
        ),
        (("--tmpfs", "/var/lib/lakestack:uid=0,mode=0755"), "cannot be written to by user 1000"),
        (("--env", "LAKE_HOSTNAMES=a:b"), "LAKE_HOSTNAMES: received 'a:b'"),
        (("--env", "LAKE_PORT=abc"), "is 'abc'; valid are 1 to 65535"),
    ],
)
def test_what_it_cannot_run_with_is_said(
    started: Started, tmp_path: Path, options: tuple[str, str], said: str
) -> None:
    if options[1].endswith(":ro"):
        tmp_path.chmod(0o777)
        options = (options[0], f"{tmp_path}:{options[1]}")
    code, log = ended(started(*options))
    assert code == 1, log
    assert said in log
    assert "  → " in log
    assert "Traceback" not in log


def test_a_volume_that_fills_up_makes_it_unhealthy_and_says_so(started: Started) -> None:
    container = started("--tmpfs", "/var/lib/lakestack:size=100m,uid=1000")
    healthy(container)
    inside(container, "open('fill', 'wb').write(bytes(70 * 2**20))")

    def told() -> bool:
        health = state(container)["Health"]
        assert isinstance(health, dict)
        said = [str(each["Output"]) for each in health["Log"] if each["ExitCode"]]
        return health["Status"] == "unhealthy" and "/var/lib/lakestack is full: " in said[-1]

    wait_until(told, 90, what="the check's word for a full volume")


def test_a_change_of_code_builds_the_last_layers_alone(tmp_path: Path, image: str) -> None:
    names = run("git", "ls-files", "emulation", "pipeline/pyproject.toml", "requirements.lock")
    for name in (*names.stdout.split(), ".dockerignore"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, tmp_path / name)
    changed = tmp_path / "emulation" / "lakestack" / "services" / "glue" / "provider.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    tag = f"lakestack-changed:{os.getpid()}"
    began = time.monotonic()
    options = [word for word in os.environ.get("DOCKER_TIER", "").split("\n") if "=" in word]
    try:
        said = run(
            *("docker", "build", "--network", "host"),
            *(word for each in options for word in ("--build-arg", each)),
            *("--file", str(tmp_path / "emulation" / "Dockerfile"), "--tag", tag, str(tmp_path)),
            timeout=280,
        ).stdout
        seconds = time.monotonic() - began
        print(f"built again after a change of code in {seconds:.1f} s")
        assert seconds < 60, said  # 20 on a machine that does nothing else
        layers = layers_of(tag)
        own = layers_of(image)
        same = sum(1 for one, other in zip(layers, own, strict=False) if one == other)
        assert len(own) - same <= 2, (own, layers)
    finally:
        run("docker", "image", "rm", tag, code=None)


def layers_of(image: str) -> list[str]:
    (found,) = json.loads(run("docker", "image", "inspect", image).stdout)
    layers = found["RootFS"]["Layers"]
    assert isinstance(layers, list)
    return layers
