"""AWS Glue: the provider. Its operations are in ``*_api``; what none of them has, moto answers."""

from __future__ import annotations

from lakestack.services.glue import partition_expression
from lakestack.services.glue.bookmark_api import BookmarkApi
from lakestack.services.glue.catalog_api import CatalogApi
from lakestack.services.glue.classifier_api import ClassifierApi
from lakestack.services.glue.connection_api import ConnectionApi
from lakestack.services.glue.crawler_api import CrawlerApi
from lakestack.services.glue.crawler_schedule_api import CrawlerScheduleApi
from lakestack.services.glue.data_quality_api import DataQualityApi
from lakestack.services.glue.entity_type_api import EntityTypeApi
from lakestack.services.glue.job_api import JobApi
from lakestack.services.glue.orchestration.scheduler import SCHEDULER
from lakestack.services.glue.orchestration.trigger_api import TriggerApi
from lakestack.services.glue.orchestration.workflow_api import WorkflowApi
from lakestack.services.glue.schema_version_api import SchemaVersionApi
from lakestack.services.glue.session_api import SessionApi
from lakestack.services.glue.unsupported_api import UnsupportedApi


class GlueProvider(
    BookmarkApi,
    CatalogApi,
    ClassifierApi,
    ConnectionApi,
    CrawlerApi,
    CrawlerScheduleApi,
    DataQualityApi,
    EntityTypeApi,
    JobApi,
    SchemaVersionApi,
    SessionApi,
    TriggerApi,
    UnsupportedApi,
    WorkflowApi,
):
    """Data Catalog, connections, crawlers, jobs, bookmarks, triggers, workflows, sessions."""

    service = "glue"

    def __init__(self) -> None:
        super().__init__()
        SCHEDULER.start()
        partition_expression.install()
