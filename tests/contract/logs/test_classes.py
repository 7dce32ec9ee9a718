"""Classes of log groups.

Amazon CloudWatch Logs API Reference, "CreateLogGroup" and "LogGroup".
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws


@pytest.mark.parametrize(
    ("given", "shown"),
    [({}, "STANDARD"), ({"logGroupClass": "INFREQUENT_ACCESS"}, "INFREQUENT_ACCESS")],
)
def test_a_group_shows_its_class(aws: Aws, name: str, given: dict[str, str], shown: str) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName=name, tags={"a": "b"}, **given)

    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]

    assert group["logGroupClass"] == shown
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == {"a": "b"}


def test_a_class_that_there_is_not_is_refused(aws: Aws, name: str) -> None:
    with pytest.raises(ClientError, match="CHEAP is not valid; valid: STANDARD"):
        aws("logs").create_log_group(logGroupName=name, logGroupClass="CHEAP")
