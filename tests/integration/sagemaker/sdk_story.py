"""What a user of the SageMaker Python SDK does, from training to an endpoint of the registry.

Run by an interpreter that has the SDK and nothing of ours: ``python sdk_story.py BUCKET FOLDER``.
What came of each step is in told.json of the folder then.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import sagemaker
from sagemaker.model import ModelPackage
from sagemaker.predictor import Predictor
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn, SKLearnProcessor
from sagemaker.tuner import CategoricalParameter, HyperparameterTuner, IntegerParameter

ROLE = "arn:aws:iam::000000000000:role/sagemaker-execution"
INSTANCE = "ml.m5.large"
METRICS = [{"Name": "score", "Regex": "score=([0-9.-]+)"}]

TRAIN = """
import argparse, os, pathlib

def model_fn(model_dir):
    return int(pathlib.Path(model_dir, "factor").read_text())

def input_fn(body, content_type):
    return [int(line) for line in body.split()]

def predict_fn(numbers, factor):
    return [factor * number for number in numbers]

def output_fn(numbers, accept):
    return "\\n".join(map(str, numbers)), "text/csv"

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--factor", type=int, default=2)
    parser.add_argument("--kind", default="a")
    options = parser.parse_args()
    rows = sum(len(f.read_text().split()) for f in pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir())
    pathlib.Path(os.environ["SM_MODEL_DIR"], "factor").write_text(str(options.factor))
    print(f"rows={rows}")
    print(f"score={10 - abs(options.factor - 3) - (options.kind != 'b')}")
"""  # noqa: E501 - read by another interpreter
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
        self.session = sagemaker.Session(boto_session=boto3.Session(), default_bucket=bucket)
        self.s3 = boto3.client("s3")
        self.s3.put_object(Bucket=bucket, Key="numbers/numbers.csv", Body=b"1\n2\n3\n")
        self.numbers = f"s3://{bucket}/numbers/"
        for name, text in (("train.py", TRAIN), ("process.py", PROCESS)):
            (folder / name).write_text(text)

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

    def estimator(self) -> SKLearn:
        return SKLearn(
            entry_point=str(self.folder / "train.py"),
            framework_version="1.2-1",
            instance_type=INSTANCE,
            role=ROLE,
            sagemaker_session=self.session,
            metric_definitions=METRICS,
            output_path=f"s3://{self.bucket}/models",
        )

    def train(self) -> SKLearn:
        trained = self.estimator()
        trained.fit({"train": self.numbers})
        return trained

    def transform(self, trained: SKLearn) -> dict[str, str]:
        transformer = trained.transformer(
            instance_count=1,
            instance_type=INSTANCE,
            strategy="MultiRecord",
            assemble_with="Line",
            output_path=f"s3://{self.bucket}/transformed",
        )
        transformer.transform(
            self.numbers, content_type="text/csv", split_type="Line", join_source="Input", wait=True
        )
        return self.read("transformed/")

    def tune(self) -> dict[str, Any]:
        tuner = HyperparameterTuner(
            self.estimator(),
            "score",
            {"factor": IntegerParameter(2, 3), "kind": CategoricalParameter(["a", "b"])},
            metric_definitions=METRICS,
            strategy="Random",
            max_jobs=4,
            max_parallel_jobs=2,
            random_seed=1,
        )
        tuner.fit({"train": self.numbers})
        best = tuner.best_estimator().hyperparameters()
        frame = tuner.analytics().dataframe()
        return {"factor": best["factor"], "kind": best["kind"], "trials": len(frame)}

    def process(self) -> dict[str, str]:
        image = sagemaker.image_uris.retrieve(
            "sklearn", "us-east-1", "1.2-1", instance_type=INSTANCE
        )
        common = {
            "role": ROLE,
            "instance_type": INSTANCE,
            "instance_count": 1,
            "sagemaker_session": self.session,
        }
        for number, processor in enumerate(
            (
                SKLearnProcessor(framework_version="1.2-1", **common),
                ScriptProcessor(command=["python3"], image_uri=image, **common),
            ),
            2,
        ):
            processor.run(
                code=str(self.folder / "process.py"),
                inputs=[ProcessingInput(self.numbers, "/opt/ml/processing/input")],
                outputs=[
                    ProcessingOutput(
                        source="/opt/ml/processing/output",
                        destination=f"s3://{self.bucket}/processed/{number}",
                    )
                ],
                arguments=["--times", str(number)],
            )
        return self.read("processed/")

    def register_and_deploy(self, trained: SKLearn) -> dict[str, Any]:
        package = trained.create_model().register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=[INSTANCE],
            transform_instances=[INSTANCE],
            model_package_group_name="films",
            approval_status="PendingManualApproval",
            customer_metadata_properties={"score": "9"},
        )
        arn = package.model_package_arn
        # deploy() would approve it by itself first
        try:
            self.session.create_model("films-unapproved", ROLE, {"ModelPackageName": arn})
        except Exception as e:
            refused = str(e)
        else:
            refused = ""
        approved = ModelPackage(role=ROLE, model_package_arn=arn, sagemaker_session=self.session)
        approved.deploy(1, INSTANCE, endpoint_name="films")
        predictor = Predictor("films", self.session, serializer=CSVSerializer())
        answer = predictor.predict("5\n6").decode()
        predictor.delete_endpoint()
        status = self.session.sagemaker_client.describe_model_package(ModelPackageName=arn)
        return {
            "arn": arn,
            "refused": refused,
            "answer": answer,
            "status": status["ModelApprovalStatus"],
        }


def main() -> None:
    """Tell the story."""
    story = Story(sys.argv[1], Path(sys.argv[2]))
    trained = story.train()
    told = {
        "transformed": story.transform(trained),
        "tuned": story.tune(),
        "processed": story.process(),
        "registered": story.register_and_deploy(trained),
    }
    (story.folder / "told.json").write_text(json.dumps(told))  # the SDK writes on stdout


if __name__ == "__main__":
    main()
