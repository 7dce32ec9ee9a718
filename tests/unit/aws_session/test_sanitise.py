"""A cassette says nothing about whose account it was recorded in."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.aws.cassette import Cassette, Exchange
from tests.aws.sanitise import ACCOUNT, Caller, sanitised

CALLER = Caller(
    "098765432109",
    "arn:aws:sts::098765432109:assumed-role/Admin/jane.doe@example.org",
    "AROAQWERTYUIOPASDFGHJ:jane.doe@example.org",
    ("ASIAQWERTYUIOPASDFGH", "se/cr+et", "token=="),
)


def of(answer: Any, params: Any = None) -> Cassette:
    return Cassette("eu-central-1", [], [Exchange("s3", "GetObject", params, 200, answer, 1)])


def cleaned(answer: Any) -> Any:
    [one] = sanitised(of(answer), CALLER).exchanges
    return one.answer


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("arn:aws:s3:::098765432109-lake", f"arn:aws:s3:::{ACCOUNT}-lake"),
        (CALLER.arn, f"arn:aws:iam::{ACCOUNT}:user/someone"),
        (
            "User: arn:aws:sts::098765432109:assumed-role/Admin/jane.doe@example.org is not",
            f"User: arn:aws:iam::{ACCOUNT}:user/someone is not",
        ),
        (CALLER.user_id, "AIDAEXAMPLE"),
        ("AROAZXCVBNMASDFGHJKLQ", "AROAEXAMPLE"),
        ("key ASIAQWERTYUIOPASDFGH", "key EXAMPLE"),
        ("se/cr+et", "EXAMPLE"),
        ("a" * 64, "a" * 64),  # a digest
        ("https://x.s3.amazonaws.com/a?X-Amz-Security-Token=1&b=2", "https://example.com/"),
        ("jane@example.net", "someone@example.com"),
        ("52.29.1.2", "192.0.2.1"),
        ("10.0.1.4", "10.0.1.4"),
        ("10.0.0.0/16 and 0.0.0.0/0", "10.0.0.0/16 and 0.0.0.0/0"),
        ("movielens-lake-streaming", "movielens-lake-streaming"),
    ],
)
def test_what_names_somebody_is_replaced(said: str, kept: str) -> None:
    assert cleaned({"Value": said}) == {"Value": kept}
    assert cleaned([said]) == [kept]


def test_canonical_user_ids_are_replaced_where_they_stand() -> None:
    answer = {"Owner": {"ID": "a" * 64}, "Grants": [{"Grantee": {"ID": "b" * 64}}], "ID": "a-rule"}
    assert cleaned(answer) == {
        "Owner": {"ID": "0" * 64},
        "Grants": [{"Grantee": {"ID": "0" * 64}}],
        "ID": "a-rule",
    }


def test_names_of_fields_and_bodies_are_cleaned_too() -> None:
    body = base64.b64encode(b'{"arn": "arn:aws:iam::098765432109:role/x"}').decode()
    answer = cleaned({"098765432109": 1, "Body": {"$stream": body}})
    assert answer[ACCOUNT] == 1
    text = base64.b64decode(answer["Body"]["$stream"]).decode()
    assert json.loads(text) == {"arn": f"arn:aws:iam::{ACCOUNT}:role/x"}


def test_what_is_asked_is_cleaned_like_what_is_answered() -> None:
    [one] = sanitised(of({}, {"Bucket": "098765432109-lake"}), CALLER).exchanges
    assert one.params == {"Bucket": f"{ACCOUNT}-lake"}


def test_what_cannot_be_cleaned_is_not_kept() -> None:
    archive = base64.b64encode(b"\xff\xfe 098765432109").decode()
    with pytest.raises(ValueError, match="account id"):
        sanitised(of({"Body": {"$stream": archive}}), CALLER)
