"""Crawlers: the API operations. The crawl itself is in `crawler`."""

from __future__ import annotations

import json
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.crawl_start import require_classifiers, start_crawl
from lakestack.services.glue.crawler import Crawler
from lakestack.services.glue.orchestration.scheduler import SCHEDULER
from lakestack.services.glue.paging import by_name, page
from lakestack.services.glue.runtime.awsglue.globs import glob_pattern
from lakestack.services.glue.s3_crawler import split_path
from lakestack.services.glue.state import STORE, GlueState, existing_crawler, state_of
from lakestack.services.glue.tagging import drop_tags, set_tags, with_tags
from lakestack.services.glue.triggers.trigger import check_schedule

JsonDict = dict[str, Any]

EMULATED_TARGETS = ("S3Targets", "DynamoDBTargets", "JdbcTargets")
_GROUPING_POLICIES = {"CombineCompatibleSchemas"}


class CrawlerApi:
    """Create, update, delete, get, list, start and stop crawlers."""

    @handler("CreateCrawler", expand=False)
    def create_crawler(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        definition = dict(request)
        tags = definition.pop("Tags", None)
        _validate(state, definition)
        name = definition["Name"]
        with STORE.holding(state.account, state.region) as state:
            if name in state.crawlers:
                raise aws_error(
                    "AlreadyExistsException", f"Crawler with name {name} already exists"
                )
            state.crawlers[name] = Crawler(state.account, state.region, definition)
        set_tags(state, "crawler", name, tags)
        SCHEDULER.wake()
        return {}

    @handler("UpdateCrawler", expand=False)
    def update_crawler(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        crawler = existing_crawler(state, request["Name"])
        _validate(state, {**crawler.definition, **request})
        _refuse_running(crawler)
        crawler.update(request)
        SCHEDULER.wake()
        return {}

    @handler("DeleteCrawler", expand=False)
    def delete_crawler(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        with state.lock:
            _refuse_running(existing_crawler(state, request["Name"]))
            del state.crawlers[request["Name"]]
        drop_tags(state, "crawler", request["Name"])
        return {}

    @handler("GetCrawler", expand=False)
    def get_crawler(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        return {"Crawler": existing_crawler(state, request["Name"]).as_api()}

    @handler("GetCrawlers", expand=False)
    def get_crawlers(self, context: RequestContext, request: JsonDict) -> JsonDict:
        crawlers = _all(state_of(context.account_id, context.region))
        return page([crawler.as_api() for crawler in crawlers], request, "Crawlers")

    @handler("BatchGetCrawlers", expand=False)
    def batch_get_crawlers(self, context: RequestContext, request: JsonDict) -> JsonDict:
        known = state_of(context.account_id, context.region).crawlers
        return by_name(known, request["CrawlerNames"], "Crawlers")

    @handler("ListCrawlers", expand=False)
    def list_crawlers(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        names = [crawler.name for crawler in _all(state)]
        return page(
            with_tags(state, "crawler", names, request.get("Tags")), request, "CrawlerNames"
        )

    @handler("StartCrawler", expand=False)
    def start_crawler(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            start_crawl(state, existing_crawler(state, request["Name"]))
        return {}

    @handler("StopCrawler", expand=False)
    def stop_crawler(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        crawler = existing_crawler(state, request["Name"])
        found = crawler.stop()
        if found == "STOPPING":
            raise aws_error(
                "CrawlerStoppingException", f"Crawler with name {crawler.name} is stopping"
            )
        if found != "RUNNING":
            raise aws_error(
                "CrawlerNotRunningException", f"Crawler with name {crawler.name} isn't running"
            )
        return {}

    @handler("GetCrawlerMetrics", expand=False)
    def get_crawler_metrics(self, context: RequestContext, request: JsonDict) -> JsonDict:
        crawlers = _all(state_of(context.account_id, context.region))
        wanted = request.get("CrawlerNameList")
        chosen = [c.metrics() for c in crawlers if not wanted or c.name in wanted]
        return page(chosen, request, "CrawlerMetricsList")

    @handler("ListCrawls", expand=False)
    def list_crawls(self, context: RequestContext, request: JsonDict) -> JsonDict:
        crawler = existing_crawler(
            state_of(context.account_id, context.region), request["CrawlerName"]
        )
        crawls = crawler.history()
        for each in request.get("Filters") or ():
            if each.get("FieldName") not in {"STATE", "CRAWL_ID"}:
                raise aws_error(
                    "InvalidInputException",
                    f"Filter {each.get('FieldName')} is not emulated; STATE and CRAWL_ID are",
                )
            field = {"STATE": "State", "CRAWL_ID": "CrawlId"}[each["FieldName"]]
            wanted = each.get("FilterOperator") == "EQ"
            crawls = [c for c in crawls if (c[field] == each.get("FieldValue")) == wanted]
        return page(crawls, request, "Crawls", 20)


def _all(state: GlueState) -> list[Crawler]:
    with state.lock:
        return [state.crawlers[name] for name in sorted(state.crawlers)]


def _running(crawler: Crawler) -> CommonServiceException:
    return aws_error(
        "CrawlerRunningException", f"Crawler with name {crawler.name} has already started"
    )


def _refuse_running(crawler: Crawler) -> None:
    if crawler.state != "READY":
        raise _running(crawler)


def _validate(state: GlueState, definition: JsonDict) -> None:
    """Check the definition of a crawler.

    Raises:
        InvalidInputException: AWS would refuse it, or it is not emulated
    """
    targets = definition.get("Targets") or {}
    given = [kind for kind, entries in targets.items() if entries]
    if not given:
        raise _invalid("Crawler must have at least one target")
    for kind in given:
        if kind not in EMULATED_TARGETS:
            raise _invalid(f"{kind} is not emulated; {', '.join(EMULATED_TARGETS)} are")
    if not definition.get("DatabaseName"):
        raise _invalid("DatabaseName is required for S3, DynamoDB and JDBC targets")
    _validate_targets(targets)
    if (definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == "CRAWL_EVENT_MODE":
        raise _invalid("RecrawlBehavior CRAWL_EVENT_MODE is not emulated")
    check_schedule(definition.get("Schedule"))
    _validate_configuration(definition.get("Configuration"))
    require_classifiers(state, definition.get("Classifiers") or ())


def _validate_targets(targets: JsonDict) -> None:
    """Check each target of a crawler.

    Raises:
        InvalidInputException: AWS would refuse it, or it is not emulated
    """
    for target in targets.get("S3Targets") or ():
        if target.get("ConnectionName") or target.get("EventQueueArn"):
            raise _invalid("ConnectionName and EventQueueArn of an S3 target are not emulated")
        try:
            split_path(target.get("Path") or "")
            for exclusion in target.get("Exclusions") or ():
                glob_pattern(exclusion)
        except ValueError as e:
            raise _invalid(str(e)) from e
    for target in targets.get("DynamoDBTargets") or ():
        if not target.get("Path"):
            raise _invalid("A DynamoDB target needs the table's name as Path")
    for target in targets.get("JdbcTargets") or ():
        if not target.get("ConnectionName"):
            raise _invalid("A JDBC target needs the ConnectionName")
        if target.get("EnableAdditionalMetadata"):
            raise _invalid("EnableAdditionalMetadata of a JDBC target is not emulated")
        for exclusion in target.get("Exclusions") or ():
            _check_exclusion(exclusion)


def _check_exclusion(exclusion: str) -> None:
    try:
        glob_pattern(exclusion)
    except ValueError as e:
        raise _invalid(str(e)) from e


def _validate_configuration(configuration: str | None) -> None:
    if not configuration:
        return
    try:
        decoded = json.loads(configuration)
    except (ValueError, RecursionError) as e:
        raise _invalid(f"Configuration is no JSON: {e}") from e
    if not isinstance(decoded, dict) or decoded.get("Version") not in (1, 1.0):
        raise _invalid('Configuration must be a JSON object with "Version": 1.0')
    output = _object(decoded, "CrawlerOutput")
    for part in ("Partitions", "Tables"):
        _object(output, part)
    grouping = _object(decoded, "Grouping")
    policy = grouping.get("TableGroupingPolicy")
    if policy is not None and not (isinstance(policy, str) and policy in _GROUPING_POLICIES):
        raise _invalid(f"TableGroupingPolicy {policy!r} is not valid")
    level = grouping.get("TableLevelConfiguration")
    if level is not None and (type(level) is not int or level < 1):
        raise _invalid(f"TableLevelConfiguration {level!r} is not a positive number")


def _object(document: JsonDict, name: str) -> JsonDict:
    """A part of the Configuration, which may be missing."""
    part = document.get(name, {})
    if not isinstance(part, dict):
        raise _invalid(f"Configuration: {name} must be a JSON object, not {part!r}")
    return part


def _invalid(message: str) -> CommonServiceException:
    return aws_error("InvalidInputException", message)
