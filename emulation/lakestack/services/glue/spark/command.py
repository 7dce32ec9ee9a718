"""The command that runs a Glue script, unmodified, on the pip-installed PySpark.

``java … SparkSubmit script.py`` is started directly: no shell wrapper and no launcher JVM, which
together cost about a second. The script then finds its settings as on AWS: a plain
``SparkSession.builder.getOrCreate()`` reads and writes ``s3://`` on the emulator.

The S3A settings hold no address. They name environment variables, which
`lakestack.services.processes.clean_environment` fills, so one command fits every account.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from lakestack.confinement.java import network_flags
from lakestack.java import heaps
from lakestack.java.artifacts import spark_jars
from lakestack.java.interpreter import find_java
from lakestack.services.glue import runtime
from lakestack.services.glue.spark.class_path import class_archive, class_path
from lakestack.services.glue.spark.cluster import OnCluster

AWSGLUE = Path(runtime.__file__).resolve().parent / "awsglue"
BESIDE = tuple(
    AWSGLUE.parent / name
    for name in ("awsgluedq", "awsglueml", "awsgluestudio", "recipe_transforms")
)
"""Packages of AWS Glue's that scripts import beside awsglue; they run in the driver."""
DRIVER = Path(runtime.__file__).resolve().parent / "driver"
CORES_PER_WORKER = 4  # a G.1X worker has 4 vCPUs
JVM_FLAGS_VARIABLE = "LAKE_SPARK_JVM_FLAGS"

# What Spark's own launcher adds on Java 17 (org.apache.spark.launcher.JavaModuleOptions).
OPENED_PACKAGES = (
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.base/sun.nio.cs",
    "java.base/sun.security.action",
    "java.base/sun.util.calendar",
    "java.security.jgss/sun.security.krb5",
)

S3A_SETTINGS = {
    "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "fs.s3n.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "fs.s3a.endpoint": "${env.AWS_ENDPOINT_URL}",
    "fs.s3a.endpoint.region": "${env.AWS_REGION}",
    "fs.s3a.path.style.access": "true",
    "fs.s3a.connection.ssl.enabled": "false",
    # The environment alone: never ~/.aws, never instance metadata.
    "fs.s3a.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    "fs.s3a.committer.name": "magic",
    "fs.s3a.committer.magic.enabled": "true",
    # Without these two, s3:// would silently use the committer that renames.
    "mapreduce.outputcommitter.factory.scheme.s3": (
        "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
    ),
    "mapreduce.outputcommitter.factory.scheme.s3a": (
        "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
    ),
    "fs.s3a.attempts.maximum": "5",
    "fs.s3a.connection.establish.timeout": "5000",
    "fs.s3a.bucket.probe": "0",
    "fs.s3a.experimental.input.fadvise": "normal",
}

SPARK_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # The driver's and the block manager's ports ask for a secret of this run (Spark, "Security").
    "spark.authenticate": "true",
    "spark.sql.ansi.enabled": "false",  # as in Glue 5.1's Spark 3.5.6
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",  # Hive is slow to start and unused
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.speculation": "false",
}

# Parquet asks for a ParquetOutputCommitter; these hand its work to the S3A committer.
CLOUD_COMMITTER_SETTINGS = {
    "spark.sql.parquet.output.committer.class": (
        "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter"
    ),
    "spark.sql.sources.commitProtocolClass": (
        "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol"
    ),
}

LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.glue.name = GlueLogger
logger.glue.level = info
"""
# Warnings of every run on a laptop, which say nothing about the script.
QUIET_LOGGERS = (
    "org.apache.hadoop.util.NativeCodeLoader",
    "org.apache.hadoop.metrics2",
    "org.apache.hadoop.fs.s3a.S3AInstrumentation",
    "org.apache.hadoop.fs.s3a.commit",
    "org.apache.hadoop.mapreduce.lib.output",
    "org.apache.spark.sql.catalyst.util.SparkStringUtils",
    "org.apache.spark.util.Utils",
    "com.amazonaws",
)


def spark_command(
    script: Path,
    arguments: Sequence[str],
    *,
    workdir: Path,
    worker_count: int | None = None,
    account: str | None = None,
    region: str | None = None,
    data_catalog: bool = False,
    jars: Sequence[Path] = (),
    jars_first: bool = False,
    variables: Mapping[str, str] = MappingProxyType({}),
    drivers: Sequence[Path] = (),
    cluster: OnCluster | None = None,
) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs a Glue script, and the environment to add to the job's own.

    Args:
        script: the script on this machine; its name must end in ``.py``
        arguments: the job's arguments, each its own item (``["--JOB_NAME", "x", …]``)
        workdir: private folder of the run: settings, temporary files, warehouse
        worker_count: the job's NumberOfWorkers; never more threads than the machine has CPUs
        account: with `region`, whose DynamoDB tables awsglue reads straight from the engine;
            without them it reads through the gateway
        region: the region of those tables
        data_catalog: Spark SQL sees the Glue Data Catalog
        jars: of the job itself
        jars_first: classes are looked for in them before Spark's own; the archive of classes, which
            halves the start, does not fit then
        variables: more of the environment of Spark's workers
        drivers: of databases (`database_drivers`), and jars of table formats (`table_formats`)
        cluster: where its executors run; None: in the driver's process

    Raises:
        ArtifactError: the Java artefacts were never installed
        JavaError: there is no usable Java
        ValueError: the script is no ``.py`` file
    """
    if script.suffix != ".py":
        raise ValueError(f"{script.name}: Spark runs a Python script only if it ends in .py")
    cores = _cores(worker_count)
    temporary = workdir / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    library = [*(jars if jars_first else ()), *class_path(spark_jars())]
    settings = _settings(workdir, temporary, library, cores)
    own = {"HADOOP_USER_NAME": "glue", "TZ": "UTC", **_dynamodb_engine(account, region)}
    if brought := [*jars, *(drivers if cluster else ())]:
        settings["spark.jars"] = ",".join(map(str, brought))
    if cluster:
        flags = ["-Xss4m", "-XX:-UsePerfData", *_common_flags(workdir), *_archive_flags(library)]
        # Before Spark's own folder of jars, in the order of the archive, which else does not fit.
        settings["spark.executor.extraClassPath"] = os.pathsep.join(map(str, library))
        settings.update(cluster.settings(AWSGLUE, workdir, flags))
        settings.update({f"spark.executorEnv.{name}": value for name, value in own.items()})
    settings.update({f"spark.executorEnv.{name}": value for name, value in variables.items()})
    command = [
        str(find_java().path),
        *_jvm_flags(workdir, temporary, library),
        "-cp",
        # Java's DriverManager knows the drivers of the class path only; the archive fits its begin.
        os.pathsep.join(map(str, [*library, *drivers, *jars])),
        "org.apache.spark.deploy.SparkSubmit",
        "--master",
        cluster.master.url if cluster else f"local[{cores}]",
        "--properties-file",
        str(_written(settings, workdir)),
        str(script.absolute()),
        *arguments,
    ]
    environment = {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(temporary),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONPATH": python_path(workdir),
        **({"LAKE_DATA_CATALOG": "1"} if data_catalog else {}),
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",  # Spark's worker daemon forks, also on macOS
        **own,
    }
    return command, environment


def python_path(workdir: Path) -> str:
    """The PYTHONPATH of a job: awsglue, what belongs to it, and what is done before its script.

    Args:
        workdir: private folder of the run
    """
    folder = workdir / "python"
    folder.mkdir(parents=True, exist_ok=True)
    for package in (AWSGLUE, *BESIDE):
        # Links of their own, so that nothing beside the packages can be imported by accident.
        if not (folder / package.name).exists():
            (folder / package.name).symlink_to(package, target_is_directory=True)
    return os.pathsep.join([str(folder), str(DRIVER)])


def _cores(worker_count: int | None) -> int:
    available = os.cpu_count() or 1
    return min(available, worker_count * CORES_PER_WORKER) if worker_count else available


def _jvm_flags(workdir: Path, temporary: Path, jars: Sequence[Path]) -> list[str]:
    """Flags for runs of seconds; `LAKE_SPARK_JVM_FLAGS` comes last and wins.

    A long run is faster with ``-XX:TieredStopAtLevel=4``, and wants a larger ``-Xmx``.
    """
    flags = [
        "-Xms256m",
        f"-Xmx{heaps.SPARK.size()}",
        "-Xss4m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-XX:+IgnoreUnrecognizedVMOptions",
        *(f"--add-opens={name}=ALL-UNNAMED" for name in OPENED_PACKAGES),
        "-Djdk.reflect.useDirectMethodHandle=false",
        *_common_flags(workdir),
        f"-Djava.io.tmpdir={temporary}",
        f"-Dderby.system.home={workdir}",
    ]
    return flags + _archive_flags(jars) + os.environ.get(JVM_FLAGS_VARIABLE, "").split()


def _archive_flags(jars: Sequence[Path]) -> list[str]:
    archive = class_archive(jars)
    if not archive.is_file():
        return []
    return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:disable"]


def _common_flags(workdir: Path) -> list[str]:
    """Flags of the driver and of executors on a cluster."""
    return [
        "-Djava.net.preferIPv4Stack=true",
        *network_flags(workdir),
        "-Duser.timezone=UTC",
        "-Dfile.encoding=UTF-8",
        f"-Dlog4j2.configurationFile={_write_log4j(workdir).as_uri()}",
    ]


def _settings(workdir: Path, temporary: Path, jars: Sequence[Path], cores: int) -> dict[str, str]:
    settings = {
        **SPARK_SETTINGS,
        **{f"spark.hadoop.{name}": value for name, value in S3A_SETTINGS.items()},
        **{f"spark.hadoop.{name}": value for name, value in hdfs_settings(workdir).items()},
        "spark.hadoop.hadoop.tmp.dir": str(temporary),
        "spark.sql.warehouse.dir": (workdir / "warehouse").as_uri(),
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.pyspark.python": sys.executable,
        "spark.pyspark.driver.python": sys.executable,
    }
    if any(jar.name.startswith("spark-hadoop-cloud") for jar in jars):
        settings.update(CLOUD_COMMITTER_SETTINGS)
    return settings


def hdfs_settings(workdir: Path) -> dict[str, str]:
    """Let ``hdfs:///`` be a folder of the run, which is gone afterwards, as a job's HDFS is on AWS.

    Apache Hadoop, "View File System Overload Scheme Guide": a file system of one scheme whose
    paths lie in another.
    """
    folder = workdir / "hdfs"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "fs.hdfs.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
        # A host that a script names is looked for, and not found.
        "fs.viewfs.overload.scheme.target.hdfs.impl": (
            "org.apache.hadoop.hdfs.DistributedFileSystem"
        ),
        "fs.viewfs.mounttable.default.linkFallback": folder.as_uri(),
    }


def _written(settings: Mapping[str, str], workdir: Path) -> Path:
    target = workdir / "spark.conf"
    target.touch(mode=0o600)  # it may hold the secret of a cluster
    target.write_text("".join(f"{name}={_escaped(v)}\n" for name, v in settings.items()))
    return target


def _escaped(value: str) -> str:
    """A value as a Java properties file spells it."""
    return value.replace("\\", "\\\\")


def _write_log4j(workdir: Path) -> Path:
    quiet = "".join(
        f"logger.q{i}.name = {name}\nlogger.q{i}.level = error\n"
        for i, name in enumerate(QUIET_LOGGERS)
    )
    target = workdir / "log4j2.properties"
    target.write_text(LOG4J + quiet)
    return target


def _dynamodb_engine(account: str | None, region: str | None) -> dict[str, str]:
    """Where awsglue reads DynamoDB tables: the engine itself, without the gateway between.

    Only inside an emulator that serves DynamoDB already; elsewhere asking would start an engine.
    """
    if not (account and region and "lakestack.services.dynamodb.provider" in sys.modules):
        return {}
    from lakestack.services.dynamodb.engine import engine_endpoint

    url, key = engine_endpoint(account, region)
    return {"LAKE_DYNAMODB_ENGINE_ENDPOINT": url, "LAKE_DYNAMODB_ENGINE_KEY": key}
