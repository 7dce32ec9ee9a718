"""Sensitive data: what is found in texts, and what is done to it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from lakestack.services.glue.runtime.awsglue.sensitive_data import actions, custom, entities
from lakestack.services.glue.runtime.awsglue.sensitive_data.actions import Action


def found(kind: str, text: str, column: str = "c") -> list[str]:
    return [text[start:end] for start, end in entities.spans(kind, column, text)]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (
            "EMAIL",
            "to Kitty46@gmail.com, and a.b+c@x.co.uk.",
            ["Kitty46@gmail.com", "a.b+c@x.co.uk"],
        ),
        ("EMAIL", "no@host or @x.com", []),
        ("CREDIT_CARD", "4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("CREDIT_CARD", "4111-1111-1111-1112", []),
        ("CREDIT_CARD", "0000000000000000", []),
        ("IP_ADDRESS", "from 10.0.0.1 to 2001:db8::1", ["10.0.0.1", "2001:db8::1"]),
        ("IP_ADDRESS", "10.0.0.256 at 12:30:45 ::", []),
        ("MAC_ADDRESS", "00:1A:2b:3C:4d:5E 00:1A-2b:3C:4d:5E", ["00:1A:2b:3C:4d:5E"]),
        (
            "PHONE_NUMBER",
            "call (206) 555-0100 or +44 20 7946 0958",
            ["(206) 555-0100", "+44 20 7946 0958"],
        ),
        ("PHONE_NUMBER", "8015551212", ["8015551212"]),
        ("PHONE_NUMBER", "1655564444103", []),
        ("USA_SSN", "123-45-6789 and 000-45-6789", ["123-45-6789"]),
        ("USA_ITIN", "912-70-1234 912-49-1234", ["912-70-1234"]),
        ("USA_DEA_NUMBER", "AB1234563 AB1234564", ["AB1234563"]),
        ("USA_MEDICARE_BENEFICIARY_IDENTIFIER", "1EG4-TE5-MK73", ["1EG4-TE5-MK73"]),
        ("USA_NATIONAL_DRUG_CODE", "0777-3105-02", ["0777-3105-02"]),
        ("BANK_ACCOUNT", "DE89 3704 0044 0532 0130 00", ["DE89 3704 0044 0532 0130 00"]),
        ("BANK_ACCOUNT", "DE88 3704 0044 0532 0130 00", []),
        ("DATE", "2020-08-27 or 08/27/2020", ["2020-08-27", "08/27/2020"]),
    ],
)
def test_entities_by_their_form(kind: str, text: str, expected: list[str]) -> None:
    assert found(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "column", "other"),
    [
        ("USA_SSN", "123456789", "customer_ssn", "id"),
        ("USA_PASSPORT_NUMBER", "C03005988", "Passport No", "code"),
        ("USA_DRIVING_LICENSE", "D123-4567-8901", "DL NO#", "code"),
        ("BANK_ACCOUNT", "69741187", "Bank Account No", "code"),
        ("PERSON_NAME", "Colby Schuster", "customerName", "product_name"),
        ("PERSON_NAME", "O'Reilly", "lastname", "company"),
        ("PERSON_NAME", "John Smith", "emp_name", "temp_name"),
        ("PHONE_NUMBER", "020 7946 0958", "Phone Number", "code"),
        ("USA_NATIONAL_PROVIDER_IDENTIFIER", "1234567893", "npi", "code"),
    ],
)
def test_entities_that_a_column_must_speak_for(
    kind: str, text: str, column: str, other: str
) -> None:
    assert found(kind, text, column) == [text]
    assert found(kind, text, other) == []


def test_a_long_text_takes_no_time() -> None:
    for kind in entities.MANAGED:
        for text in ("1-" * 20_000, "a." * 20_000, "A1" * 20_000, "a@" * 20_000, ":" * 40_000):
            assert found(kind, text, "person name account") is not None


def test_masks() -> None:
    text = "+12345677890"
    partly = {"numLeftCharsToExclude": "3", "numRightCharsToExclude": 4, "redactChar": "#"}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("REDACT", {}, "*****"),
        ("REDACT", {"redactText": "Hide"}, "Hide"),
        ("PARTIAL_REDACT", partly, "+12#####7890"),
        ("PARTIAL_REDACT", {"numLeftCharsToExclude": 20}, text),
        ("PARTIAL_REDACT", {"matchPattern": "[0-4]"}, "+****567789*"),
        ("SHA256_HASH", {}, hashlib.sha256(text.encode()).hexdigest()),
        ("DETECT", {}, text),
    ]
    for kind, options, expected in cases:
        given = {"PHONE_NUMBER": [{"action": kind, "actionOptions": options}]}
        [action] = actions.of_parameters(given, ["c"])
        assert action.masked(text) == expected


def test_the_longest_of_entities_that_overlap_is_masked() -> None:
    a, b = Action("A", "REDACT", (("redactText", "<a>"),)), Action("B", "SHA256_HASH")
    hits = [((0, 4), b), ((0, 9), a), ((10, 12), a), ((11, 12), Action("C"))]
    assert actions.apply("0123456789ab c", hits) == "<a>9<a> c"


def test_columns_of_an_action() -> None:
    given = '{"EMAIL": [{"action": "DETECT", "sourceColumnsToExclude": ["b"]}]}'
    [action] = actions.of_parameters(given, ["a", "b"])
    assert action.concerns("a") and not action.concerns("b")
    [named] = actions.of_parameters({"E": {"action": "DETECT", "sourceColumns": ["b"]}}, ["a", "b"])
    assert named.concerns("b") and not named.concerns("a")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"E": [{"action": "HIDE"}]}, "action 'HIDE' of E is not one of DETECT"),
        ({"E": [{"action": "DETECT", "actionOptions": {"redactText": "x"}}]}, "redactText"),
        ({"E": [{"action": "DETECT", "columns": ["x"]}]}, "columns of E is not known"),
        ({"E": [{"action": "DETECT", "sourceColumns": ["x"]}]}, "no column 'x'; there are a"),
        ({"E": ["DETECT"]}, "detectionParameters must be such as"),
        ("{", "detectionParameters must be such as"),
    ],
)
def test_parameters_that_are_not_valid(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        actions.of_parameters(given, ["a"])


def test_custom_patterns_and_their_context() -> None:
    assert list(custom.spans("[A-Z]{2}[0-9]", (), "c", "xAB1y")) == [(1, 4)]
    assert list(custom.spans("[0-9]+", ("Order",), "order_id", "12")) == [(0, 2)]
    assert list(custom.spans("[0-9]+", ("order",), "c", "12")) == []
    with pytest.raises(ValueError, match="cannot be run"):
        custom.compiled("(a")
