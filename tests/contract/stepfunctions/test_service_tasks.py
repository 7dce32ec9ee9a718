"""Task states that start jobs of our services, and wait for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.events.helpers import ROLE, Aws
from tests.contract.glue.helpers import RATING_JSON, Lake, shell_job
from tests.contract.sagemaker.helpers import IMAGE
from tests.support import unique, wait_until

GLUE_SYNC = "arn:aws:states:::glue:startJobRun.sync"
SAGEMAKER = "arn:aws:states:::sagemaker:"
States = dict[str, Any]


def task(resource: str, parameters: States, **more: Any) -> States:
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}


class Machines:
    """State machines, and their executions."""

    def __init__(self, aws: Aws) -> None:
        self.client = aws("stepfunctions")

    def create(self, **states: States) -> str:
        definition = {"StartAt": next(iter(states)), "States": states}
        made = self.client.create_state_machine(
            name=unique("machine"), roleArn=ROLE, definition=json.dumps(definition)
        )
        return str(made["stateMachineArn"])

    def start(self, given: Any = None, **states: States) -> str:
        started = self.client.start_execution(
            stateMachineArn=self.create(**states), input=json.dumps(given or {})
        )
        return str(started["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        return wait_until(look, timeout=120, what="the execution ends")


@pytest.fixture(scope="module")
def machines(aws: Aws) -> Machines:
    return Machines(aws)


def running(aws: Aws, name: str) -> str:
    """The id of the job's run, once it runs."""

    def look() -> str | None:
        runs = aws("glue").get_job_runs(JobName=name)["JobRuns"]
        return str(runs[0]["Id"]) if runs and runs[0]["JobRunState"] == "RUNNING" else None

    return wait_until(look, timeout=90, what=f"{name} runs")


def stopped(aws: Aws, name: str, run: str) -> bool:
    def look() -> bool:
        found = aws("glue").get_job_run(JobName=name, RunId=run)["JobRun"]
        return bool(found["JobRunState"] == "STOPPED")

    return wait_until(look, timeout=90, what=f"{name} is stopped")


def test_output_of_a_job_run_is_the_job_run(aws: Aws, bucket: str, machines: Machines) -> None:
    name = shell_job(aws, bucket, "print('done')")
    parameters = {"JobName": name, "Arguments": {"--day.$": "$.day"}}
    run = task(GLUE_SYNC, parameters, ResultPath="$.run")
    found = machines.ended(machines.start({"day": "2026-11-27"}, Run=run))
    assert found["status"] == "SUCCEEDED", found.get("cause")
    output = json.loads(found["output"])
    assert output["day"] == "2026-11-27"
    shown = aws("glue").get_job_run(JobName=name, RunId=output["run"]["Id"])["JobRun"]
    assert (output["run"]["JobName"], output["run"]["JobRunState"]) == (name, "SUCCEEDED")
    assert output["run"]["Arguments"] == {"--day": "2026-11-27"}
    assert output["run"]["StartedOn"] == round(shown["StartedOn"].timestamp() * 1000)


def test_run_that_fails_is_caught_by_name(aws: Aws, bucket: str, machines: Machines) -> None:
    name = shell_job(aws, bucket, "raise ValueError('no rows')")
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    run = task(GLUE_SYNC, {"JobName": name}, Catch=catch)
    found = machines.ended(machines.start(Run=run, Caught={"Type": "Pass", "End": True}))
    assert found["status"] == "SUCCEEDED", found.get("cause")
    output = json.loads(found["output"])
    assert output["Error"] == "States.TaskFailed"
    cause = json.loads(output["Cause"])
    assert (cause["JobName"], cause["JobRunState"]) == (name, "FAILED")
    assert "no rows" in cause["ErrorMessage"]


def test_stopping_an_execution_stops_its_job(aws: Aws, bucket: str, machines: Machines) -> None:
    name = shell_job(aws, bucket, "import time; time.sleep(3600)")
    execution = machines.start(Run=task(GLUE_SYNC, {"JobName": name}))
    run = running(aws, name)
    machines.client.stop_execution(executionArn=execution)
    assert machines.ended(execution)["status"] == "ABORTED"
    assert stopped(aws, name, run)


def test_time_limit_ends_the_job(aws: Aws, bucket: str, machines: Machines) -> None:
    name = shell_job(aws, bucket, "import time; time.sleep(3600)")
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]
    run = task(GLUE_SYNC, {"JobName": name}, TimeoutSeconds=5, Catch=catch)
    found = machines.ended(machines.start(Run=run, Late={"Type": "Pass", "End": True}))
    assert found["status"] == "SUCCEEDED", found.get("cause")
    runs = aws("glue").get_job_runs(JobName=name)["JobRuns"]
    assert stopped(aws, name, runs[0]["Id"])


def test_errors_have_the_names_that_aws_gives_them(machines: Machines) -> None:
    absent = machines.ended(machines.start(Run=task(GLUE_SYNC, {"JobName": unique("absent")})))
    assert absent["error"] == "Glue.EntityNotFoundException"
    assert "(Service: AWSGlue; Status Code: 400; Error Code: EntityNotFound" in absent["cause"]
    model = {"ModelName": "no_underscores", "ExecutionRoleArn": ROLE}
    refused = machines.ended(machines.start(Make=task(f"{SAGEMAKER}createModel", model)))
    assert refused["error"] == "SageMaker.AmazonSageMakerException"
    assert "Error Code: ValidationException" in refused["cause"]


def test_training_job_that_fails_is_the_cause(machines: Machines) -> None:
    name = unique("job")
    parameters = {
        "TrainingJobName.$": "$.name",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
        "ResourceConfig": {
            "InstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "VolumeSizeInGB": 5,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    train = task(f"{SAGEMAKER}createTrainingJob.sync", parameters)
    found = machines.ended(machines.start({"name": name}, Train=train))
    assert (found["status"], found["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(found["cause"])
    assert (cause["TrainingJobName"], cause["TrainingJobStatus"]) == (name, "Failed")
    assert isinstance(cause["CreationTime"], int)


def test_processing_job_succeeds_and_a_model_is_made(
    aws: Aws, bucket: str, machines: Machines
) -> None:
    name = unique("job")
    aws("s3").put_object(Bucket=bucket, Key="code/script.py", Body=b"print('done')")
    code = {
        "S3Uri": f"s3://{bucket}/code/",
        "LocalPath": "/opt/ml/processing/input/code",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    process = {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
        },
        "ProcessingInputs": [{"InputName": "code", "S3Input": code}],
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 5,
            }
        },
    }
    model = {
        "ModelName.$": "$.done.ProcessingJobName",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE},
    }
    states = {
        "Process": task(
            f"{SAGEMAKER}createProcessingJob.sync", process, ResultPath="$.done", Next="Make"
        ),
        "Make": task(f"{SAGEMAKER}createModel", model),
    }
    del states["Process"]["End"]
    found = machines.ended(machines.start(**states))
    assert found["status"] == "SUCCEEDED", found.get("cause")
    assert json.loads(found["output"])["ModelArn"].endswith(f":model/{name}")


def test_crawler_by_the_sdk_integration(aws: Aws, bucket: str, machines: Machines) -> None:
    lake = Lake(aws, bucket)
    lake.put({"t/x.json": RATING_JSON})
    crawler = {"Name": lake.crawler("t/")}
    sdk = "arn:aws:states:::aws-sdk:glue:"
    ready = [{"Variable": "$.Crawler.State", "StringEquals": "READY", "Next": "Done"}]
    states = {
        "Start": task(f"{sdk}startCrawler", crawler, Next="Look"),
        "Look": task(f"{sdk}getCrawler", crawler, Next="Ready"),
        "Ready": {"Type": "Choice", "Choices": ready, "Default": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
        "Done": {"Type": "Succeed"},
    }
    for state in ("Start", "Look"):
        del states[state]["End"]
    found = machines.ended(machines.start(**states))
    assert found["status"] == "SUCCEEDED", found.get("cause")
    assert json.loads(found["output"])["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("resource", "parameters", "said"),
    [
        ("glue:startCrawler", {"Name": "c"}, "is not recognized"),
        ("glue:startJobRun.waitForTaskToken", {"JobName": "j"}, "is not recognized"),
        ("sagemaker:createModel.sync", {}, "is not recognized"),
        ("glue:startJobRun.sync", {}, "The field 'JobName' is required but was missing"),
        (
            "glue:startJobRun.sync",
            {"JobName": "j", "Argument": {}},
            'The field \\"Argument\\" is not supported by Step Functions',
        ),
        (
            "sagemaker:createTransformJob.sync",
            {"transformJobName": "t"},
            'The field \\"transformJobName\\" is not supported',
        ),
    ],
)
def test_definitions_that_aws_refuses(
    machines: Machines, resource: str, parameters: States, said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        machines.create(Run=task(f"arn:aws:states:::{resource}", parameters))
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidDefinition"
    assert said in error["Message"] or said.replace("\\", "") in error["Message"]
