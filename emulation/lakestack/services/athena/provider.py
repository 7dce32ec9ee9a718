"""Amazon Athena: the API. Notebooks and capacity reservations are left to moto, or refused."""

from __future__ import annotations

from lakestack.services.athena.catalog_api import CatalogApi
from lakestack.services.athena.query_api import QueryApi
from lakestack.services.athena.statement_api import StatementApi
from lakestack.services.athena.work_group_api import WorkGroupApi


class AthenaProvider(QueryApi, WorkGroupApi, StatementApi, CatalogApi):
    """Queries, work groups, named queries, prepared statements and data catalogs."""

    service = "athena"
