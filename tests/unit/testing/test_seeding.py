"""CSV files that fixtures do not take are refused by line, before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestack.errors import LakeError, PortError
from lakestack.testing import DataLake, Lake, RunningLake


@pytest.mark.parametrize(
    ("csv", "options", "message"),
    [
        ("a,a\n1,2\n", {}, "the first line of the text is"),
        ("\n", {}, "the first line of the text is"),
        ("a,b\n1,2\n3\n", {}, "line 3 of the text has 1 fields, the header 2"),
        ('a\n"x"y\n', {}, "line 2 of the text is no CSV"),
        ("a,b\n1,2\n", {"key": "c"}, "the text has no column c"),
        ("a,b\n1,2\n", {"types": {"c": "int"}}, "the text has no column c"),
        ("a,b\n1,2\n1,3\n", {"key": "a"}, "rows 1 and 2 have the same key"),
        ("a,b\n,2\n", {"key": "a"}, "row 1 has nothing in its key a"),
        ("a,b\nx,2\n", {"key": "b", "types": {"a": "N"}}, "row 1 has 'x' in a, no number"),
        ("a,b\n1,2\n", {"key": "a", "types": {"b": "bigint"}}, "no DynamoDB type of a CSV"),
    ],
)
def test_a_csv_that_does_not_fit_is_refused(csv: str, options: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(LakeError) as refused:
        Lake().seed(csv=csv, table="t", **options)
    assert message in refused.value.message
    assert refused.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"cannot read .*none\.csv"):
        Lake().seed(csv=tmp_path / "none.csv", table="t")


def test_a_lake_that_is_not_started_says_so() -> None:
    with pytest.raises(LakeError) as refused:
        Lake().client("s3")
    assert refused.value.hint == "use it as `with Lake() as lake:`"


def test_wrong_ports_addresses_and_accounts_are_refused() -> None:
    with pytest.raises(PortError):
        Lake(port=0)
    with pytest.raises(LakeError, match="no address"):
        RunningLake("127.0.0.1")
    with pytest.raises(LakeError, match="no account"):
        RunningLake(account="test")


def test_two_suites_on_one_account_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path))
    monkeypatch.setattr(RunningLake, "_answers", lambda _: True)
    with RunningLake(), pytest.raises(LakeError, match="another test suite uses account"):
        RunningLake().start()


def test_each_is_a_data_lake() -> None:
    from lakestack.testing import LakeContainer

    for kind in (Lake, RunningLake, LakeContainer):
        wanted = {n for n in vars(DataLake) if not n.startswith("_")}
        assert wanted <= set(dir(kind)), kind
