"""What a training script finds by AWS's names: ``/opt/ml``, and the toolkit's Environment.

Amazon SageMaker Developer Guide, "How Amazon SageMaker Provides Training Information"; SageMaker
Training Toolkit, README.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws
from tests.contract.sagemaker.helpers import train
from tests.support import unique, wait_until

LITERAL = """
import json
import elsewhere
parameters = json.load(open("/opt/ml/input/config/hyperparameters.json"))
open("/opt/ml/model/m.txt", "w").write(str(sorted(parameters)))
assert elsewhere.MODEL.endswith("/opt/ml/model") and elsewhere.MODEL != "/opt/" + "ml/model"
assert "x/opt/ml" == "x" + "/opt" + "/ml"  # not the beginning of a path
"""
TOOLKIT = """
import os
from sagemaker_training import environment
found = environment.Environment()
assert found.num_cpus == environment.num_cpus() == os.cpu_count()
assert found.model_dir == os.environ["SM_MODEL_DIR"]
assert (found.hosts, found.current_host, found.is_master) == (["algo-1"], "algo-1", True)
assert found.user_entry_point == "train.py" and found.channel_input_dirs == {}
try:
    found.nothing_such
except AttributeError as error:
    assert "nothing_such is not emulated; valid: additional" in str(error)
"""
FAILING = "def broken():\n    raise ValueError('no such thing')\n\nbroken()\n"


def ended(aws: Aws, bucket: str, source: dict[str, str]) -> dict[str, Any]:
    """Train; return the job at its end."""
    name = unique("job")
    train(aws, name, bucket, source, 120)

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("sagemaker").describe_training_job(TrainingJobName=name)
        return found if found["TrainingJobStatus"] != "InProgress" else None

    return wait_until(look, timeout=240, what="the job's end")


@pytest.mark.parametrize("script", [LITERAL, TOOLKIT])
def test_a_script_finds_what_aws_names(aws: Aws, bucket: str, script: str) -> None:
    source = {"train.py": script, "elsewhere.py": 'MODEL = "/opt/ml/model"\n'}
    job = ended(aws, bucket, source)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]


def test_a_failure_shows_the_script_s_own_lines_alone(aws: Aws, bucket: str) -> None:
    job = ended(aws, bucket, {"train.py": FAILING})
    assert job["TrainingJobStatus"] == "Failed"
    assert "ValueError: no such thing" in job["FailureReason"]
    events = aws("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs",
        logStreamNamePrefix=f"{job['TrainingJobName']}/",
    )["events"]
    text = "\n".join(event["message"] for event in events)
    assert "line 2, in broken" in text
    assert "launch.py" not in text.partition("Traceback")[2]
