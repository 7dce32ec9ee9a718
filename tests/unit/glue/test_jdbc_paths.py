"""Include paths of JDBC targets, and the types of columns."""

from __future__ import annotations

import pytest

from lakestack.services.glue.runtime.awsglue.jdbc_paths import Wanted, hive_type


@pytest.mark.parametrize(
    ("vendor", "path", "schema", "table", "taken"),
    [
        ("postgresql", "db/public/%", "public", "films", True),
        ("postgresql", "db/public/%", "other", "films", False),
        ("postgresql", "db/%", "other", "films", True),
        ("postgresql", "db", "other", "films", True),
        ("postgresql", "db/%/f%s", "x", "films", True),
        ("postgresql", "db/public/film", "public", "films", False),
        ("postgresql", "db/public/a_b", "public", "axb", False),
        ("postgresql", "db/public/[ab]", "public", "a", False),
        ("mysql", "db/%", "", "films", True),
        ("mysql", "db/films", "", "film", False),
    ],
)
def test_a_percent_sign_stands_for_any_text(
    vendor: str, path: str, schema: str, table: str, taken: bool
) -> None:
    assert Wanted.of(vendor, path).takes(schema, table) is taken


@pytest.mark.parametrize(
    ("exclusion", "taken"),
    [("tmp_*", False), ("public/tmp_*", False), ("db/**", False), ("tmp", True), ("tmp_%", False)],
)
def test_exclusions_are_below_the_path_or_whole(exclusion: str, taken: bool) -> None:
    assert Wanted.of("postgresql", "db/public/%", [exclusion]).takes("public", "tmp_a") is taken


@pytest.mark.parametrize(
    ("vendor", "path", "said"),
    [
        ("mysql", "db/schema/%", "expected MyDatabase/%"),
        ("postgresql", "a/b/c/d", "expected MyDatabase/MySchema/%"),
        ("postgresql", "", "not valid"),
        ("postgresql", "%/public/%", "not valid"),
    ],
)
def test_what_is_no_path_is_said(vendor: str, path: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Wanted.of(vendor, path)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ((4, 10, 0), "int"),
        ((-5, 19, 0), "bigint"),
        ((-7, 1, 0), "boolean"),
        ((2, 10, 2), "decimal(10,2)"),
        ((2, 0, 0), "decimal(38,18)"),
        ((3, 65, 30), "decimal(38,18)"),
        ((93, 29, 6), "timestamp"),
        ((1111, 2147483647, 0), "string"),
    ],
)
def test_types_of_jdbc_are_hives(column: tuple[int, int, int], kind: str) -> None:
    assert hive_type(*column) == kind
