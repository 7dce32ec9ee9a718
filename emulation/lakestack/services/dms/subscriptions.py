"""Event subscriptions: changes of tasks as messages of SNS.

AWS Database Migration Service API Reference, "CreateEventSubscription"; AWS DMS User Guide,
"Working with Amazon SNS events and notifications in AWS Database Migration Service".
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack import changes, clock
from lakestack.services.base import aws_error, client
from lakestack.services.dms.state import (
    DmsState,
    Operations,
    Shape,
    already_exists,
    given_tags,
    invalid_value,
    not_found,
    page,
)

LOG = logging.getLogger(__name__)

SOURCE_TYPE = "replication-task"
CATEGORIES = {
    "configuration change": "ConfigurationChange",
    "creation": "Creation",
    "deletion": "Deletion",
    "failure": "Failure",
    "state change": "StateChange",
}
"""Of replication tasks: as a subscription has them, and as events of EventBridge have them."""

_EVENTS_PAGE = "https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Events.html"


class SubscriptionOperations(Operations):
    """Mixed into the provider."""

    @handler("CreateEventSubscription", expand=False)
    def create_event_subscription(self, context: RequestContext, request: Any) -> Any:
        store, name = self.store(context), request["SubscriptionName"]
        kind, categories = _checked(request)
        given_tags(request)
        topic = request["SnsTopicArn"]
        _check_topic(store, topic)
        subscription: Shape = {
            "CustomerAwsId": store.account,
            "CustSubscriptionId": name,
            "SnsTopicArn": topic,
            "Status": "active",
            "SubscriptionCreationTime": clock.utc().strftime("%Y-%m-%d %H:%M:%S"),
            "SourceType": kind,
            "SourceIdsList": list(request.get("SourceIds") or []),
            "EventCategoriesList": categories or list(CATEGORIES),
            "Enabled": request.get("Enabled", True) is not False,
        }
        with store.lock:
            if name in store.subscriptions:
                raise already_exists("Event subscription", name)
            store.subscriptions[name] = subscription
            store.tag(store.arn("es", name), request)
        return {"EventSubscription": {**subscription, "Status": "creating"}}

    @handler("ModifyEventSubscription", expand=False)
    def modify_event_subscription(self, context: RequestContext, request: Any) -> Any:
        store, name = self.store(context), request["SubscriptionName"]
        kind, categories = _checked(request)
        if topic := request.get("SnsTopicArn"):
            _check_topic(store, topic)
        changed: Shape = {"SourceType": kind}
        if topic:
            changed["SnsTopicArn"] = topic
        if request.get("EventCategories") is not None:
            changed["EventCategoriesList"] = categories or list(CATEGORIES)
        if request.get("Enabled") is not None:
            changed["Enabled"] = request["Enabled"]
        with store.lock:
            if name not in store.subscriptions:
                raise not_found(f"Event subscription {name} not found")
            subscription = store.subscriptions[name] = {**store.subscriptions[name], **changed}
        return {"EventSubscription": {**subscription, "Status": "modifying"}}

    @handler("DescribeEventSubscriptions", expand=False)
    def describe_event_subscriptions(self, context: RequestContext, request: Any) -> Any:
        store, name = self.store(context), request.get("SubscriptionName")
        if request.get("Filters"):
            raise invalid_value("DescribeEventSubscriptions has no Filters here; valid: none")
        with store.lock:
            if name and name not in store.subscriptions:
                raise not_found(f"Event subscription {name} not found")
            found = [s for key, s in sorted(store.subscriptions.items()) if name in (None, key)]
        shown, marker = page(found, request)
        return {"EventSubscriptionsList": shown, **marker}

    @handler("DeleteEventSubscription", expand=False)
    def delete_event_subscription(self, context: RequestContext, request: Any) -> Any:
        store, name = self.store(context), request["SubscriptionName"]
        with store.lock:
            if name not in store.subscriptions:
                raise not_found(f"Event subscription {name} not found")
            gone = store.subscriptions.pop(name)
            store.tags.pop(store.arn("es", name), None)
        return {"EventSubscription": {**gone, "Status": "deleting"}}


def _checked(request: Any) -> tuple[str, list[str]]:
    """The type of source and the categories of a request.

    Raises:
        CommonServiceException: InvalidParameterValueException, one that is not emulated
    """
    kind = request.get("SourceType") or SOURCE_TYPE
    if kind != SOURCE_TYPE:
        raise invalid_value(f"SourceType {kind} is not emulated; valid: {SOURCE_TYPE}")
    categories = [each.lower() for each in request.get("EventCategories") or []]
    if unknown := sorted(set(categories) - set(CATEGORIES)):
        raise invalid_value(
            f"EventCategories {', '.join(unknown)} are not of {kind}; valid: "
            f"{', '.join(CATEGORIES)}"
        )
    return kind, categories


def tell(store: DmsState, task: str, category: str, event_id: str, message: str, link: str) -> None:
    """Send a change to all who have subscribed to it, soon; never raises and never waits.

    Args:
        task: its identifier
        category: as events of EventBridge have it
        link: to the task, in AWS's console
    """
    with store.lock:
        topics = [
            each["SnsTopicArn"]
            for each in store.subscriptions.values()
            if each["Enabled"]
            and (not each["SourceIdsList"] or task in each["SourceIdsList"])
            and category in {CATEGORIES[name] for name in each["EventCategoriesList"]}
        ]
    text = json.dumps(
        {
            "Event Source": SOURCE_TYPE,
            "Event Time": clock.utc().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
            "Identifier Link": link,
            "SourceId": task,
            "Event ID": f"{_EVENTS_PAGE}#{event_id}",
            "Event Message": message,
        }
    )
    for topic in topics:
        _SENDER.put(store.account, topic, text)


class _Sender:
    """One thread, started by the first message, so that they come in order."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[str, str, str]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._started = False

    def put(self, account: str, topic: str, text: str) -> None:
        self._queue.put((account, topic, text))
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="dms-subscriptions", daemon=True).start()

    def _run(self) -> None:
        while True:
            account, topic, text = self._queue.get()
            try:
                sns = client(account, topic.split(":")[3], "sns")
                sns.publish(TopicArn=topic, Subject="DMS Notification Message", Message=text)
            except (ClientError, BotoCoreError) as e:
                LOG.error("event subscription: %s has not got %s: %s", topic, text, e)
            except Exception:
                LOG.exception("event subscription: %s has not got %s", topic, text)
            changes.note()


_SENDER = _Sender()


def _check_topic(store: DmsState, topic: str) -> None:
    """Ask for a topic.

    Raises:
        CommonServiceException: SNSInvalidTopicFault, there is none
    """
    parts = topic.split(":")
    if len(parts) != 6 or parts[2] != "sns":
        raise _no_topic(topic)
    try:
        client(store.account, parts[3], "sns").get_topic_attributes(TopicArn=topic)
    except ClientError as e:
        raise _no_topic(topic) from e


def _no_topic(topic: str) -> CommonServiceException:
    return aws_error("SNSInvalidTopicFault", f"The SNS topic {topic} is not there")
