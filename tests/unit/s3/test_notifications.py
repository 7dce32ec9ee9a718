"""Keys in S3's events."""

from __future__ import annotations

import pytest

from lakestack.services.s3.notifications import Sequencer, encoded_key, is_marker, matches_filter


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("red flower.jpg", "red+flower.jpg"),
        ("dt=2024-01-01/my file.csv", "dt%3D2024-01-01/my+file.csv"),
        ("a+b&c", "a%2Bb%26c"),
        ("Größe.csv", "Gr%C3%B6%C3%9Fe.csv"),
    ],
)
def test_a_notification_s_key_is_encoded_as_in_a_form(key: str, expected: str) -> None:
    assert encoded_key(key) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Prefix", "dt=2024", True),
        ("prefix", "dt%3D2024", True),
        ("Prefix", "dt=2025", False),
        ("Suffix", " b.csv", True),
        ("Suffix", "%20b.csv", True),
        ("Suffix", "a.csv", False),
    ],
)
def test_a_filter_may_be_encoded_or_plain(name: str, value: str, *, expected: bool) -> None:
    rules = {"Key": {"FilterRules": [{"Name": name, "Value": value}]}}

    assert matches_filter(rules, "dt=2024/a b.csv") is expected


@pytest.mark.parametrize("rules", [None, {}, {"Key": {}}, {"Key": {"FilterRules": []}}])
def test_no_filter_takes_every_key(rules: object) -> None:
    assert matches_filter(rules, "any")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("out/__magic/job-1/tasks/a/__base/part-0.parquet", True),
        ("__magic_job-7/x", True),
        ("out/__magic.csv", False),
        ("out/my__magic/part-0.parquet", False),
        ("out/part-0.parquet", False),
    ],
)
def test_a_committer_s_markers_are_known(key: str, *, expected: bool) -> None:
    assert is_marker(key) is expected


def test_sequencers_grow_also_over_a_restart() -> None:
    first, second = Sequencer(1_700_000_000.0), Sequencer(1_700_000_001.0)
    found = [*(first.following() for _ in range(3)), *(second.following() for _ in range(3))]
    assert found == sorted(set(found))
    assert {len(each) for each in found} == {18}
