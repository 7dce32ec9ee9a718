"""The process in which Spark fits: ``python -m recommender.spark_job FOLDER`` (see `spark_als`).

Reads plan.json and ratings/ of the folder and writes item_factors/. Nothing it opens can be reached
from another machine. It ends when its stdin does, so that it does not outlive who has started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from recommender.memory import physical_bytes
from recommender.spark_als import FACTORS, PLAN, RATINGS

TELL_SECONDS = 10.0


def heap() -> str:
    """Java's heap: SPARK_DRIVER_MEMORY, else half of the memory, from 1 GiB on."""
    given = os.environ.get("SPARK_DRIVER_MEMORY", "")
    return given or f"{max(1024, physical_bytes() // 2 // 1024**2)}m"


def session(folder: Path, threads: int) -> Any:
    """A Spark session in this process's own JVM, with all its files below the folder."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.memory": heap(),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.authenticate": "true",
        # On a machine that starves it, an executor that is late would end the JVM.
        "spark.executor.heartbeatInterval": "60s",
        "spark.network.timeout": "1800s",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "spark"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        # With the vector module, Spark's matrix products use the processor's vector units.
        "spark.driver.extraJavaOptions": (
            f"-Djava.io.tmpdir={folder} -XX:-UsePerfData --add-modules=jdk.incubator.vector"
        ),
    }
    builder = SparkSession.builder.master(f"local[{threads}]").appName("recommender")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def fit(spark: Any, folder: Path, plan: dict[str, Any]) -> None:
    """Fit, and write the films' vectors."""
    from pyspark.ml.recommendation import ALS

    cells = spark.read.parquet(str(folder / RATINGS))
    solver = ALS(
        rank=plan["rank"],
        maxIter=plan["iterations"],
        regParam=plan["penalty"],
        implicitPrefs=True,
        alpha=1.0,  # the ratings are a·r already
        userCol="user",
        itemCol="item",
        ratingCol="rating",
        seed=plan["seed"],
        numUserBlocks=plan["blocks"],
        numItemBlocks=plan["blocks"],
        intermediateStorageLevel="MEMORY_AND_DISK",
    )
    solver.fit(cells).itemFactors.write.parquet(str(folder / FACTORS))


def tell(spark: Any, over: threading.Event) -> None:
    """Say at intervals how far Spark is: whoever waits for a job looks whether it moves."""
    tracker = spark.sparkContext.statusTracker()
    while not over.wait(TELL_SECONDS):
        stages = [info for n in tracker.getActiveStageIds() if (info := tracker.getStageInfo(n))]
        for stage in stages[:1]:
            done = f"{stage.numCompletedTasks} of {stage.numTasks}"
            sys.stdout.write(f"fit spark_stage={stage.stageId} tasks={done}\n")
            sys.stdout.flush()


def _end_with_stdin() -> None:
    # Not through sys.stdin, whose lock a thread that waits in it would hold at the end.
    while os.read(0, 1):
        pass
    os._exit(1)


def main() -> None:
    """Fit what the folder's plan says."""
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    spark = session(folder, plan["threads"])
    over = threading.Event()
    teller = threading.Thread(target=tell, args=(spark, over), daemon=True)
    teller.start()
    try:
        fit(spark, folder, plan)
    finally:
        over.set()
        teller.join()
    spark.stop()  # after a failure not: of a JVM that has died it would hide why


if __name__ == "__main__":
    main()
