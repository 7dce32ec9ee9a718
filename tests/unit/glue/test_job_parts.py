"""Job arguments, error messages, and the run's own time limit."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from localstack.aws.api import CommonServiceException

from lakestack.services.glue import job_arguments, job_run
from lakestack.services.glue.bookmark import Bookmarks
from lakestack.services.glue.job import completed
from lakestack.services.glue.job_arguments import ArgumentError
from lakestack.services.glue.job_checks import check_arguments
from lakestack.services.glue.job_failure import FailureReader, telling
from lakestack.services.glue.job_launch import Launch
from lakestack.services.glue.special_parameters import PARAMETERS
from lakestack.services.glue.worker_types import WORKER_TYPES


def _message(output: str, code: int = 1) -> str:
    reader = FailureReader()
    for line in output.splitlines():
        reader.feed(line)
    return reader.message(code)


def test_text_that_is_no_python_is_named_with_its_file_and_line() -> None:
    """As Python's own text of the error does."""
    alone = """  File "/run/script/job.py", line 8
    def f(:
          ^
SyntaxError: invalid syntax"""
    assert _message(alone) == "SyntaxError: invalid syntax (job.py, line 8)"
    imported = f"""Traceback (most recent call last):
  File "/run/script/main.py", line 1, in <module>
    import helpers
{alone.replace("job.py", "helpers.py").replace("SyntaxError", "IndentationError")}"""
    assert _message(imported) == "IndentationError: invalid syntax (helpers.py, line 8)"
    raised = """Traceback (most recent call last):
  File "job.py", line 9, in <module>
SyntaxError: our own"""
    assert _message(raised) == "SyntaxError: our own"


@pytest.mark.parametrize("name", ["Py4JJavaError", "awsglue.errors.SourceError"])
def test_a_database_elsewhere_is_said_to_be_out_of_reach(name: str) -> None:
    output = f"""Traceback (most recent call last):
  File "job.py", line 9, in <module>
{name}: reading t at jdbc:postgresql://db.example:5432/x
: java.net.SocketException: Can't connect to SOCKS proxy:Connection refused"""
    if name != "Py4JJavaError":
        output = output.replace("\n: ", ": ")
    message = _message(output)
    assert "SOCKS" not in message
    assert "not on this machine" in message and "127.0.0.1" in message


@pytest.mark.parametrize("spark", [True, False])
def test_the_text_of_sys_exit_is_kept(spark: bool) -> None:
    """Spark prints it on stdout, plain Python on stderr, after what the script has printed."""
    output, errors = FailureReader(), FailureReader()
    (output if spark else errors).feed("bad day")
    assert telling(output, errors).message(1).endswith("bad day)")
    errors.feed("Traceback (most recent call last):")
    errors.feed("ValueError: worse")
    assert telling(output, errors).message(1) == "ValueError: worse"


@pytest.mark.parametrize("colon", [": ", ":"])
def test_a_message_that_begins_with_an_empty_line_is_not_lost(colon: str) -> None:
    """As that of every query that Spark cannot parse."""
    output = f"""Traceback (most recent call last):
  File "job.py", line 9, in <module>
pyspark.errors.exceptions.captured.ParseException{colon}
[PARSE_SYNTAX_ERROR] Syntax error at or near 'from from'. SQLSTATE: 42601 (line 1, pos 0)

== SQL ==
from from 1
^^^
"""
    assert _message(output) == (
        "ParseException: [PARSE_SYNTAX_ERROR] Syntax error at or near 'from from'. "
        "SQLSTATE: 42601 (line 1, pos 0)"
    )
    assert _message("Traceback (most recent call last):\n  File\nMine\nlater\n") == "Mine"


def test_a_failed_batch_of_a_stream_gives_its_functions_error() -> None:
    quoted = "Traceback (most recent call last):"
    output = f"""{quoted}
  File "job.py", line 9, in <module>
pyspark.errors.exceptions.captured.StreamingQueryException: [STREAM_FAILED] Message: {quoted}
  File "job.py", line 5, in batch
NameError: name 'x' is not defined

"""
    assert _message(output) == (
        "StreamingQueryException: [STREAM_FAILED] Message: NameError: name 'x' is not defined"
    )


def test_command_line_as_on_aws() -> None:
    line = job_arguments.command_line({"--a": "1"}, job_name="j", job_id="j_1", run_id="jr_1")
    assert line == [
        *("--job-bookmark-option", "job-bookmark-disable"),
        *("--a", "1"),
        *("--JOB_ID", "j_1", "--JOB_RUN_ID", "jr_1", "--JOB_NAME", "j"),
    ]


def test_special_parameters() -> None:
    special = job_arguments.special(
        {
            "--extra-py-files": "s3://b/a.py, s3://b/c.zip",
            "--additional-python-modules": "numpy>1,s3://b/m-none-any.whl",
            "--python-modules-installer-option": "--upgrade",
            "--extra-jars": "s3://b/x.jar, s3://b/y.jar",
            "--conf": "spark.a=1 --conf spark.b=2",
            "--enable-job-insights": "true",
        }
    )
    assert special.python_files == ("s3://b/a.py", "s3://b/c.zip")
    assert special.jars == ("s3://b/x.jar", "s3://b/y.jar")
    assert special.modules == ("numpy>1", "s3://b/m-none-any.whl")
    assert special.module_options == "--upgrade"
    assert special.spark_conf == ("spark.a=1", "spark.b=2")
    assert special.ignored == ("--enable-job-insights",)
    assert not special.data_catalog
    assert not special.jars_first


def test_parameters_about_the_process() -> None:
    special = job_arguments.special(
        {
            "--user-jars-first": "true",
            "--class": "GlueApp",
            "--scriptLocation": "s3://b/other.py",
            "--customer-driver-env-vars": 'CUSTOMER_A=1,CUSTOMER_B="2, 3=4"',
            "--customer-executor-env-vars": "CUSTOMER_C=x",
        }
    )
    assert special.jars_first
    assert special.script == "s3://b/other.py"
    assert special.driver_variables == {"CUSTOMER_A": "1", "CUSTOMER_B": "2, 3=4"}
    assert special.executor_variables == {"CUSTOMER_C": "x"}
    assert special.ignored == ("--class",)


@pytest.mark.parametrize(
    ("conf", "settings"),
    [
        ("spark.a=1", ("spark.a=1",)),
        ("spark.a=1 --conf spark.b=x y --conf spark.c=--conference", None),
        ("--conf spark.a=1 --conf=spark.b=2", ("spark.a=1", "spark.b=2")),
        ("spark.a=1 --conf 'spark.b=2'", ("spark.a=1", "spark.b=2")),
        ("spark.hadoop.x=a=b", ("spark.hadoop.x=a=b",)),
    ],
)
def test_several_settings_in_one_parameter(conf: str, settings: tuple[str, ...] | None) -> None:
    found = job_arguments.special({"--conf": conf}).spark_conf
    assert found == (settings or ("spark.a=1", "spark.b=x y", "spark.c=--conference"))


def test_settings_that_are_not_sparks_are_passed_over_and_named() -> None:
    special = job_arguments.special({"--conf": "spark.a=1 --conf hive.x=2"})
    assert special.spark_conf == ("spark.a=1",)
    assert special.ignored == ("--conf hive.x=2",)


def test_the_client_of_the_data_catalog_among_the_settings_enables_it() -> None:
    client = "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory"
    conf = f"spark.hadoop.hive.metastore.client.factory.class={client}"
    assert job_arguments.special({"--conf": conf}).data_catalog


def test_each_documented_parameter_has_its_effect() -> None:
    """As of the job argument reference of the AWS Glue Developer Guide, November 2025."""
    reference = """
        --additional-python-modules --auto-scale-within-microbatch --class
        --continuous-log-conversionPattern --continuous-log-logGroup
        --continuous-log-logStreamPrefix --customer-driver-env-vars --customer-executor-env-vars
        --datalake-formats --disable-proxy-v2 --enable-auto-scaling
        --enable-continuous-cloudwatch-log --enable-continuous-log-filter
        --enable-glue-datacatalog --enable-job-insights --enable-metrics
        --enable-observability-metrics --enable-rename-algorithm-v2
        --enable-s3-parquet-optimized-committer --enable-spark-ui --executor-cores --extra-files
        --extra-jars --extra-py-files --job-bookmark-option --job-language
        --python-modules-installer-option --scriptLocation --spark-event-logs-path --TempDir
        --use-postgres-driver --user-jars-first --write-shuffle-files-to-s3
        --write-shuffle-spills-to-s3 --conf
    """
    assert set(reference.split()) <= PARAMETERS.keys()


@pytest.mark.parametrize(("value", "enabled"), [("true", True), ("", True), ("false", False)])
def test_the_data_catalog_is_a_switch(value: str, enabled: bool) -> None:
    assert job_arguments.special({"--enable-glue-datacatalog": value}).data_catalog is enabled


@pytest.mark.parametrize(
    "arguments",
    [
        {"--conf": "nonsense"},
        {"--customer-driver-env-vars": "PATH=/x"},
        {"--job-language": "scala"},
        {"--extra-jars": "s3://x"},
        {"--extra-jars": "x.jar"},
    ],
)
def test_refused_parameters(arguments: dict[str, str]) -> None:
    with pytest.raises(ArgumentError):
        job_arguments.special(arguments)


def test_python_path_entries() -> None:
    assert job_arguments.python_path_entry(Path("/d/x.py")) == Path("/d")
    for name in ("x.zip", "x.jar"):
        assert job_arguments.python_path_entry(Path("/d", name)) == Path("/d", name)
    with pytest.raises(ArgumentError):
        job_arguments.python_path_entry(Path("/d/x-cp311-linux.whl"))


def test_message_of_a_chained_traceback() -> None:
    output = """noise
Traceback (most recent call last):
  File "x.py", line 1, in <module>
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "x.py", line 2, in <module>
    raise package.errors.LakeError("bad: row 3")
package.errors.LakeError: bad: row 3
26/11/23 INFO ShutdownHookManager: done"""
    assert _message(output) == "LakeError: bad: row 3"


def test_message_of_a_java_error() -> None:
    output = """Traceback (most recent call last):
  File "x.py", line 1, in <module>
py4j.protocol.Py4JJavaError: An error occurred while calling o45.csv.
: org.apache.spark.SparkException: Job aborted.
\tat org.apache.Foo.bar(Foo.scala:1)
Caused by: java.io.IOException: No space left on device
\tat java.Foo"""
    assert _message(output) == (
        "An error occurred while calling o45.csv. IOException: No space left on device"
    )


def test_message_of_a_function_that_failed_in_a_python_worker() -> None:
    output = """Traceback (most recent call last):
  File "x.py", line 1, in <module>
py4j.protocol.Py4JJavaError: An error occurred while calling o45.save.
: org.apache.spark.SparkException: Job aborted due to stage failure.
\tat org.apache.Foo.bar(Foo.scala:1)
Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/x/pyspark.zip/pyspark/worker.py", line 1247, in main
    process()
  File "x.py", line 3, in f
package.errors.LakeError: bad: row 3

\tat org.apache.spark.api.python.BasePythonRunner.handle(PythonRunner.scala:572)
\t... 1 more"""
    assert _message(output) == "An error occurred while calling o45.save. LakeError: bad: row 3"


def test_messages_without_a_traceback() -> None:
    assert _message("last words\n", 3).startswith("SystemExit: 3")
    assert "last words" in _message("last words\n", 3)
    assert "SIGKILL" in _message("", -9)
    assert "SIGKILL" in _message("", 137)
    assert "SIGSEGV" in _message("", -11)
    assert _message("").startswith("SystemExit: 1")


def test_defaults_of_a_job() -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"}
    job = completed({"Name": "j", "Role": "r", "Command": command})
    assert job["GlueVersion"] == "5.1"
    assert job["Timeout"] == 480
    assert job["MaxCapacity"] == 10.0
    sized = completed(
        {"Name": "j", "Role": "r", "Command": command, "WorkerType": "G.2X", "NumberOfWorkers": 3}
    )
    assert sized["MaxCapacity"] == 6.0
    units = {}
    for worker_type in WORKER_TYPES:
        workers = {"WorkerType": worker_type, "NumberOfWorkers": 2}
        job = completed({"Name": "j", "Role": "r", "Command": command, **workers})
        units[worker_type] = job["MaxCapacity"]
    assert (units.pop("Standard"), units.pop("G.025X")) == (2.0, 0.5)
    assert units == {each: 2.0 * int(each[2:-1]) for each in units}  # G.12X has 12


@pytest.mark.parametrize(
    "change",
    [
        {"Role": ""},
        {"Command": {"Name": "glueray", "ScriptLocation": "s3://b/x.py"}},
        {"Command": {"Name": "glueetl", "ScriptLocation": "x.py"}},
        {"GlueVersion": "9.9"},
        {"Timeout": 0},
        {"MaxRetries": 11},
        {"DefaultArguments": {"a": "1"}},
        {"MaxCapacity": 2.0, "NumberOfWorkers": 2, "WorkerType": "G.1X"},
        {"NumberOfWorkers": 2},
    ],
)
def test_definitions_that_aws_refuses(change: dict[str, Any]) -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"}
    with pytest.raises(Exception, match=r".") as error:
        completed({"Name": "j", "Role": "r", "Command": command, **change})
    assert getattr(error.value, "code", None) == "InvalidInputException"


class _NoLogs:
    def __init__(self, *_: object) -> None:
        self.lines: list[str] = []

    def __enter__(self) -> _NoLogs:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def write(self, line: str) -> None:
        self.lines.append(line)


def test_a_run_beyond_its_timeout_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended: list[job_run.JobRun] = []
    settings = {"JobName": "j", "Timeout": 0.5 / 60, "Arguments": {}, "Command": {}}
    run = job_run.JobRun(
        "0", "us-east-1", settings, job_id="j_1", bookmarks=Bookmarks(), on_end=ended.append
    )
    endless = [sys.executable, "-c", "import threading; threading.Event().wait()"]

    def prepare(launch: Launch) -> tuple[list[str], dict[str, str]]:
        (launch.workdir / "work").mkdir()
        return endless, {}

    monkeypatch.setattr(job_run, "LogStream", _NoLogs)
    monkeypatch.setattr(Launch, "prepare", prepare)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run._run()
    assert ended == [run]
    assert run.state == "TIMEOUT"
    assert "timed out" in str(run.error)
    assert not list((tmp_path / "glue").iterdir())


def test_the_library_set_has_no_hyphens_and_no_effect() -> None:
    given = {"library-set": "analytics", "--a": "1"}
    check_arguments(given)
    assert job_arguments.special(given).ignored == ("library-set",)
    line = job_arguments.command_line(given, job_name="j", job_id="j_1", run_id="jr_1")
    assert "library-set" not in line
    with pytest.raises(CommonServiceException, match="'other-set' is not valid"):
        check_arguments({"other-set": "x"})
