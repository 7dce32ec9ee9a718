"""Doubles of Glue's crawls and job runs; crawlers, the job and the catalog themselves are moto's.

The job is this module's plain Python in place of the Spark script, which runs against real Glue
libraries in tests/integration/test_training_data_job.py: reading, the newest rating of a (user,
movie), the files and the report are the script's own contract.
"""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import boto3

from tests.integration.aws_target.errors import AwsError

Rows = dict[str, list[dict[str, str]]]


class Glue:
    """Crawls and runs of one account and region."""

    def __init__(self) -> None:
        self.crawls: dict[str, dict[str, Any]] = {}
        self.states: dict[str, list[str]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.inside = False
        """Whether a double asks moto, and is not to be answered by itself."""

    # --- crawlers ---------------------------------------------------------------------------

    def start_crawler(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["Name"]
        crawler = _moto_crawler(name)
        for target in crawler["Targets"].get("S3Targets", []):
            self._catalog(
                crawler, target["Path"].rstrip("/").rpartition("/")[2], _s3_columns(target)
            )
        for target in crawler["Targets"].get("DynamoDBTargets", []):
            self._catalog(crawler, target["Path"].lower(), _item_columns(target["Path"]))
        self.crawls[name] = {"Status": "SUCCEEDED", "StartTime": datetime.now(UTC)}
        self.states[name] = ["RUNNING", "STOPPING", "READY"]
        return {}

    def get_crawler(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["Name"]
        crawler = _moto_crawler(name)
        states = self.states.get(name, ["READY"])
        state = states.pop(0) if len(states) > 1 else states[0]
        crawler["State"] = state
        crawler.pop("LastCrawl", None)
        if name in self.crawls and state == "READY":
            crawler["LastCrawl"] = self.crawls[name]
        return {"Crawler": crawler}

    @staticmethod
    def _catalog(crawler: dict[str, Any], table: str, columns: list[str]) -> None:
        glue = boto3.client("glue")
        there = glue.get_tables(DatabaseName=crawler["DatabaseName"])["TableList"]
        entry = {
            "Name": table,
            "StorageDescriptor": {"Columns": [{"Name": c, "Type": "string"} for c in columns]},
        }
        known = table in [t["Name"] for t in there]
        act = glue.update_table if known else glue.create_table
        act(DatabaseName=crawler["DatabaseName"], TableInput=entry)

    # --- job runs ---------------------------------------------------------------------------

    def start_job_run(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["JobName"]
        arguments = boto3.client("glue").get_job(JobName=name)["Job"]["DefaultArguments"]
        run = f"jr_{uuid.uuid4().hex}"
        _make_training_data({k.removeprefix("--"): v for k, v in arguments.items()})
        self.runs[run] = {
            "Id": run,
            "JobName": name,
            "StartedOn": datetime.now(UTC),
            "states": ["STARTING", "RUNNING", "SUCCEEDED"],
        }
        return {"JobRunId": run}

    def get_job_run(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["RunId"] not in self.runs:
            raise AwsError("EntityNotFoundException", "Job run not found.")
        return {"JobRun": _shown(self.runs[params["RunId"]])}

    def get_job_runs(self, params: dict[str, Any]) -> dict[str, Any]:
        names = [job["Name"] for job in boto3.client("glue").get_jobs()["Jobs"]]
        if params["JobName"] not in names:
            raise AwsError("EntityNotFoundException", f"Job {params['JobName']} is not found.")
        runs = [r for r in self.runs.values() if r["JobName"] == params["JobName"]]
        return {"JobRuns": [_shown(run) for run in runs]}

    def batch_stop_job_run(self, params: dict[str, Any]) -> dict[str, Any]:
        for run in params["JobRunIds"]:
            self.runs[run]["states"] = ["STOPPING", "STOPPED"]
        return {"SuccessfulSubmissions": [], "Errors": []}


def _shown(run: dict[str, Any]) -> dict[str, Any]:
    states = run["states"]
    state = states.pop(0) if len(states) > 1 else states[0]
    return {**{k: v for k, v in run.items() if k != "states"}, "JobRunState": state}


def _moto_crawler(name: str) -> dict[str, Any]:
    # Not GetCrawler, which is doubled.
    crawlers = boto3.client("glue").get_crawlers()["Crawlers"]
    found = [c for c in crawlers if c["Name"] == name]
    if not found:
        raise AwsError("EntityNotFoundException", f"Crawler {name} not found.")
    return dict(found[0])


def _s3_columns(target: dict[str, Any]) -> list[str]:
    bucket, _, prefix = target["Path"].removeprefix("s3://").partition("/")
    for event in _events(bucket, prefix):
        return [*(key.lower() for key in event), "partition_0", "partition_1"]
    return []


def _item_columns(table: str) -> list[str]:
    items = boto3.client("dynamodb").scan(TableName=table, Limit=20)["Items"]
    return sorted({name.lower() for item in items for name in item})


def _events(bucket: str, prefix: str) -> list[dict[str, Any]]:
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = []
    for page in pages:
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode()
            found += [json.loads(line) for line in body.splitlines() if line]
    return found


def _items(table: str) -> list[dict[str, str]]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [
        {name.lower(): next(iter(value.values())) for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    ]


def _make_training_data(arguments: dict[str, str]) -> None:
    bucket = arguments["bucket"]
    streamed = [
        {key.lower(): str(value) for key, value in event.items()}
        for event in _events(bucket, f"{arguments['stream_table']}/")
    ]
    kinds = {
        "rating": (("userid", "movieid", "rating", "timestamp"), 2),
        "movies": (("movieid", "title", "genres"), 1),
        "links": (("movieid", "imdbid", "tmdbid"), 1),
    }
    rows = {
        "rating": [*streamed, *_items(arguments["ratings_table"])],
        "movies": _items(arguments["movies_table"]),
        "links": _items(arguments["links_table"]),
    }
    report = {}
    for name, (columns, keys) in kinds.items():
        newest: dict[tuple[int, ...], dict[str, str]] = {}
        for row in sorted(rows[name], key=lambda r: int(r.get("timestamp", 0))):
            newest[tuple(int(row[c]) for c in columns[:keys])] = row
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([newest[key].get(c, "") for c in columns] for key in sorted(newest))
        key = f"{arguments['output_prefix']}/{name}/part-00000.csv"
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=text.getvalue().encode())
        report[name] = {
            "read": {"all": len(rows[name])},
            "written": len(newest),
            "duplicates": len(rows[name]) - len(newest),
            "rejected": {},
        }
    body = json.dumps({"tables": report}).encode()
    key = f"{arguments['output_prefix']}-report.json"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
