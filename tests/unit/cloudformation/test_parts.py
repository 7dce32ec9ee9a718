"""Template sources, references between resources, and parameter rules, without an emulator."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.references import circle, dependencies, variables
from lakestack.services.cloudformation.template import parse_template, s3_location
from lakestack.services.cloudformation.template_check import check
from lakestack.services.cloudformation.values import attribute_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://s3.amazonaws.com/b/k/l.yaml", ("b", "k/l.yaml", None)),
        ("https://s3-us-west-2.amazonaws.com/b/k", ("b", "k", None)),
        ("https://s3.us-west-2.amazonaws.com/b/k", ("b", "k", None)),
        ("https://s3.dualstack.eu-west-1.amazonaws.com/b/k", ("b", "k", None)),
        ("https://s3.cn-north-1.amazonaws.com.cn/b/k", ("b", "k", None)),
        ("https://b.s3.amazonaws.com/k/l", ("b", "k/l", None)),
        ("https://b.c.s3-us-west-2.amazonaws.com/k", ("b.c", "k", None)),
        ("https://b.s3.us-west-2.amazonaws.com/k", ("b", "k", None)),
        ("https://B.S3.amazonaws.com/K", ("b", "K", None)),
        ("http://localhost:4566/b/k", ("b", "k", None)),
        ("http://127.0.0.1:4566/b/k", ("b", "k", None)),
        ("https://s3.amazonaws.com/b/a%20b?versionId=7", ("b", "a b", "7")),
    ],
)
def test_s3_urls(url: str, expected: tuple[str, str, str | None]) -> None:
    assert s3_location(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "s3://b/k",
        "https://example.com/b/k",
        "https://s3.amazonaws.com.example.com/b/k",
        "https://amazonaws.com/b/k",
        "https://s3.amazonaws.com/b",
        "https://b.s3.amazonaws.com/",
        "ftp://s3.amazonaws.com/b/k",
        "",
    ],
)
def test_what_is_no_s3_url(url: str) -> None:
    with pytest.raises(ValidationError):
        s3_location(url)


def test_variables_of_sub() -> None:
    assert variables("${A} ${!B} ${C.D} $E ${ F }") == ["A", "C.D", "F"]


def test_dependencies_and_circles() -> None:
    resources: dict[str, Any] = {
        "A": {"Properties": {"x": [{"Ref": "B"}, {"Fn::GetAtt": "C.Arn"}]}},
        "B": {"Properties": {"x": {"Fn::Sub": ["${D}${own}", {"own": {"Ref": "E"}}]}}},
        "C": {"DependsOn": ["D"]},
        "D": {},
        "E": {"Properties": {"x": {"Ref": "AWS::Region"}}},
    }
    needs = dependencies({"Resources": resources})
    assert needs == {"A": {"B", "C"}, "B": {"D", "E"}, "C": {"D"}, "D": set(), "E": set()}
    assert circle(needs) == []
    assert circle({**needs, "D": {"C"}}) == ["C", "D"]
    assert circle({"A": {"A"}, "B": {"A"}}) == ["A"]


def test_attributes_by_path() -> None:
    model = {"a": {"b": {"c": 1}}, "d.e": 2}
    assert attribute_of(model, "a.b.c") == 1
    assert attribute_of(model, "d.e") == 2
    assert attribute_of(model, "a.x") is None
    assert attribute_of("text", "a") is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["Ref", "Fn::If", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Properties", "a"]),
        inner,
        max_size=3,
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["Resources", "Outputs", "Parameters", "Conditions", "Mappings"]),
        st.dictionaries(st.sampled_from(["A", "B", "c-d"]), _JSON, max_size=3) | _JSON,
        max_size=4,
    )
)
def test_no_template_brings_the_check_down(template: dict[str, Any]) -> None:
    with contextlib.suppress(ValidationError):
        check(template)


@given(st.text(alphabet="{}[]:-!&*'\"\n aRef#%@`|>\t\x00é", max_size=40))
def test_no_text_brings_the_parser_down(text: str) -> None:
    with contextlib.suppress(ValidationError):
        assert isinstance(parse_template(text), dict)
