"""The way of one rating through the files, drawn from their imports into docs/design.md.

    make pictures            draw it
    python docs/pictures.py --check    fail when the page is out of date

A leg is one stage's work: from the module that takes the rating to the one that passes it on, by
the shortest chain of imports between them. Where two legs meet there is no import but a call of
AWS's API or a started process, which the leg names.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path

from lakestack import generated

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "design.md"
COMMAND = "make pictures"
BEGIN = f"<!-- drawn by `{COMMAND}`: do not edit from here on -->"
END = "<!-- end of the drawn part -->"
PACKAGES = ("pipeline", "lakestack", "spark_jobs", "recommender")
FOLDERS = {"lakestack": "emulation/lakestack", "recommender": "models/recommender"}


@dataclass(frozen=True)
class Leg:
    """A part of the way that lies within one program.

    Attributes:
        stage: the stage of `pipeline.stages` that it belongs to
        taken: how the rating comes in: a file, an operation of AWS's API, or a started process
        first: the module that takes it
        last: the module that passes it on, which `first` imports, directly or not
    """

    stage: str
    taken: str
    first: str
    last: str


_SERVICES = "lakestack.services"
WAY = (
    Leg("land", "ratings.csv", "pipeline.stages.land", "pipeline.data.validation"),
    Leg(
        "full_load",
        "StartReplicationTask",
        f"{_SERVICES}.dms.provider",
        f"{_SERVICES}.dms.dynamodb_writer",
    ),
    Leg(
        "full_load",
        "BatchWriteItem",
        f"{_SERVICES}.dynamodb.provider",
        f"{_SERVICES}.dynamodb.engine",
    ),
    Leg(
        "catalog",
        "StartCrawler",
        f"{_SERVICES}.glue.provider",
        f"{_SERVICES}.glue.dynamodb_crawler",
    ),
    Leg(
        "transform", "StartJobRun", f"{_SERVICES}.glue.provider", f"{_SERVICES}.glue.spark.command"
    ),
    Leg("transform", "spark-submit", "spark_jobs.training_data", "spark_jobs.row_rules"),
    Leg(
        "train",
        "CreateTrainingJob",
        f"{_SERVICES}.sagemaker.provider",
        f"{_SERVICES}.sagemaker.training",
    ),
    Leg("train", "train.py", "recommender.factory", "recommender.als"),
    Leg(
        "deploy",
        "CreateEndpoint",
        f"{_SERVICES}.sagemaker.provider",
        f"{_SERVICES}.sagemaker.hosting",
    ),
    Leg("deploy", "inference.py", "recommender.serving", "recommender.artifact"),
    Leg("recommend", "InvokeEndpoint", "pipeline.stages.recommend", "pipeline.stages.recommend"),
)
STREAM = (
    Leg("stream", "ratings-stream.csv", "pipeline.stages.stream", "pipeline.lambdas.simulator"),
    Leg("stream", "PutRecords", f"{_SERVICES}.kinesis.provider", f"{_SERVICES}.kinesis.record_log"),
    Leg(
        "stream",
        "delivery stream",
        f"{_SERVICES}.firehose.provider",
        f"{_SERVICES}.firehose.s3_output",
    ),
)
CONSUMER = (
    Leg(
        "stream",
        "event source mapping",
        f"{_SERVICES}.lambda_.provider",
        f"{_SERVICES}.lambda_.kinesis_consumer",
    ),
    Leg("stream", "invocation", "pipeline.lambdas.consumer", "pipeline.lambdas.consumer"),
)


def chain(graph: object, leg: Leg) -> tuple[str, ...]:
    """The modules from the leg's first to its last.

    Raises:
        ValueError: a module is gone, or no chain of imports leads there any more
    """
    for module in (leg.first, leg.last):
        if module not in graph.modules:
            raise ValueError(
                f"{module}, on the way of a rating in docs/pictures.py, does not exist"
            )
    ways, seen = [(leg.first,)], {leg.first}
    for way in ways:  # grows meanwhile: breadth first, in order, so that equal ways are told apart
        if way[-1] == leg.last:
            return way
        for module in sorted(graph.find_modules_directly_imported_by(way[-1]) - seen):
            seen.add(module)
            ways.append((*way, module))
    raise ValueError(f"{leg.first} no longer leads to {leg.last}; see docs/pictures.py")


def drawn() -> str:
    """The picture as Mermaid's text, and the markers around it."""
    import grimp

    sys.path.insert(0, str(PROJECT / "models"))
    graph = grimp.build_graph(*PACKAGES)
    lines = [BEGIN, "", "```mermaid", "flowchart TD"]
    for way in (WAY, STREAM, CONSUMER):
        legs = [chain(graph, leg) for leg in way]
        nodes = dict.fromkeys(itertools.chain(*legs))
        lines += [f'  {_id(node)}["{_file(node)}"]' for node in nodes]
        for modules in legs:
            lines += [f"  {_id(a)} --> {_id(b)}" for a, b in itertools.pairwise(modules)]
        if way is not CONSUMER:
            lines += [f'  {_id(way[0].taken)}(["{way[0].taken}"]) -.-> {_id(way[0].first)}']
        for before, leg in itertools.pairwise(way):
            lines += [f"  {_id(before.last)} -. {leg.taken} .-> {_id(leg.first)}"]
    lines += [f"  {_id(STREAM[1].last)} -. {CONSUMER[0].taken} .-> {_id(CONSUMER[0].first)}"]
    lines += [f"  {_id(CONSUMER[-1].last)} -. BatchWriteItem .-> {_id(WAY[2].first)}"]
    lines += [f"  {_id(STREAM[-1].last)} -. PutObject .-> {_id(WAY[4].first)}"]
    return "\n".join([*dict.fromkeys(lines), "```", "", END])


def updated(page: str) -> str:
    """The page with its picture drawn again.

    Raises:
        ValueError: the markers are not there, or the way no longer exists
    """
    return generated.between(page, BEGIN, END, drawn(), PAGE.name)


def _id(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _file(module: str) -> str:
    package, _, rest = module.partition(".")
    path = "/".join([FOLDERS.get(package, package), *rest.split(".")])
    return path if (PROJECT / path).is_dir() else f"{path}.py"


def main() -> int:
    """Draw the picture, or compare it; returns the exit code."""
    check = generated.is_check(COMMAND, __doc__, None)
    return generated.write(PAGE, updated, COMMAND, check=check)


if __name__ == "__main__":
    sys.exit(main())
