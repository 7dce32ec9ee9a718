"""Names of everything the lake consists of, so that any AWS client finds the same things.

`Settings` holds what a stage needs to know about names and nothing about where they live.

A name that AWS has once in an account (an IAM role) or in the world (a bucket) has project and
region in it. What a region has once (a stream, a function, a table, ...) begins with the project;
the workshop's own project has the workshop's names instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pipeline.errors import SettingsError

__all__ = [
    "EXCEPTIONS_TABLE",
    "LABS",
    "LAB_OF_STACK",
    "LISTS",
    "LOADED",
    "LONGEST_PROJECT",
    "NAMES",
    "NESTED",
    "NETWORK",
    "OPTIONAL",
    "PARTIAL",
    "REACTIVE",
    "ROOT",
    "SCHEDULE",
    "STACKS",
    "TABLES",
    "TABLE_KEYS",
    "TEMPLATES",
    "WORKSHOP",
    "Settings",
]

TABLES: Final = ("ratings", "movies", "links", "tags")
"""Source tables that DMS loads."""
PARTIAL: Final = "ratings-partial-load"
"""The source table that is streamed."""
EXCEPTIONS_TABLE: Final = "awsdms_full_load_exceptions"
"""Where DMS keeps the rows it could not load.

By the AWS DMS User Guide, "Control table task settings", a task that only does a full load need not
make it; the workshop's text shows it. So it may be there or not.
"""

TABLE_KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ratings": ("userId", "movieId"),
        "movies": ("movieId",),
        "links": ("movieId",),
        "tags": ("userId", "movieId", "tag"),
    }
)
"""Source columns that make an item's key: rows that share them become one item."""

NETWORK: Final = "002-network"
"""The numbered template that makes the network of the replication instance."""
NESTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "001-storage-and-roles": "StorageAndRoles",
        NETWORK: "Network",
        "003-full-load": "FullLoad",
        "004-copy-files": "CopyFiles",
        "005-start-task": "StartTask",
    }
)
"""The five numbered templates of lab 1, and their names as resources of the nested stack."""
ROOT: Final = "lab-1-nested"
"""The template that makes those five."""
LOADED: Final = "tables"
"""The template of the DynamoDB tables that DMS loads."""
STACKS: Final = ("bucket", LOADED, ROOT, "streaming", "catalog", "serving")
"""Templates of the stacks that are deployed as such, in the order of their dependencies."""
SCHEDULE: Final = "schedule"
"""The template of the loop's schedule."""
REACTIVE: Final = "reactive"
"""The template of what reacts to files under raw/; `lake run --reactive` makes it."""
LISTS: Final = "lists"
"""The template of the table of everybody's lists."""
OPTIONAL: Final = (SCHEDULE, REACTIVE, LISTS)
"""Templates of stacks that a run leaves as they are; nothing is made of them."""
TEMPLATES: Final = ("bucket", LOADED, ROOT, *NESTED, "streaming", "catalog", "serving", *OPTIONAL)
"""All of them."""

LAB_OF_STACK: Final[Mapping[str, int]] = MappingProxyType(
    {
        "bucket": 1,
        LOADED: 1,
        ROOT: 1,
        **dict.fromkeys(NESTED, 1),
        "streaming": 2,
        "catalog": 3,
        "serving": 4,
    }
)
"""The lab in which each stack is first needed."""
LABS: Final = (1, 2, 3, 4)

WORKSHOP: Final = "movielens-lake"
"""The project that has the workshop's names."""
NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bucket": (),
        LOADED: ("TablePrefix",),
        ROOT: ("Database", "Prefix", "TablePrefix"),
        "streaming": ("Prefix", "TablePrefix"),
        "catalog": ("DatabaseName", "Prefix", "TablePrefix"),
        "serving": ("Prefix",),
        SCHEDULE: ("Prefix",),
        REACTIVE: ("Prefix",),
        LISTS: ("TablePrefix",),
    }
)
"""Parameters, beside the project, of each template of `STACKS` and `OPTIONAL` that give names."""
_PROJECT: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_PROJECT: Final = 27
"""A role's name has 64 characters at most (IAM User Guide, "IAM and AWS STS quotas"), of which a
region and the longest role of the lake's take 37."""


@dataclass(frozen=True)
class Settings:
    """The lake's names for one account and region."""

    account: str
    """Twelve digits."""
    region: str = "us-east-1"
    """AWS region of every resource."""
    project: str = WORKSHOP
    """Value of the `project` tag and prefix of stack names and exports."""
    bucket_name: str = ""
    """Of the bucket of a lake that an earlier version has made, which had no region in it."""
    delivery_prefix: str = "firehose/"
    """Key prefix of delivered objects, used literally by Firehose."""
    raw_prefix: str = "raw/"
    """Key prefix of files that a reactive lake takes in."""
    manifest_key: str = "landing/manifest.json"
    """What lies in ``landing/``, and where it is to be copied to."""
    templates: str = "code/templates"
    """Prefix of the templates that the nested stack is made of; a fingerprint follows."""
    script_key: str = "code/glue/training_data.py"
    """The Glue script in the bucket."""
    modules_key: str = "code/glue/spark_jobs.zip"
    """The modules that the Glue script imports, in the bucket."""
    source_key: str = "code/models/sourcedir.tar.gz"
    """The SageMaker source directory in the bucket."""
    training_data: str = "ml/trainingdata"
    """Prefix of the job's output directories rating, movies and links."""
    quarantine: str = "ml/quarantine"
    """Prefix of rejected rows with their reasons."""
    report_key: str = "ml/trainingdata-report.json"
    """The job's own counts, written last."""
    models: str = "ml/models"
    """Prefix of training output (model.tar.gz)."""
    lists: str = "ml/lists"
    """Prefix of the transform jobs' questions and answers."""
    state: str = "_lake"
    """Prefix of the pipeline's own notes: stage records and the lock."""

    def __post_init__(self) -> None:
        """Refuse a project that no name can begin with, or whose names would be the workshop's.

        Raises:
            SettingsError: `project` is such a one
        """
        taken = self.project in ("movielens", "ml")
        if not _PROJECT.fullmatch(self.project) or len(self.project) > LONGEST_PROJECT or taken:
            why = f"has names of {WORKSHOP}'s" if taken else "is no name of a project"
            raise SettingsError(
                f"LAKE_PROJECT is {self.project!r}, which {why}; valid are up to "
                f"{LONGEST_PROJECT} small letters, digits and single hyphens, a letter first.",
                f"export LAKE_PROJECT={WORKSHOP}",
            )

    @classmethod
    def of(cls, account: str, region: str, environ: Mapping[str, str] = os.environ) -> Settings:
        """The names in an account and region, of the project of ``LAKE_PROJECT``.

        Raises:
            SettingsError: that is no name of a project
        """
        return cls(account, region, environ.get("LAKE_PROJECT", "").strip() or WORKSHOP)

    @property
    def prefix(self) -> str:
        """Beginning of what the region has one of."""
        return "movielens" if self.project == WORKSHOP else self.project

    @property
    def table_prefix(self) -> str:
        """Beginning of the DynamoDB tables' names: "", or the project with underscores."""
        return "" if self.project == WORKSHOP else f"{self.project.replace('-', '_')}_"

    @property
    def database(self) -> str:
        """Glue database."""
        return "ml-data-lake" if self.project == WORKSHOP else f"{self.project}-data-lake"

    @property
    def stream(self) -> str:
        """Kinesis data stream of ratings."""
        return f"{self.prefix}-ratings"

    @property
    def simulator(self) -> str:
        """Lambda function that puts ratings on the stream."""
        return f"{self.prefix}-simulator"

    @property
    def consumer(self) -> str:
        """Lambda function that writes the stream's ratings into `streamed_table`."""
        return f"{self.prefix}-stream-consumer"

    @property
    def delivery_stream(self) -> str:
        """Firehose delivery stream from the data stream to the bucket."""
        return f"{self.prefix}-ratings-to-s3"

    @property
    def stream_crawler(self) -> str:
        """Crawler of the delivered objects; its table is `firehose`."""
        return f"{self.prefix}-stream"

    @property
    def tables_crawler(self) -> str:
        """Crawler of the DynamoDB tables."""
        return f"{self.prefix}-tables"

    @property
    def job(self) -> str:
        """Glue job."""
        return f"{self.prefix}-training-data"

    @property
    def endpoint(self) -> str:
        """SageMaker endpoint."""
        return f"{self.prefix}-recommender"

    @property
    def package_group(self) -> str:
        """SageMaker model package group of the models that were compared."""
        return f"{self.prefix}-recommenders"

    @property
    def retrainer(self) -> str:
        """Lambda function that goes on with a round of retraining."""
        return f"{self.prefix}-retrain"

    @property
    def reactor(self) -> str:
        """Lambda function that does the steps of the state machine."""
        return f"{self.prefix}-react"

    @property
    def reactive(self) -> str:
        """State machine, topic and rule of what reacts to files under raw/."""
        return f"{self.prefix}-reactive"

    @property
    def machine(self) -> str:
        """The state machine, as ARNs end."""
        return f"stateMachine:{self.reactive}"

    @property
    def rules(self) -> tuple[str, ...]:
        """EventBridge rules that call the retrainer or start the state machine."""
        return (self.retrainer, f"{self.retrainer}-go-on", self.reactive)

    @property
    def training_prefix(self) -> str:
        """Beginning of training job names; a fingerprint and an attempt number follow."""
        return f"{self.prefix}-train"

    @property
    def lists_prefix(self) -> str:
        """Beginning of transform job names; a fingerprint and an attempt number follow."""
        return f"{self.prefix}-lists"

    @property
    def lists_table(self) -> str:
        """DynamoDB table of everybody's lists."""
        return f"{self.table_prefix}recommendations_t"

    @property
    def streamed_table(self) -> str:
        """DynamoDB table into which the stream's second consumer writes."""
        return f"{self.table_prefix}ratings_stream_t"

    def parameters(self, template: str) -> dict[str, str]:
        """Values of the parameters of a template that give names; a nested one gets its stack's."""
        known = {
            "Database": self.database,
            "DatabaseName": self.database,
            "Prefix": self.prefix,
            "TablePrefix": self.table_prefix,
        }
        return {"Project": self.project, **{name: known[name] for name in NAMES.get(template, ())}}

    @property
    def tag(self) -> dict[str, str]:
        """What everything that is the lake's own is tagged with."""
        return {"Key": "project", "Value": self.project}

    def owns(self, tags: Iterable[Mapping[str, str]]) -> bool:
        """Whether something with these tags, as AWS lists them, is the lake's own."""
        return any(tag["Key"] == "project" and tag["Value"] == self.project for tag in tags)

    @property
    def bucket(self) -> str:
        """The lake's bucket."""
        return self.bucket_name or f"{self.account}-{self.project}-{self.region}"

    @property
    def catalog_tables(self) -> tuple[str, ...]:
        """Tables that the crawlers make."""
        tables = (self.dynamodb_table(table) for table in ("ratings", "movies", "links"))
        return (self.delivery_prefix.rstrip("/"), *tables)

    @property
    def output_directories(self) -> tuple[str, ...]:
        """The job's output prefixes, each ending in a slash."""
        return tuple(f"{self.training_data}/{name}/" for name in ("rating", "movies", "links"))

    def stack(self, template: str) -> str:
        """Name of the stack made from a template of `STACKS`."""
        return f"{self.project}-{template}"

    @property
    def replication_instance(self) -> str:
        """The DMS replication instance, by which its task's log group is named."""
        return f"{self.project}-instance"

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the Lambda functions."""
        own = (f"{self.project}-copy-files", f"{self.project}-start-task")
        return (*own, self.simulator, self.consumer, self.retrainer, self.reactor)

    @staticmethod
    def landing_key(table: str) -> str:
        """Key of a source table's CSV object before it is copied to its `data_key`."""
        return f"landing/{table}.csv"

    @staticmethod
    def data_key(table: str) -> str:
        """Key of a source table's CSV object."""
        return f"data/{table}/{table}.csv"

    def dynamodb_table(self, table: str) -> str:
        """DynamoDB table that DMS loads from a source table."""
        return f"{self.table_prefix}{table}_t"
