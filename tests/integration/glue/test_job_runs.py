"""Glue job runs: real scripts in real processes, seen through the API, S3 and CloudWatch Logs."""

from __future__ import annotations

import io
import json
import os
import signal
import zipfile
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.integration.glue.jobs import ROLE, Jobs
from tests.support import unique, wait_until
from tests.wheels import wheel

WAIT_FOR_EVER = """
    import os, sys, threading
    import boto3
    bucket = sys.argv[sys.argv.index("--bucket") + 1]
    boto3.client("s3").put_object(Bucket=bucket, Key="pid", Body=str(os.getpid()).encode())
    threading.Event().wait()
"""


def test_success_with_arguments_and_logs(jobs: Jobs) -> None:
    job = jobs.create(
        """
        import json, sys, os
        print("argv", json.dumps(sys.argv[1:]))
        print("to stderr", file=sys.stderr)
        assert os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1")
        """,
        DefaultArguments={"--a": "default", "--b": "two words", "--enable-metrics": ""},
    )
    run_id = jobs.start(job, Arguments={"--a": "mine"})
    run = jobs.wait(job, run_id, "SUCCEEDED")
    assert run["Arguments"] == {"--a": "mine", "--b": "two words", "--enable-metrics": ""}
    assert run["CompletedOn"] >= run["StartedOn"]
    assert run["ExecutionTime"] >= 0
    assert run["GlueVersion"] == "5.1"
    assert run["Attempt"] == 0
    assert "ErrorMessage" not in run
    argv = json.loads(jobs.log(run_id).partition("argv ")[2])
    given = dict(zip(argv[::2], argv[1::2], strict=True))
    assert given["--a"] == "mine"
    assert given["--b"] == "two words"
    assert given["--enable-metrics"] == ""
    assert given["--JOB_NAME"] == job
    assert given["--JOB_RUN_ID"] == run_id
    assert "to stderr" in jobs.log(run_id, "error")
    assert jobs.glue.get_job_runs(JobName=job)["JobRuns"][0]["Id"] == run_id


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise ValueError('boom')", "ValueError: boom"),
        ("import nonexistent_module", "ModuleNotFoundError: No module named 'nonexistent_module'"),
        ("def broken(:", "SyntaxError: "),
        ("import sys; print('last words'); sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_the_real_error_is_the_message(jobs: Jobs, script: str, message: str) -> None:
    run = jobs.run(script)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith(message)
    assert message.partition(":")[0] in jobs.log(run["Id"], "error")


def test_missing_script(jobs: Jobs) -> None:
    job = jobs.create("pass")
    jobs.s3.delete_object(Bucket=jobs.bucket, Key=f"code/{job}.py")
    run = jobs.wait(job, jobs.start(job), "FAILED")
    assert "LAUNCH ERROR" in run["ErrorMessage"]
    assert f"key: code/{job}.py" in run["ErrorMessage"]
    assert "NoSuchKey" in run["ErrorMessage"]


def test_concurrent_runs_and_stop(jobs: Jobs) -> None:
    job = jobs.create(WAIT_FOR_EVER, DefaultArguments={"--bucket": jobs.bucket})
    first = jobs.start(job)
    pid = int(wait_until(lambda: jobs.object("pid"), what="the script's process id"))
    assert jobs.state(job, first)["JobRunState"] == "RUNNING"
    with pytest.raises(ClientError) as error:
        jobs.start(job)
    assert error.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"
    answer = jobs.glue.batch_stop_job_run(JobName=job, JobRunIds=[first, "jr_absent"])
    assert [s["JobRunId"] for s in answer["SuccessfulSubmissions"]] == [first]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    stopped = jobs.wait(job, first, "STOPPED")
    assert "ErrorMessage" not in stopped
    wait_until(lambda: not psutil.pid_exists(pid), what="the process is gone")
    again = jobs.glue.batch_stop_job_run(JobName=job, JobRunIds=[first])["Errors"][0]
    assert again["ErrorDetail"]["ErrorCode"] == "JobRunInTerminalStateException"


def test_kill_9_fails_the_run_and_names_the_signal(jobs: Jobs) -> None:
    job = jobs.create(WAIT_FOR_EVER, DefaultArguments={"--bucket": jobs.bucket})
    run = jobs.start(job)
    os.kill(int(wait_until(lambda: jobs.object("pid"))), signal.SIGKILL)
    assert "SIGKILL" in jobs.wait(job, run, "FAILED")["ErrorMessage"]


def test_two_runs_at_once_where_allowed(jobs: Jobs) -> None:
    job = jobs.create("print('hello')", ExecutionProperty={"MaxConcurrentRuns": 2})
    runs = [jobs.start(job), jobs.start(job)]
    for run in runs:
        jobs.wait(job, run, "SUCCEEDED")


def test_retries(jobs: Jobs) -> None:
    job = jobs.create("raise ValueError('again')", MaxRetries=1)
    first = jobs.start(job)
    jobs.wait(job, first, "FAILED")
    second = f"{first}_attempt_1"
    wait_until(lambda: len(jobs.glue.get_job_runs(JobName=job)["JobRuns"]) == 2)
    run = jobs.wait(job, second, "FAILED")
    assert (run["Attempt"], run["PreviousRunId"]) == (1, first)
    assert len(jobs.glue.get_job_runs(JobName=job)["JobRuns"]) == 2


def test_extra_files(jobs: Jobs) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("zipped_module.py", "VALUE = 'zip'")
    base = f"s3://{jobs.bucket}/lib"
    for key, body in {
        "lib/single_module.py": b"VALUE = 'py'",
        "lib/pack.zip": packed.getvalue(),
        "lib/settings.json": b'{"x": 1}',
    }.items():
        jobs.s3.put_object(Bucket=jobs.bucket, Key=key, Body=body)
    run = jobs.run(
        """
        import single_module, zipped_module
        print(single_module.VALUE, zipped_module.VALUE, open("settings.json").read())
        """,
        DefaultArguments={
            "--extra-py-files": f"{base}/single_module.py,{base}/pack.zip",
            "--extra-files": f"{base}/settings.json",
            "--additional-python-modules": "numpy,pandas>=2",
        },
    )
    assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]
    assert 'py zip {"x": 1}' in jobs.log(run["Id"])


def test_a_python_shell_job_with_eggs_and_wheels(jobs: Jobs, tmp_path: Path) -> None:
    """AWS Glue Developer Guide, "Providing your own Python library" (Python shell jobs)."""
    egg = tmp_path / "in_egg-1.0-py3.9.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        archive.writestr("in_egg.py", "VALUE = 'egg'")
    packed = wheel(tmp_path, "in_wheel", "1.0", "VALUE = 'wheel'")
    added = wheel(tmp_path, "in_module", "1.0", "VALUE = 'module'")
    for file in (egg, packed, added):
        jobs.s3.upload_file(str(file), jobs.bucket, file.name)
    base = f"s3://{jobs.bucket}"
    name = jobs.create(
        "import in_egg, in_wheel, in_module\nprint(in_egg.VALUE, in_wheel.VALUE, in_module.VALUE)",
        DefaultArguments={
            "--extra-py-files": f"{base}/{egg.name},{base}/{packed.name}",
            "--additional-python-modules": f"{base}/{added.name}",
            "library-set": "analytics",
        },
    )
    job = jobs.glue.get_job(JobName=name)["Job"]
    command = {**job["Command"], "PythonVersion": "3.9"}
    update = {"Role": ROLE, "Command": command, "DefaultArguments": job["DefaultArguments"]}
    jobs.glue.update_job(JobName=name, JobUpdate={**update, "MaxCapacity": 0.0625})
    run = jobs.wait(name, jobs.start(name), "SUCCEEDED")
    assert "egg wheel module" in jobs.log(run["Id"])
    assert "library-set is accepted and has no effect" in jobs.log(run["Id"], "error")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"--additional-python-modules": "no-such-module-here"}, "Installing no-such-module-here"),
        ({"--python-modules-installer-option": "--target x"}, "'--target' is not taken"),
        ({"--datalake-formats": "icebreg"}, "valid values: delta, hudi, iceberg"),
        ({"--extra-py-files": "s3://absent-bucket/x.py"}, "absent-bucket"),
    ],
)
def test_what_cannot_be_honoured_fails_the_run(
    jobs: Jobs, arguments: dict[str, str], said: str
) -> None:
    run = jobs.run("pass", DefaultArguments=arguments)
    assert run["JobRunState"] == "FAILED"
    assert said in run["ErrorMessage"]


def test_a_flood_of_output_harms_nobody(jobs: Jobs) -> None:
    run = jobs.run("for i in range(50_000): print('x' * 100)\nprint('the end')")
    assert run["JobRunState"] == "SUCCEEDED"
    newest = jobs.logs.get_log_events(
        logGroupName="/aws-glue/jobs/output", logStreamName=run["Id"], startFromHead=False, limit=1
    )["events"]
    assert newest[-1]["message"] == "the end"


@pytest.mark.spark
def test_spark_reads_and_writes_s3(jobs: Jobs) -> None:
    jobs.s3.put_object(Bucket=jobs.bucket, Key="in/a.csv", Body=b"a,b\n1,x\n2,y\n")
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("inside.txt", "of a jar")
        archive.writestr("org/apache/spark/log4j2-defaults.properties", "Spark's has this too")
    jobs.s3.put_object(Bucket=jobs.bucket, Key="lib/own.jar", Body=jar.getvalue())
    run = jobs.run(
        """
        import os, sys
        from awsglue.utils import getResolvedOptions
        from pyspark.sql import SparkSession
        args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
        spark = SparkSession.builder.getOrCreate()
        rows = spark.read.csv(f"s3://{args['bucket']}/in/", header=True)
        print("rows", rows.count(), spark.conf.get("spark.sql.shuffle.partitions"))
        loader = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader()
        print("jar", loader.getResource("inside.txt") is not None)
        both = loader.getResource("org/apache/spark/log4j2-defaults.properties")
        print("first", "own.jar" in both.toString())
        rows.write.csv("hdfs:///tmp/rows")
        print("hdfs", spark.read.csv("hdfs:///tmp/rows").count())
        names = ("CUSTOMER_A", "CUSTOMER_B")
        of_worker = spark.sparkContext.parallelize([1]).map(lambda _: os.environ[names[1]])
        print("variables", os.environ[names[0]], of_worker.collect())
        import pyspark.pandas
        print("pandas", pyspark.pandas.DataFrame({"a": [1, None]}).a.sum())
        print("region", spark._jvm.AWSConnectionUtils.getRegion())
        rows.coalesce(1).write.csv(f"s3://{args['bucket']}/out/", header=True)
        """,
        "glueetl",
        DefaultArguments={
            "--bucket": jobs.bucket,
            "--conf": "spark.sql.shuffle.partitions=3",
            "--extra-jars": f"s3://{jobs.bucket}/lib/own.jar",
            "--user-jars-first": "true",
            "--customer-driver-env-vars": "CUSTOMER_A=1",
            "--customer-executor-env-vars": "CUSTOMER_B=2",
        },
        NumberOfWorkers=2,
        WorkerType="G.1X",
    )
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert "rows 2 3" in jobs.log(run["Id"])
    printed = jobs.log(run["Id"])
    for line in ("jar True", "first True", "hdfs 2", "variables 1 ['2']", "pandas 1.0"):
        assert line in printed
    assert "region us-east-1" in printed
    keys = [o["Key"] for o in jobs.s3.list_objects_v2(Bucket=jobs.bucket)["Contents"]]
    assert [k for k in keys if k.startswith("out/part-")]


def test_python_shell_jobs_have_awsglue_and_pandas_on_s3(jobs: Jobs) -> None:
    run = jobs.run(
        """
        import sys
        import pandas
        from awsglue.utils import getResolvedOptions
        bucket = getResolvedOptions(sys.argv, ["bucket"])["bucket"]
        pandas.DataFrame({"a": [1, 2]}).to_csv(f"s3://{bucket}/made.csv", index=False)
        print("sum", pandas.read_csv(f"s3://{bucket}/made.csv").a.sum())
        """,
        DefaultArguments={"--bucket": jobs.bucket},
    )
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert "sum 3" in jobs.log(run["Id"])
    assert jobs.object("made.csv") == b"a\n1\n2\n"


@pytest.mark.spark
def test_spark_error_messages(jobs: Jobs) -> None:
    run = jobs.run(
        """
        import sys
        from pyspark.sql import SparkSession
        spark = SparkSession.builder.getOrCreate()
        spark.read.csv("s3://" + sys.argv[sys.argv.index("--bucket") + 1] + "/absent/").count()
        """,
        "glueetl",
        DefaultArguments={"--bucket": jobs.bucket},
    )
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith("AnalysisException: [PATH_NOT_FOUND]")


@pytest.mark.spark
def test_a_job_reads_what_the_crawler_catalogued(jobs: Jobs) -> None:
    """Concatenated JSON in date folders and quoted CSV: crawl, then read through the catalog."""
    rows = b"".join(b'{"userId": %d, "movieId": 31, "rating": 2.5}' % n for n in range(50))
    movies = b'movieId,title,genres\n1,"American President, The (1995)",Comedy\n2,Heat,Drama\n'
    for key, body in {
        "firehose/2026/11/23/14/a": rows,
        "firehose/2026/11/23/15/a": rows,
        "movies/movies.csv": movies,
    }.items():
        jobs.s3.put_object(Bucket=jobs.bucket, Key=key, Body=body)
    database = unique("lake")
    jobs.glue.create_database(DatabaseInput={"Name": database})
    jobs.glue.create_crawler(
        Name=database,
        Role=ROLE,
        DatabaseName=database,
        Targets={
            "S3Targets": [
                {"Path": f"s3://{jobs.bucket}/firehose/"},
                {"Path": f"s3://{jobs.bucket}/movies/"},
            ]
        },
    )
    jobs.glue.start_crawler(Name=database)
    wait_until(lambda: jobs.glue.get_crawler(Name=database)["Crawler"].get("LastCrawl"))
    run = jobs.run(
        """
        import sys
        from awsglue.context import GlueContext
        from awsglue.utils import getResolvedOptions
        from pyspark.context import SparkContext
        database = getResolvedOptions(sys.argv, ["database"])["database"]
        glue = GlueContext(SparkContext.getOrCreate())
        read = glue.create_dynamic_frame.from_catalog
        stream = read(database=database, table_name="firehose").toDF()
        movies = read(database=database, table_name="movies").toDF()
        print("stream", stream.count(), sorted(stream.columns))
        print("movies", movies.count(), movies.columns)
        spark = glue.spark_session
        print("spark.read", spark.read.table(f"`{database}`.firehose").count())
        query = f"SELECT count(*) FROM `{database}`.firehose WHERE partition_3 = '15'"
        print("spark.sql", spark.sql(query).first()[0])
        """,
        "glueetl",
        DefaultArguments={"--database": database, "--enable-glue-datacatalog": "true"},
    )
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    log = jobs.log(run["Id"])
    assert "stream 100 " in log
    for column in ("'userid'", "'movieid'", "'rating'", "'partition_0'", "'partition_3'"):
        assert column in log
    assert "movies 2 " in log
    assert "spark.read 100" in log
    assert "spark.sql 50" in log


def test_a_process_left_behind_does_not_keep_the_run_going(jobs: Jobs) -> None:
    run = jobs.run(
        """
        import subprocess, sys
        sleeper = "import threading; threading.Event().wait(60)"
        left = subprocess.Popen([sys.executable, "-c", sleeper], start_new_session=True)
        print("left", left.pid)
        """
    )
    assert run["JobRunState"] == "SUCCEEDED"
    left = int(jobs.log(run["Id"]).partition("left ")[2])
    wait_until(lambda: not psutil.pid_exists(left), what="the process left behind is gone")


def test_a_line_without_end(jobs: Jobs) -> None:
    run = jobs.run("import sys\nfor _ in range(60): sys.stdout.write('x' * (1 << 20))")
    assert run["JobRunState"] == "SUCCEEDED"
    newest = jobs.logs.get_log_events(
        logGroupName="/aws-glue/jobs/output", logStreamName=run["Id"], startFromHead=False, limit=1
    )["events"]
    assert set(newest[-1]["message"]) == {"x"}
