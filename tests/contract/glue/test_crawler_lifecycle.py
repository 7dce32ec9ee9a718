"""A crawler's states, errors, LastCrawl and logs."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import RATING_JSON, ROLE, Aws, Lake
from tests.support import wait_until


@pytest.fixture
def lake(aws: Aws, bucket: str) -> Lake:
    return Lake(aws, bucket)


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_last_crawl_and_log(lake: Lake) -> None:
    lake.put({"t/x.json": RATING_JSON})
    name = lake.crawler("t/")
    fresh = lake.glue.get_crawler(Name=name)["Crawler"]
    assert fresh["State"] == "READY"
    assert "LastCrawl" not in fresh
    assert fresh["SchemaChangePolicy"]["DeleteBehavior"] == "DEPRECATE_IN_DATABASE"
    last = lake.run(name)["LastCrawl"]
    assert last["Status"] == "SUCCEEDED"
    assert (last["LogGroup"], last["LogStream"]) == ("/aws-glue/crawlers", name)
    events = lake.logs.get_log_events(logGroupName=last["LogGroup"], logStreamName=name)["events"]
    text = [event["message"] for event in events]
    assert all(line.startswith(f"[{last['MessagePrefix']}]") for line in text)
    assert any("Created table t in database" in line for line in text)
    history = lake.glue.list_crawls(CrawlerName=name)["Crawls"]
    assert [crawl["State"] for crawl in history] == ["COMPLETED"]


def test_running_crawler_refuses_start_update_and_delete_and_can_be_stopped(lake: Lake) -> None:
    lake.put({f"t/d={n}/x.json": RATING_JSON for n in range(400)})  # takes a while
    name = lake.crawler("t/")
    lake.glue.start_crawler(Name=name)
    for operation in (lake.glue.start_crawler, lake.glue.delete_crawler):
        with pytest.raises(ClientError) as error:
            operation(Name=name)
        assert _code(error) == "CrawlerRunningException"
    lake.glue.stop_crawler(Name=name)
    crawler = lake.wait_ready(name)
    assert crawler["LastCrawl"]["Status"] == "CANCELLED"
    with pytest.raises(ClientError) as error:
        lake.glue.stop_crawler(Name=name)
    assert _code(error) == "CrawlerNotRunningException"


def test_missing_bucket_fails_the_crawl(lake: Lake) -> None:
    target = {"Path": f"s3://{lake.bucket}-absent/x/"}
    last = lake.run(lake.crawler(Targets={"S3Targets": [target]}))["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "NoSuchBucket" in last["ErrorMessage"]


def test_unknown_crawler(aws: Aws, name: str) -> None:
    glue = aws("glue")
    for call in (glue.get_crawler, glue.start_crawler, glue.stop_crawler, glue.delete_crawler):
        with pytest.raises(ClientError) as error:
            call(Name=name)
        assert _code(error) == "EntityNotFoundException"
    answer = glue.batch_get_crawlers(CrawlerNames=[name])
    assert (answer["Crawlers"], answer["CrawlersNotFound"]) == ([], [name])


def test_create_update_list_delete(lake: Lake) -> None:
    name = lake.crawler("t/", Tags={"lake": lake.database})
    with pytest.raises(ClientError) as error:
        lake.glue.create_crawler(
            Name=name, Role=ROLE, DatabaseName="x", Targets={"S3Targets": [{"Path": "s3://b/"}]}
        )
    assert _code(error) == "AlreadyExistsException"
    lake.glue.update_crawler(Name=name, Description="new", Schedule="cron(0 12 * * ? *)")
    crawler = lake.glue.get_crawler(Name=name)["Crawler"]
    assert (crawler["Description"], crawler["Version"]) == ("new", 2)
    assert crawler["Schedule"]["ScheduleExpression"] == "cron(0 12 * * ? *)"
    assert lake.glue.list_crawlers(Tags={"lake": lake.database})["CrawlerNames"] == [name]
    assert name in [c["Name"] for c in lake.glue.get_crawlers(MaxResults=1000)["Crawlers"]]
    lake.glue.delete_crawler(Name=name)
    wait_until(lambda: not lake.glue.list_crawlers(Tags={"lake": lake.database})["CrawlerNames"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"Targets": {}}, "at least one target"),
        ({"Targets": {"MongoDBTargets": [{"ConnectionName": "c", "Path": "x"}]}}, "MongoDBTargets"),
        ({"Targets": {"JdbcTargets": [{"Path": "x"}]}}, "ConnectionName"),
        ({"Targets": {"S3Targets": [{"Path": "http://x/"}]}}, "s3://bucket/prefix"),
        ({"Schedule": "every day"}, "cron"),
        ({"Configuration": "{"}, "no JSON"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "CRAWL_EVENT_MODE"),
    ],
)
def test_invalid_definitions(lake: Lake, settings: dict[str, object], said: str) -> None:
    with pytest.raises(ClientError, match=said) as error:
        lake.crawler("t/", **settings)
    assert _code(error) == "InvalidInputException"


def test_schedules_are_kept(lake: Lake) -> None:
    glue, name = lake.glue, lake.crawler("x/")

    def schedule() -> tuple[str, str] | None:
        found = glue.get_crawler(Name=name)["Crawler"].get("Schedule")
        return (found["ScheduleExpression"], found["State"]) if found else None

    def code(operation: str, **request: str) -> str:
        with pytest.raises(ClientError) as error:
            getattr(glue, operation)(CrawlerName=name, **request)
        return str(error.value.response["Error"]["Code"])

    assert schedule() is None
    assert code("start_crawler_schedule") == "NoScheduleException"
    assert code("stop_crawler_schedule") == "SchedulerNotRunningException"
    assert code("update_crawler_schedule", Schedule="rate(1 day)") == "InvalidInputException"
    assert code("update_crawler_schedule", Schedule="cron(1 2)") == "InvalidInputException"
    glue.update_crawler_schedule(CrawlerName=name, Schedule="cron(0/5 * ? 1 MON-FRI 2199)")
    assert schedule() == ("cron(0/5 * ? 1 MON-FRI 2199)", "SCHEDULED")
    assert code("start_crawler_schedule") == "SchedulerRunningException"
    glue.stop_crawler_schedule(CrawlerName=name)
    assert schedule() == ("cron(0/5 * ? 1 MON-FRI 2199)", "NOT_SCHEDULED")
    glue.update_crawler(Name=name, Description="still stopped")
    glue.start_crawler_schedule(CrawlerName=name)
    assert schedule() == ("cron(0/5 * ? 1 MON-FRI 2199)", "SCHEDULED")
    glue.update_crawler_schedule(CrawlerName=name, Schedule="")
    assert schedule() is None
    assert "LastCrawl" not in glue.get_crawler(Name=name)["Crawler"]


def test_a_crawl_makes_its_database(lake: Lake) -> None:
    lake.put({"t/x.json": RATING_JSON})
    name = f"{lake.database}-new"
    last = lake.run(lake.crawler("t/", DatabaseName=name))["LastCrawl"]
    assert last["Status"] == "SUCCEEDED"
    assert lake.glue.get_database(Name=name)["Database"]["Name"] == name
    assert [t["Name"] for t in lake.glue.get_tables(DatabaseName=name)["TableList"]] == ["t"]
