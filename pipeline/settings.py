"""Names of everything the lake consists of, so that any AWS client finds the same things.

`Settings` holds what a stage needs to know about names and nothing about where they live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = [
    "EXCEPTIONS_TABLE",
    "LABS",
    "LAB_OF_STACK",
    "LOADED",
    "NESTED",
    "PARTIAL",
    "ROOT",
    "STACKS",
    "STREAMED_TABLE",
    "TABLES",
    "TABLE_KEYS",
    "TEMPLATES",
    "Settings",
]

TABLES: Final = ("ratings", "movies", "links", "tags")
"""Source tables that DMS loads."""
PARTIAL: Final = "ratings-partial-load"
"""The source table that is streamed."""
STREAMED_TABLE: Final = "ratings_stream_t"
"""DynamoDB table into which the stream's second consumer writes."""
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

NESTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "001-storage-and-roles": "StorageAndRoles",
        "002-network": "Network",
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
TEMPLATES: Final = ("bucket", LOADED, ROOT, *NESTED, "streaming", "catalog", "serving")
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


@dataclass(frozen=True)
class Settings:
    """The lake's names for one account and region."""

    account: str
    """Twelve digits."""
    region: str = "us-east-1"
    """AWS region of every resource."""
    project: str = "movielens-lake"
    """Value of the `project` tag and prefix of stack names and exports."""
    stream: str = "movielens-ratings"
    """Kinesis data stream of ratings."""
    simulator: str = "movielens-simulator"
    """Lambda function that puts ratings on the stream."""
    consumer: str = "movielens-stream-consumer"
    """Lambda function that writes the stream's ratings into `STREAMED_TABLE`."""
    delivery_stream: str = "movielens-ratings-to-s3"
    """Firehose delivery stream from the data stream to the bucket."""
    delivery_prefix: str = "firehose/"
    """Key prefix of delivered objects, used literally by Firehose."""
    database: str = "ml-data-lake"
    """Glue database."""
    stream_crawler: str = "movielens-stream"
    """Crawler of the delivered objects; its table is `firehose`."""
    tables_crawler: str = "movielens-tables"
    """Crawler of the DynamoDB tables."""
    job: str = "movielens-training-data"
    """Glue job."""
    endpoint: str = "movielens-recommender"
    """SageMaker endpoint."""
    training_prefix: str = "movielens-train"
    """Beginning of training job names; a fingerprint and an attempt number follow."""
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
    state: str = "_lake"
    """Prefix of the pipeline's own notes: stage records and the lock."""

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
        return f"{self.account}-{self.project}"

    @property
    def catalog_tables(self) -> tuple[str, ...]:
        """Tables that the crawlers make."""
        return (self.delivery_prefix.rstrip("/"), "ratings_t", "movies_t", "links_t")

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
        return (*own, self.simulator, self.consumer)

    @staticmethod
    def landing_key(table: str) -> str:
        """Key of a source table's CSV object before it is copied to its `data_key`."""
        return f"landing/{table}.csv"

    @staticmethod
    def data_key(table: str) -> str:
        """Key of a source table's CSV object."""
        return f"data/{table}/{table}.csv"

    @staticmethod
    def dynamodb_table(table: str) -> str:
        """DynamoDB table that DMS loads from a source table."""
        return f"{table}_t"
