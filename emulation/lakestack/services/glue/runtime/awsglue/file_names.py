"""The names of the files that a DynamicFrame is written to: ``run-<number>-part-r-00000``.

Spark knows but one way to name files. A class of our own names them where a write has a run number;
Spark's own compiler makes it when the first DynamicFrame is written. Where Spark writes without the
S3A committers, files keep Spark's names.
"""

from __future__ import annotations

import tempfile
import threading
import time
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrameWriter, SparkSession

RUN = "lake.awsglue.run"
PROTOCOL = "spark.sql.sources.commitProtocolClass"
_BASE = "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol"
_CLASS = "lake.awsglue.GlueFileNames"
_SOURCE = "GlueFileNames.java"

_lock = threading.Lock()  # a script may write in threads
_last_run = 0
_loaded_by: set[str] = set()


def as_glue_names(writer: DataFrameWriter) -> DataFrameWriter:
    """Let a writer name its files as Glue does, and write nothing beside them.

    As the scenario "Get started with crawlers and jobs" of AWS's SDK examples lists them.
    """
    spark: SparkSession = writer._spark
    with _lock:
        if spark.conf.get(PROTOCOL, None) == _BASE:
            _load(spark)
            spark.conf.set(PROTOCOL, _CLASS)
    return writer.options(
        **{RUN: str(_run_number()), "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false"}
    )


def _run_number() -> int:
    """Milliseconds since 1970, and another for each write of this process."""
    global _last_run  # noqa: PLW0603
    with _lock:
        _last_run = max(time.time_ns() // 1_000_000, _last_run + 1)
        return _last_run


def _load(spark: SparkSession) -> None:
    """Compile the class, and give it to the driver and to the executors."""
    context: Any = spark.sparkContext
    if context.applicationId in _loaded_by:
        return
    java: Any = context._jvm
    loader = java.Thread.currentThread().getContextClassLoader()
    compiler = java.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(loader)
    compiler.cook(files(__package__).joinpath(_SOURCE).read_text())  # also of a zip
    jar = Path(tempfile.mkdtemp(prefix="awsglue-")) / "glue-file-names.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        for name, code in compiler.getBytecodes().items():
            archive.writestr(f"{name.replace('.', '/')}.class", bytes(code))
    loader.addURL(java.java.io.File(str(jar)).toURI().toURL())
    context._jsc.addJar(str(jar))
    _loaded_by.add(context.applicationId)
