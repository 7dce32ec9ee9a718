"""AWS Glue: the provider. Its operations are in ``*_api``; what none of them has, moto answers."""

from __future__ import annotations

from emulation.services.glue.catalog_api import CatalogApi
from emulation.services.glue.classifier_api import ClassifierApi
from emulation.services.glue.crawler_api import CrawlerApi
from emulation.services.glue.job_api import JobApi


class GlueProvider(CatalogApi, ClassifierApi, CrawlerApi, JobApi):
    """Data Catalog, classifiers, crawlers and jobs."""

    service = "glue"
