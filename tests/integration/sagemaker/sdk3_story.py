"""What a user of the SageMaker Python SDK 3 does: train, process, transform, serve, tune.

Run by an interpreter that has the SDK and nothing of ours: ``python sdk3_story.py BUCKET FOLDER``.
What came of each step is in told.json of the folder then.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import CategoricalParameter, IntegerParameter
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.resources import ModelPackage
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.transformer import Transformer
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, SourceCode
from sagemaker.train.tuner import HyperparameterTuner

ROLE = "arn:aws:iam::000000000000:role/sagemaker-execution"
INSTANCE = "ml.m5.large"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
METRICS = [{"Name": "score", "Regex": "score=([0-9.-]+)"}]

TRAIN = """
import argparse, os, pathlib, shutil

parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=int, default=2)
parser.add_argument("--kind", default="a")
options, _ = parser.parse_known_args()
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "factor").write_text(str(options.factor))
(model / "code").mkdir(exist_ok=True)
shutil.copy(pathlib.Path(__file__).with_name("inference.py"), model / "code")
rows = sum(len(f.read_text().split()) for f in pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir())
print(f"rows={rows}")
print(f"score={10 - abs(options.factor - 3) - (options.kind != 'b')}")
"""  # noqa: E501 - read by another interpreter
INFERENCE = """
import pathlib

def model_fn(model_dir):
    return int(pathlib.Path(model_dir, "factor").read_text())

def input_fn(body, content_type):
    return [int(line) for line in body.split()]

def predict_fn(numbers, factor):
    return [factor * number for number in numbers]

def output_fn(numbers, accept):
    return "\\n".join(map(str, numbers)), "text/csv"
"""
PROCESS = """
import argparse, pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--times", type=int)
times = parser.parse_args().times
numbers = pathlib.Path("/opt/ml/processing/input/numbers.csv").read_text().split()
text = "".join(f"{times * int(number)}\\n" for number in numbers)
pathlib.Path("/opt/ml/processing/output/times.csv").write_text(text)
"""


class Story:
    """One bucket, one folder, one session."""

    def __init__(self, bucket: str, folder: Path) -> None:
        self.bucket, self.folder = bucket, folder
        self.session = Session(boto_session=boto3.Session(), default_bucket=bucket)
        self.s3 = boto3.client("s3")
        self.s3.put_object(Bucket=bucket, Key="numbers/numbers.csv", Body=b"1\n2\n3\n")
        self.numbers = f"s3://{bucket}/numbers/"
        source = folder / "source"
        source.mkdir()
        for name, text in (("train.py", TRAIN), ("inference.py", INFERENCE)):
            (source / name).write_text(text)
        (folder / "process.py").write_text(PROCESS)

    def read(self, prefix: str) -> dict[str, str]:
        """Objects below a prefix, by their names."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return {
            each["Key"].removeprefix(prefix): self.s3.get_object(
                Bucket=self.bucket, Key=each["Key"]
            )["Body"]
            .read()
            .decode()
            for each in found
        }

    def trainer(self) -> ModelTrainer:
        return ModelTrainer(
            sagemaker_session=self.session,
            role=ROLE,
            base_job_name="sdk3",
            training_image=IMAGE,
            source_code=SourceCode(source_dir=str(self.folder / "source"), entry_script="train.py"),
            compute=Compute(instance_type=INSTANCE, instance_count=1),
            output_data_config=OutputDataConfig(s3_output_path=f"s3://{self.bucket}/models"),
            input_data_config=[InputData(channel_name="train", data_source=self.numbers)],
            hyperparameters={"factor": 2, "kind": "a"},
        )

    def train(self) -> dict[str, Any]:
        trainer = self.trainer()
        trainer.train(wait=True, logs=False)
        job = trainer._latest_training_job  # the SDK's own steps read it so
        return {
            "status": job.training_job_status,
            "archive": job.model_artifacts.s3_model_artifacts,
        }

    def process(self) -> dict[str, str]:
        processor = ScriptProcessor(
            role=ROLE,
            image_uri=IMAGE,
            command=["python3"],
            instance_count=1,
            instance_type=INSTANCE,
            sagemaker_session=self.session,
        )
        processor.run(
            code=str(self.folder / "process.py"),
            inputs=[
                ProcessingInput(
                    input_name="numbers",
                    s3_input=ProcessingS3Input(
                        s3_uri=self.numbers,
                        local_path="/opt/ml/processing/input",
                        s3_data_type="S3Prefix",
                        s3_input_mode="File",
                    ),
                )
            ],
            outputs=[
                ProcessingOutput(
                    output_name="times",
                    s3_output=ProcessingS3Output(
                        s3_uri=f"s3://{self.bucket}/processed",
                        local_path="/opt/ml/processing/output",
                        s3_upload_mode="EndOfJob",
                    ),
                )
            ],
            arguments=["--times", "2"],
            logs=False,
        )
        return self.read("processed/")

    def transform(self, archive: str) -> dict[str, str]:
        boto3.client("sagemaker").create_model(
            ModelName="sdk3",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": archive,
                "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
            },
        )
        transformer = Transformer(
            model_name="sdk3",
            instance_count=1,
            instance_type=INSTANCE,
            strategy="MultiRecord",
            assemble_with="Line",
            output_path=f"s3://{self.bucket}/transformed",
            sagemaker_session=self.session,
        )
        transformer.transform(
            self.numbers,
            content_type="text/csv",
            split_type="Line",
            join_source="Input",
            wait=True,
            logs=False,
        )
        return self.read("transformed/")

    def serve(self) -> dict[str, Any]:
        """An endpoint and a version in the registry, both of what a trainer has made."""
        trainer = self.trainer()
        trainer.train(wait=True, logs=False)
        builder = ModelBuilder(
            model=trainer,
            role_arn=ROLE,
            sagemaker_session=self.session,
            image_uri=IMAGE,
            instance_type=INSTANCE,
            env_vars={"SAGEMAKER_PROGRAM": "inference.py"},
        )
        builder.build(model_name="sdk3-built")
        endpoint = builder.deploy(
            endpoint_name="sdk3-built", initial_instance_count=1, instance_type=INSTANCE, wait=True
        )
        answer = endpoint.invoke(body="1\n2", content_type="text/csv", accept="text/csv")
        builder.register(
            model_package_group_name="sdk3-built",
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=[INSTANCE],
            transform_instances=[INSTANCE],
            approval_status="Approved",
        )
        versions = list(ModelPackage.get_all(model_package_group_name="sdk3-built"))
        endpoint.delete()
        return {
            "answer": answer.body.read().decode(),
            "versions": [[v.model_package_version, v.model_approval_status] for v in versions],
        }

    def tune(self) -> dict[str, Any]:
        tuner = HyperparameterTuner(
            self.trainer(),
            "score",
            {"factor": IntegerParameter(2, 3), "kind": CategoricalParameter(["a", "b"])},
            metric_definitions=METRICS,
            strategy="Random",
            max_jobs=4,
            max_parallel_jobs=2,
            random_seed=1,
        )
        tuner.tune(inputs=[InputData(channel_name="train", data_source=self.numbers)], wait=True)
        best = tuner.best_training_job()
        job = boto3.client("sagemaker").describe_training_job(TrainingJobName=best)
        chosen = {name: job["HyperParameters"][name].strip('"') for name in ("factor", "kind")}
        trials = boto3.client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=job["TuningJobArn"].rpartition("/")[2]
        )["TrainingJobSummaries"]
        return {**chosen, "trials": len(trials)}


def main() -> None:
    """Tell the story."""
    story = Story(sys.argv[1], Path(sys.argv[2]))
    trained = story.train()
    told = {
        "trained": trained,
        "processed": story.process(),
        "transformed": story.transform(trained["archive"]),
        "served": story.serve(),
        "tuned": story.tune(),
    }
    (story.folder / "told.json").write_text(json.dumps(told))  # the SDK writes on stdout


if __name__ == "__main__":
    main()
