"""AWS Lake Formation: the API. Transactions, queries and credentials are refused."""

from __future__ import annotations

from lakestack.services.lakeformation.filter_api import FilterApi
from lakestack.services.lakeformation.location_api import LocationApi
from lakestack.services.lakeformation.permission_api import PermissionApi
from lakestack.services.lakeformation.tag_api import TagApi


class LakeFormationProvider(LocationApi, PermissionApi, TagApi, FilterApi):
    """Locations, settings, permissions, LF-Tags and data cells filters."""

    service = "lakeformation"
