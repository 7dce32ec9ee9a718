"""Code inside the emulator that asks for names and addresses of the outside, in each kind of place.

Each script tries what stands in `ATTEMPTS` and puts the errors where `made` finds them.
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

from tests.contract.lambda_.helpers import create, invoke
from tests.contract.sagemaker.helpers import IMAGE
from tests.integration.faults.lake_runs import Machine
from tests.support import unique, wait_until

ROLE = "arn:aws:iam::000000000000:role/outside"
BUCKET = "outside-attempts"

ATTEMPTS = """
import json, socket, subprocess, sys, urllib.request

def connect(family, address):
    with socket.socket(family) as s:
        s.settimeout(5)
        s.connect(address)

def send(how, *arguments):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        getattr(s, how)(*arguments)

CHILD = "import urllib.request as r; r.urlopen('http://child.example/', timeout=5)"
TRIED = {
    "name": lambda: socket.gethostbyname("a.example"),
    "names": lambda: socket.gethostbyname_ex("b.example"),
    "ipv6": lambda: socket.getaddrinfo("c.example", 443, socket.AF_INET6),
    "reverse": lambda: socket.gethostbyaddr("203.0.113.7"),
    "page": lambda: urllib.request.urlopen("http://d.example/", timeout=5),
    "address": lambda: connect(socket.AF_INET, ("203.0.113.7", 443)),
    "address of IPv6": lambda: connect(socket.AF_INET6, ("2001:db8::7", 443)),
    "name in connect": lambda: connect(socket.AF_INET, ("e.example", 443)),
    "name in bind": lambda: socket.socket().bind(("f.example", 0)),
    "datagram": lambda: send("sendto", b"x", ("198.51.100.53", 53)),
    "message": lambda: send("sendmsg", [b"x"], [], 0, ("g.example", 53)),
    "program": lambda: subprocess.run([sys.executable, "-c", CHILD], check=True),
}

def tried():
    found = {}
    for name, attempt in TRIED.items():
        try:
            found[name] = f"succeeded: {attempt()}"
        except Exception as e:
            found[name] = f"{type(e).__name__}: {e}"
    # These are answered here, and need nobody.
    found["own name"] = socket.gethostbyname(socket.gethostname())
    found["full name"] = socket.getfqdn()
    found["localstack"] = socket.gethostbyname("s3.localhost.localstack.cloud")
    return found
"""
IN_LAMBDA = ATTEMPTS + "\ndef handler(event, context): return tried()\n"
IN_JOB = ATTEMPTS + (
    "\nimport boto3\n"
    f"boto3.client('s3').put_object(Bucket='{BUCKET}', Key='KEY', Body=json.dumps(found()))\n"
)
PLAIN = IN_JOB.replace("found()", "tried()")
IN_SPARK = IN_JOB.replace(
    "\nimport boto3\n",
    """
import boto3
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
java = spark.sparkContext._jvm.java

def by_java(attempt):
    try:
        return str(attempt())
    except Exception as e:
        return str(e.java_exception if hasattr(e, "java_exception") else e).splitlines()[0]

def socket_to(host, port):
    java.net.Socket().connect(java.net.InetSocketAddress(host, port), 5000)

def found():
    inet = java.net.InetAddress
    in_worker = spark.sparkContext.parallelize([0], 1).map(lambda _: tried()).collect()[0]
    return {
        "worker": in_worker,
        "driver": tried(),
        "java": {
            "name": by_java(lambda: inet.getByName("java.example")),
            "reverse": by_java(lambda: inet.getByName("203.0.113.8").getCanonicalHostName()),
            "address": by_java(lambda: socket_to("203.0.113.8", 443)),
            "page": by_java(lambda: java.net.URL("http://page.example/").openStream()),
            "own": by_java(lambda: inet.getLocalHost().getHostAddress()),
        },
    }
""",
)


def made(machine: Machine) -> dict[str, Any]:
    """What each kind of code was answered, by its name."""
    s3 = machine.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    _start_glue(machine, "shell", "pythonshell", PLAIN)
    _start_glue(machine, "spark", "glueetl", IN_SPARK)
    _start_training(machine)
    name = unique("outside")
    create(machine.client, name, IN_LAMBDA, Timeout=120, MemorySize=512)
    found = {"lambda": invoke(machine.client, name).payload}
    for kind in ("shell", "spark", "training"):
        body = wait_until(lambda kind=kind: _body(s3, kind), 120, what=kind)  # type: ignore[misc]
        found[kind] = json.loads(body)
    return found


def _body(s3: Any, key: str) -> bytes | None:
    try:
        return bytes(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None


def _start_glue(machine: Machine, key: str, command: str, script: str) -> None:
    machine.client("s3").put_object(
        Bucket=BUCKET, Key=f"code/{key}.py", Body=script.replace("'KEY'", f"'{key}'").encode()
    )
    glue = machine.client("glue")
    glue.create_job(
        Name=f"outside-{key}",
        Role=ROLE,
        Command={"Name": command, "ScriptLocation": f"s3://{BUCKET}/code/{key}.py"},
    )
    glue.start_job_run(JobName=f"outside-{key}")


def _start_training(machine: Machine) -> None:
    code = PLAIN.replace("'KEY'", "'training'").encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo("train.py")
        member.size = len(code)
        tar.addfile(member, io.BytesIO(code))
    machine.client("s3").put_object(
        Bucket=BUCKET, Key="code/source.tar.gz", Body=archive.getvalue()
    )
    machine.client("sagemaker").create_training_job(
        TrainingJobName=unique("outside"),
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        HyperParameters={
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": f'"s3://{BUCKET}/code/source.tar.gz"',
        },
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 5,
        },
        StoppingCondition={"MaxRuntimeInSeconds": 300},
    )
