"""AWS's own toolkits run what the pipeline uploads, as they do inside SageMaker's containers.

The training toolkit fetches the source directory by the hyperparameters of CreateTrainingJob,
installs its requirements and runs it; the inference toolkit serves the archive that comes of it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.foreign_python import interpreter
from tests.integration.aws_target.recorded import Recorded
from tests.support import PROJECT

PINNED = (
    "sagemaker-training==5.1.4",
    "sagemaker-inference==1.10.1",
    "pip==25.3",
    "setuptools==80.9.0",
)
"""AWS's toolkits, and what they install requirements with."""
JSON = "application/json"

pytestmark = [pytest.mark.slow, pytest.mark.large]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the toolkits, and with nothing of ours."""
    requirements = PROJECT / "models" / "requirements.txt"
    folder = tmp_path_factory.mktemp("toolkits") / "venv"
    return interpreter(folder, *PINNED, "-r", requirements, timeout=240)


@pytest.fixture(scope="module")
def trained(python: Path, recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """/opt/ml after the training toolkit has run the job that the pipeline asked for."""
    base = tmp_path_factory.mktemp("opt-ml")
    _lay_out(base, recorded)
    with _s3(recorded) as endpoint:
        done = subprocess.run(
            [python, "-m", "sagemaker_training.cli.train"],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            cwd=base,
            env=_environment(base) | {"S3_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL": endpoint},
        )
    failure = base / "output" / "failure"
    said = failure.read_text() if failure.exists() else ""
    assert done.returncode == 0, said + done.stdout[-3000:] + done.stderr[-3000:]
    (base / "log").write_text(done.stdout + done.stderr)
    return base


def test_the_training_toolkit_runs_the_source_directory(trained: Path, recorded: Recorded) -> None:
    """To its end, with a metric for every MetricDefinition and the code beside the model."""
    import re

    log = (trained / "log").read_text()
    assert (trained / "output" / "success").exists()
    definitions = recorded.training["AlgorithmSpecification"]["MetricDefinitions"]
    assert definitions
    for definition in definitions:
        assert re.search(definition["Regex"], log), definition["Name"]
    code = trained / "model" / "code"
    assert {"inference.py", "requirements.txt"} <= {path.name for path in code.iterdir()}


@pytest.fixture(scope="module")
def serve(
    python: Path, trained: Path, recorded: Recorded, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """Ask the inference toolkit, which serves the archive of the trained model."""
    archive = io.BytesIO()  # as SageMaker packs what it finds in /opt/ml/model
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        packed.add(trained / "model", arcname=".")
    base = tmp_path_factory.mktemp("serving")
    archive.seek(0)
    with tarfile.open(fileobj=archive) as packed:
        packed.extractall(base / "model", filter="data")
    container = recorded.model["PrimaryContainer"].get("Environment", {})
    process = subprocess.Popen(
        [python, Path(__file__).with_name("toolkit_serving.py")],
        cwd=base,
        env=_environment(base) | container,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    to, back = process.stdin, process.stdout

    def ask(body: str, content_type: str = JSON, accept: str = JSON) -> tuple[int, str]:
        request = {"content_type": content_type, "accept": accept, "body": body}
        to.write(json.dumps(request) + "\n")
        to.flush()
        for line in back:
            if line.startswith("answer:"):
                found = json.loads(line.removeprefix("answer:"))
                return found["status"], found["body"]
        raise AssertionError("the toolkit has ended")

    yield ask
    to.close()
    process.wait(30)
    back.close()


def test_a_known_user_and_one_that_nobody_knows(serve: Any) -> None:
    for user in (1, 4_000_000):
        status, body = serve(json.dumps({"instances": [{"user_id": user, "k": 5}]}))
        assert status == 200, body
        [prediction] = json.loads(body)["predictions"]
        assert prediction["user_id"] == user
        assert len(prediction["recommendations"]) == 5
        assert all(r["title"] for r in prediction["recommendations"])


def test_a_batch_is_answered_in_its_order(serve: Any) -> None:
    users = [3, 1, 4_000_000, 2]
    status, body = serve(json.dumps({"instances": [{"user_id": u, "k": 3} for u in users]}))
    assert status == 200, body
    assert [p["user_id"] for p in json.loads(body)["predictions"]] == users


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        ("<x/>", "application/xml", JSON, 415),
        ("{", JSON, JSON, 400),
        ('{"instances": [{"user_id": "x"}]}', JSON, JSON, 400),
        ('{"instances": [{"user_id": 1}]}', JSON, "image/png", 406),
    ],
)
def test_a_request_that_cannot_be_answered_is_the_callers_fault(
    serve: Any, body: str, content_type: str, accept: str, status: int
) -> None:
    """4xx: with 5xx SageMaker counts an invocation as the model's error, and alarms ring."""
    found, text = serve(body, content_type, accept)
    assert found == status, text
    assert serve('{"instances": [{"user_id": 1}]}')[0] == 200


def _lay_out(base: Path, recorded: Recorded) -> None:
    """Amazon SageMaker Developer Guide, "How Amazon SageMaker Provides Training Information"."""
    asked = recorded.training
    config = base / "input" / "config"
    for folder in (config, base / "model", base / "output", base / "code"):
        folder.mkdir(parents=True)
    channels = {}
    for channel in asked["InputDataConfig"]:
        prefix = channel["DataSource"]["S3DataSource"]["S3Uri"].split("/", 3)[3]
        for key, body in recorded.objects.items():
            if key.startswith(prefix):
                path = base / "input" / "data" / channel["ChannelName"] / key.removeprefix(prefix)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
        channels[channel["ChannelName"]] = {
            "TrainingInputMode": asked["AlgorithmSpecification"]["TrainingInputMode"],
            "ContentType": channel.get("ContentType"),
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
    host = {"current_host": "localhost", "hosts": ["localhost"], "network_interface_name": "lo"}
    for name, content in (
        ("hyperparameters", asked["HyperParameters"]),
        ("inputdataconfig", channels),
        ("resourceconfig", host),
    ):
        (config / f"{name}.json").write_text(json.dumps(content))


def _environment(base: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(base),
        "SAGEMAKER_BASE_DIR": str(base),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PIP_NO_INDEX": "1",  # what requirements.txt asks for is there already
    }


@contextmanager
def _s3(recorded: Recorded) -> Iterator[str]:
    """The bucket as it was, for reading, with its name in the path."""
    prefix = f"/{recorded.bucket}/"

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, *, body: bool) -> None:
            content = recorded.objects.get(self.path.partition("?")[0].removeprefix(prefix))
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.send_header("ETag", '"0"')
            self.end_headers()
            if body and content:
                self.wfile.write(content)

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
