"""Jobs, triggers and workflows for the contract tests: made short, followed to their end."""

from __future__ import annotations

import textwrap
from typing import Any

from botocore.exceptions import ClientError

from tests.contract.glue.helpers import ROLE, Aws
from tests.support import unique, wait_until

FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}

# --then: what the job does: nothing, "fail", "wait" (until it is stopped), "put" (a run property)
SCRIPT = """
    import os, sys, time
    given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    then = given.get("--then", "")
    if then == "fail":
        raise ValueError("as told")
    if then == "wait":
        while True:
            time.sleep(60)
    if then == "put":
        import boto3
        glue = boto3.client("glue")
        run = {"Name": given["--WORKFLOW_NAME"], "RunId": given["--WORKFLOW_RUN_ID"]}
        before = glue.get_workflow_run_properties(**run)["RunProperties"]
        glue.put_workflow_run_properties(**run, RunProperties={"seen": before["given"]})
"""


class Flows:
    """Makes jobs, triggers and workflows with names of this test."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.glue, self.bucket = aws("glue"), bucket
        body = textwrap.dedent(SCRIPT).encode()
        aws("s3").put_object(Bucket=bucket, Key="job.py", Body=body)

    def job(self, then: str = "", **settings: Any) -> str:
        name = unique("job")
        self.glue.create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": "pythonshell", "ScriptLocation": f"s3://{self.bucket}/job.py"},
            DefaultArguments={"--then": then},
            **settings,
        )
        return name

    def then(self, job: str, then: str) -> None:
        """Let a job do something else from now on."""
        found = self.glue.get_job(JobName=job)["Job"]
        update = {"Role": ROLE, "Command": found["Command"], "DefaultArguments": {"--then": then}}
        self.glue.update_job(JobName=job, JobUpdate=update)

    def trigger(self, kind: str, *jobs: str, **settings: Any) -> str:
        name = unique("trigger")
        actions = [{"JobName": job} for job in jobs]
        self.glue.create_trigger(**{"Name": name, "Type": kind, "Actions": actions, **settings})
        return name

    def after(self, watched: dict[str, str], *jobs: str, logical: str = "AND", **more: Any) -> str:
        """A conditional trigger that is active."""
        predicate = {"Logical": logical, "Conditions": conditions(watched)}
        return self.trigger(
            "CONDITIONAL", *jobs, Predicate=predicate, **{"StartOnCreation": True, **more}
        )

    def workflow(self, **settings: Any) -> str:
        name = unique("workflow")
        self.glue.create_workflow(Name=name, **settings)
        return name

    def runs(self, job: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.glue.get_job_runs(JobName=job)["JobRuns"]
        return found

    def ended(self, job: str, state: str = "SUCCEEDED") -> dict[str, Any]:
        """The newest run of a job, when it has ended."""

        def over() -> dict[str, Any] | None:
            found = self.runs(job)
            return found[0] if found and found[0]["JobRunState"] in FINAL else None

        run = wait_until(over, timeout=120, what=f"{job} ended")
        assert run["JobRunState"] == state, run
        return run

    def in_state(self, job: str, state: str) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            return next((run for run in self.runs(job) if run["JobRunState"] == state), None)

        return wait_until(reached, timeout=120, what=f"{job} {state}")

    def workflow_run(self, name: str, run: str) -> dict[str, Any]:
        """A workflow run, when it has ended."""

        def over() -> dict[str, Any] | None:
            found = self.glue.get_workflow_run(Name=name, RunId=run, IncludeGraph=True)["Run"]
            return None if found["Status"] in {"RUNNING", "STOPPING"} else found

        return wait_until(over, timeout=180, what=f"{name} ended")


def conditions(watched: dict[str, str]) -> list[dict[str, str]]:
    """Conditions on jobs: their states by name."""
    return [
        {"LogicalOperator": "EQUALS", "JobName": job, "State": state}
        for job, state in watched.items()
    ]


def code(call: Any, **arguments: Any) -> tuple[str, str]:
    """The code and the message with which a call fails."""
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"], e.response["Error"]["Message"]
    raise AssertionError(f"{call} did not fail")


def nodes(graph: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A graph's nodes by name."""
    return {node["Name"]: node for node in graph["Nodes"]}
