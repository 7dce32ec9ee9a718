"""Tuning jobs: real training jobs over ranges, and the best of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, ROLE, Aws, error, tarball
from tests.support import unique, wait_until

SCRIPT = """
import argparse, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("-x", "--x", type=float, default=0)
parser.add_argument("--kind", default="plain")
parser.add_argument("--seconds", type=float, default=0)
options = parser.parse_args()
print("begun", flush=True)
time.sleep(options.seconds)
if options.kind == "broken":
    sys.exit("a broken kind")
if options.kind != "silent":
    print(f"score={-(options.x - 3) ** 2:.6f};")
"""
KINDS = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["plain", "broken", "silent"]}]}
X = {
    "IntegerParameterRanges": [
        {"Name": "x", "MinValue": "1", "MaxValue": "5", "ScalingType": "Linear"}
    ]
}


class Tuning:
    """Tuning jobs of one script."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.aws, self.bucket, self.client = aws, bucket, aws("sagemaker")
        body = tarball({"train.py": SCRIPT})
        aws("s3").put_object(Bucket=bucket, Key="source.tar.gz", Body=body)

    def create(self, ranges: dict[str, Any], number: int | None = None, **given: Any) -> str:
        name = unique("tuning")[:32].rstrip("-")
        limits: dict[str, Any] = {"MaxParallelTrainingJobs": given.pop("parallel", 2)}
        if number is not None:
            limits["MaxNumberOfTrainingJobs"] = number
        source = f"s3://{self.bucket}/source.tar.gz"
        self.client.create_hyper_parameter_tuning_job(
            **{
                "HyperParameterTuningJobName": name,
                "HyperParameterTuningJobConfig": {
                    "Strategy": "Random",
                    "HyperParameterTuningJobObjective": {
                        "Type": "Maximize",
                        "MetricName": "score",
                    },
                    "ResourceLimits": limits,
                    "ParameterRanges": ranges,
                    "RandomSeed": 5,
                    **given.pop("config", {}),
                },
                "TrainingJobDefinition": _given(
                    {
                        "StaticHyperParameters": {
                            "sagemaker_program": '"train.py"',
                            "sagemaker_submit_directory": f'"{source}"',
                            **given.pop("static", {}),
                        },
                        "AlgorithmSpecification": {
                            "TrainingImage": IMAGE,
                            "TrainingInputMode": "File",
                            "MetricDefinitions": [{"Name": "score", "Regex": "score=(.*?);"}],
                        },
                        "RoleArn": ROLE,
                        "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/out"},
                        "ResourceConfig": {
                            "InstanceType": "ml.m5.large",
                            "InstanceCount": 1,
                            "VolumeSizeInGB": 1,
                        },
                        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
                        **given.pop("definition", {}),
                    }
                ),
                **given,
            }
        )
        return name

    def described(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )
        return found

    def ended(self, name: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.described(name)
            running = found["HyperParameterTuningJobStatus"] in ("InProgress", "Stopping")
            return None if running else found

        return wait_until(look, timeout=120, what=f"{name} ends")

    def trials(self, name: str, **request: Any) -> list[dict[str, Any]]:
        pages = self.client.get_paginator(
            "list_training_jobs_for_hyper_parameter_tuning_job"
        ).paginate(HyperParameterTuningJobName=name, **request)
        return [trial for page in pages for trial in page["TrainingJobSummaries"]]


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


@pytest.fixture
def tuning(aws: Aws, bucket: str) -> Tuning:
    return Tuning(aws, bucket)


def test_a_random_search_finds_the_best_of_its_training_jobs(tuning: Tuning) -> None:
    name = tuning.create(X, 5)
    found = tuning.ended(name)
    assert found["HyperParameterTuningJobStatus"] == "Completed", found.get("FailureReason")
    assert found["TrainingJobStatusCounters"]["Completed"] == 5
    assert found["ObjectiveStatusCounters"] == {"Succeeded": 5, "Pending": 0, "Failed": 0}
    best = found["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"x": "3"}
    metric = best["FinalHyperParameterTuningJobObjectiveMetric"]
    assert (metric["MetricName"], metric["Value"], metric["Type"]) == ("score", 0.0, "Maximize")
    trials = tuning.trials(name, PaginationConfig={"PageSize": 2})
    assert sorted(trial["TunedHyperParameters"]["x"] for trial in trials) == list("12345")
    assert trials[0]["TrainingJobName"].startswith(f"{name}-001-")
    ordered = tuning.trials(name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert ordered[0]["TrainingJobName"] == best["TrainingJobName"]
    job = tuning.client.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert job["TuningJobArn"] == found["HyperParameterTuningJobArn"]
    assert job["HyperParameters"]["x"] == "3"
    assert job["HyperParameters"]["_tuning_objective_metric"] == "score"
    assert job["ModelArtifacts"]["S3ModelArtifacts"].startswith(f"s3://{tuning.bucket}/out/")
    [listed] = tuning.client.list_hyper_parameter_tuning_jobs(NameContains=name)[
        "HyperParameterTuningJobSummaries"
    ]
    assert listed["Strategy"] == "Random"


def test_a_bayesian_search_takes_what_is_known_into_account(tuning: Tuning) -> None:
    wide = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "-40", "MaxValue": "40"}]}
    name = tuning.create(wide, 9, config={"Strategy": "Bayesian"}, parallel=1)
    found = tuning.ended(name)
    assert found["HyperParameterTuningJobStatus"] == "Completed", found.get("FailureReason")
    assert found["HyperParameterTuningJobConfig"]["Strategy"] == "Bayesian"
    tried = [float(trial["TunedHyperParameters"]["x"]) for trial in tuning.trials(name)]
    assert len(set(tried)) == 9
    assert min(abs(x - 3) for x in tried[3:]) < 2  # one in twenty is by chance


def test_a_seed_gives_the_same_trials(tuning: Tuning) -> None:
    wide = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "9"}]}

    def values() -> list[str]:
        name = tuning.create(wide, 2)
        tuning.ended(name)
        return [trial["TunedHyperParameters"]["x"] for trial in tuning.trials(name)]

    first = values()
    assert first == values()
    assert len(set(first)) == 2


def test_a_grid_runs_every_combination_and_counts_what_fails(tuning: Tuning) -> None:
    name = tuning.create(KINDS, config={"Strategy": "Grid"}, parallel=3)
    found = tuning.ended(name)
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    counted = found["TrainingJobStatusCounters"]
    assert (counted["Completed"], counted["NonRetryableError"]) == (2, 1)
    assert found["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 2}
    assert found["BestTrainingJob"]["TunedHyperParameters"] == {"kind": "plain"}
    by_objective = tuning.trials(name, SortBy="FinalObjectiveMetricValue")
    assert [trial["TunedHyperParameters"]["kind"] for trial in by_objective] == ["plain"]
    [failed] = tuning.trials(name, StatusEquals="Failed")
    assert "a broken kind" in failed["FailureReason"]


@pytest.mark.parametrize(
    ("kind", "said"), [("broken", "All training jobs failed"), ("silent", "objective metric score")]
)
def test_without_any_objective_the_job_fails(tuning: Tuning, kind: str, said: str) -> None:
    found = tuning.ended(tuning.create(X, 1, static={"kind": kind}))
    assert found["HyperParameterTuningJobStatus"] == "Failed"
    assert said in found["FailureReason"]
    assert "BestTrainingJob" not in found


def test_a_target_ends_the_search(tuning: Tuning) -> None:
    target = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": -1000.0}}
    name = tuning.create(X, 5, config=target, parallel=1)
    assert tuning.ended(name)["HyperParameterTuningJobStatus"] == "Completed"
    assert len(tuning.trials(name)) == 1


def test_a_job_is_stopped_with_its_training_jobs(tuning: Tuning) -> None:
    name = tuning.create(X, 5, static={"seconds": "3600"}, parallel=1)

    def training() -> bool:
        trials = tuning.trials(name)
        if not trials:
            return False
        found = tuning.client.describe_training_job(TrainingJobName=trials[0]["TrainingJobName"])
        return bool(found["SecondaryStatus"] == "Training")

    wait_until(training, timeout=60, what="the first training job runs")
    with pytest.raises(ClientError) as caught:
        tuning.client.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert "in status InProgress" in error(caught)[1]
    tuning.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    found = tuning.ended(name)
    assert found["HyperParameterTuningJobStatus"] == "Stopped"
    assert found["TrainingJobStatusCounters"]["Stopped"] == 1
    assert len(tuning.trials(name)) == 1
    tuning.client.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    with pytest.raises(ClientError) as caught:
        tuning.described(name)
    assert error(caught)[1] == f"Could not find requested job with name: {name}"


def test_resources_of_a_tuning_job_are_those_of_its_training_jobs(tuning: Tuning) -> None:
    first = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 2}
    second = {**first, "InstanceType": "ml.m5.large"}
    resources = {"InstanceConfigs": [first, second], "AllocationStrategy": "Prioritized"}
    both = {"HyperParameterTuningResourceConfig": resources}
    with pytest.raises(ClientError, match="one of ResourceConfig and HyperParameterTuning"):
        tuning.create(X, 1, definition=both)
    name = tuning.create(X, 1, definition={**both, "ResourceConfig": None})
    assert tuning.ended(name)["HyperParameterTuningJobStatus"] == "Completed"
    [trial] = tuning.trials(name)
    found = tuning.client.describe_training_job(TrainingJobName=trial["TrainingJobName"])
    assert found["ResourceConfig"] == first


def test_refused(tuning: Tuning) -> None:
    one = {"DefinitionName": "a"}
    own = {
        "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/own-algorithm:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "score", "Regex": "score=(.*?);"}],
    }
    no_script = {"static": {"sagemaker_program": ""}}
    refused: list[tuple[dict[str, Any], int | None, dict[str, Any], str]] = [
        (X, 2, {"config": {"Strategy": "Hyperband"}}, "Strategy Hyperband"),
        (X, 2, {"config": {"TrainingJobEarlyStoppingType": "Auto"}}, "EarlyStoppingType Auto"),
        (X, 6, {}, "You don't have enough combinations of hyperparameter ranges"),
        (X, None, {}, "MaxNumberOfTrainingJobs must be given"),
        (X, None, {"config": {"Strategy": "Grid"}}, "categorical parameters only"),
        (KINDS, 2, {"config": {"Strategy": "Grid"}}, "must be 3"),
        ({}, 1, {}, "must have a hyperparameter"),
        (X, 1, {"static": {"x": "1"}}, "either static or tuned"),
        (
            X,
            1,
            {
                "definition": {
                    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
                }
            },
            "A metric is required for this hyperparameter tuning job objective",
        ),
        (
            X,
            1,
            {"definition": {"AlgorithmSpecification": own}, **no_script},
            "script mode, or by their",
        ),
        (X, 1, {"Autotune": {"Mode": "Enabled"}}, "does not support Autotune"),
        (
            X,
            1,
            {"definition": {"TuningObjective": {"Type": "Maximize", "MetricName": "s"}, **one}},
            "TuningObjective",
        ),
    ]
    for ranges, number, given, said in refused:
        with pytest.raises(ClientError) as caught:
            tuning.create(ranges, number, **given)
        assert error(caught)[0] == "ValidationException"
        assert said in error(caught)[1]
    with pytest.raises(ClientError) as caught:
        tuning.create(X, 5, parallel=11)
    assert error(caught)[0] == "ResourceLimitExceeded"
