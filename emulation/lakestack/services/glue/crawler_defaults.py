"""What holds of a crawler where nothing is given, for an update that takes settings back.

AWS Glue API, "CreateCrawler", "SchemaChangePolicy" and "RecrawlPolicy": UpdateCrawler keeps what it
is not given.
"""

from __future__ import annotations

from typing import Any

CRAWLER_DEFAULTS: dict[str, Any] = {
    "Classifiers": [],
    "Configuration": "",
    "Description": "",
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "Schedule": "",
    "SchemaChangePolicy": {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
    },
    "TablePrefix": "",
}
