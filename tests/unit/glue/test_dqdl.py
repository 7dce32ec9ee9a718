"""Rulesets of AWS Glue Data Quality as text."""

from __future__ import annotations

import pytest

from lakestack.services.glue.runtime.awsgluedq.dqdl import (
    Composite,
    Condition,
    Rule,
    RulesetError,
    parsed,
)
from lakestack.services.glue.runtime.awsgluedq.dqdl.model import (
    Amount,
    Dynamic,
    Keyword,
    Moment,
    Number,
    Text,
)


def one(text: str) -> Rule:
    (found,) = parsed(f"Rules = [ {text} ]").rules
    assert isinstance(found, Rule)
    return found


@pytest.mark.parametrize(
    ("text", "operator", "operands", "negated"),
    [
        ("RowCount > 10", ">", (Number(10),), False),
        ("Mean \"a\" between -1.5 and 2", "between", (Number(-1.5), Number(2)), False),
        ("RowCount not between 1 and 2", "between", (Number(1), Number(2)), True),
        ("RowCount = 2*(3+4)", "=", (Number(14),), False),
        ("RowCount in [1, 2,]", "in", (Number(1), Number(2)), False),
        ('ColumnValues "c" != NULL', "!=", (Keyword("NULL"),), False),
        ('ColumnValues "c" in ["US", NULL, EMPTY, WHITESPACES_ONLY]', "in",
         (Text("US"), Keyword("NULL"), Keyword("EMPTY"), Keyword("WHITESPACES_ONLY")), False),
        ('ColumnValues "c" not matches "a\\d+"', "matches", (Text("a\\d+"),), True),
        ('ColumnValues "c" = "say \\"yes\\""', "=", (Text('say "yes"'),), False),
        ('ColumnValues "d" > (now() - 3 days)', ">", (Moment(-259_200),), False),
        ('ColumnValues "d" <= now()', "<=", (Moment(0),), False),
        ('DataFreshness "d" <= 24 hours', "<=", (Amount(86_400, "duration"),), False),
        ('FileSize "s3://b/" < 5 MB', "<", (Amount(5 << 20, "size"),), False),
        ("RowCount > avg(last(10))*0.8", ">", (Dynamic("avg(last(10))*0.8"),), False),
    ],
)  # fmt: skip
def test_conditions(text: str, operator: str, operands: tuple[object, ...], negated: bool) -> None:
    assert one(text).condition == Condition(operator, operands, negated)  # type: ignore[arg-type]


def test_parameters_with_and_without_commas() -> None:
    assert one('IsPrimaryKey "a" "b"').parameters == ("a", "b")
    assert one('IsPrimaryKey "a", "b"').parameters == ("a", "b")
    assert one('Completeness of "a" > 0.5').parameters == ("a",)


def test_clauses_in_any_order() -> None:
    rule = one(
        'ColumnValues "a" in ["x"] with threshold > 0.8 where "b > 3" labels = ["team"="data"]'
    )
    assert rule.threshold == Condition(">", (Number(0.8),))
    assert (rule.where, rule.labels) == ("b > 3", {"team": "data"})
    assert one('FileMatch "s3://b/" in ["x"] with hashAlgorithm = "MD5"').options == {
        "hashAlgorithm": "MD5"
    }


def test_the_text_of_a_rule_has_neither_comments_nor_line_ends() -> None:
    rule = one('ColumnValues   "a"  # which\n  in ["x",\n "two  words"]')
    assert rule.text == 'ColumnValues "a" in ["x", "two  words"]'


def test_composite_rules_nest_and_and_binds_first() -> None:
    (rule,) = parsed(
        'Rules = [(IsComplete "a") and (IsUnique "b") or ((RowCount > 1) AND (RowCount < 9))]'
    ).rules
    assert isinstance(rule, Composite)
    assert rule.operator == "or"
    left, right = rule.rules
    assert isinstance(left, Composite)
    assert isinstance(right, Composite)
    assert (left.operator, right.operator) == ("and", "and")
    assert one('(IsComplete "a")').kind == "IsComplete"


def test_sections_constants_and_labels() -> None:
    found = parsed(
        """
        Metadata = { "Version": "1.0" }
        sql = "select count(*) from primary"
        colors = ["red", "blue"]
        DefaultLabels = ["team"="data"]
        Rules = [ CustomSql $sql > 3, ColumnValues "c" in $colors ]
        Analyzers = [ RowCount, Completeness "c" ]
        """
    )
    first, second = found.rules
    assert isinstance(first, Rule)
    assert isinstance(second, Rule)
    assert first.parameters == ("select count(*) from primary",)
    assert second.condition == Condition("in", (Text("red"), Text("blue")))
    assert second.labels == {"team": "data"}
    assert [each.kind for each in found.analyzers] == ["RowCount", "Completeness"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('Rules = [ IsComplete "a" ', "line 1, column 26 has 'the end' where , is expected"),
        ("Rules = [\n  RowCount >\n]", "line 3, column 1 has ']' where a number"),
        ('Rules = [ IsComplete "a ]', "a closing quote is expected"),
        ("Rules = [ (RowCount > 1) and RowCount < 3 ]", "a rule in parentheses is expected"),
        ("Rules = [ RowCount > $x ]", "the name of a constant that is set before"),
        ("Rules = [ RowCount > 1/0 ]", "a number other than 0"),
        ("RowCount > 1", "= is expected"),
        ("", "Rules = [ … ] is expected"),
        ("Rules = [" + "(" * 100_000, "fewer parentheses"),
    ],
)
def test_what_is_no_ruleset(text: str, message: str) -> None:
    with pytest.raises(RulesetError, match="not valid DQDL") as caught:
        parsed(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        (Condition("between", (Number(1), Number(3))), 2, 1),
        (Condition("between", (Number(1), Number(3)), True), 3, 2),
        (Condition("in", (Number(1), Number(3))), 3, 2),
        (Condition("!=", (Number(1),)), 2, 1),
        (Condition(">=", (Number(1),)), 1, 0),
    ],
)
def test_numbers_that_meet_a_condition(condition: Condition, yes: float, no: float) -> None:
    assert condition.holds(yes)
    assert not condition.holds(no)
    with pytest.raises(ValueError, match="a number is expected"):
        Condition("=", (Text("x"),)).holds(1)


@pytest.mark.parametrize(
    ("text", "past", "value"),
    [
        ("avg(last(10))*0.6", [1.0, 2.0, 6.0], 1.8),
        ("avg(last(2))", [1.0, 2.0, 6.0], 1.5),
        ("last()", [4.0, 2.0], 4.0),
        ("last(1) + 1", [], 1.0),
        ("median(last(3))", [9.0, 1.0, 2.0], 2.0),
        ("max(last(3)) - min(last(3))", [9.0, 1.0, 2.0], 8.0),
        ("std(last(2))", [1.0, 3.0], 1.0),
        ("sum(last(3)) / 2", [9.0, 1.0, 2.0], 6.0),
        ("index(last(3), 1)", [9.0, 1.0, 2.0], 1.0),
        ("abs(last() - 5)", [2.0], 3.0),
        ("-last()", [2.0], -2.0),
    ],
)
def test_dynamic_rules_reckon_of_earlier_values(text: str, past: list[float], value: float) -> None:
    condition = one(f"RowCount > {text}").condition
    assert condition is not None
    [operand] = condition.operands
    assert isinstance(operand, Dynamic)
    assert operand.formula.of(past) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("last(5)", "aggregation of last"),
        ("last(5) * 2", "of last"),
        ("avg(last(0))", "natural number"),
        ("mode(last(5))", "one of last, index, avg"),
        ("index(last(3), 3)", "i below k"),
    ],
)
def test_what_is_no_dynamic_rule_is_said(text: str, said: str) -> None:
    with pytest.raises(RulesetError, match=said):
        parsed(f"Rules = [ RowCount > {text} ]")


def test_too_few_earlier_values() -> None:
    condition = one("RowCount > index(last(3), 2)").condition
    assert condition is not None
    [operand] = condition.operands
    assert isinstance(operand, Dynamic)
    with pytest.raises(ValueError, match="1 earlier values"):
        operand.formula.of([5.0])
