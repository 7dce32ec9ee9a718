"""From objects to tables and partitions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.glue.formats import FileSchema
from lakestack.services.glue.grouping import (
    CrawledFile,
    Table,
    group,
    similar,
    spread,
    table_name,
)
from lakestack.services.glue.s3_crawler import split_path
from lakestack.services.glue.schema_types import Column


def schema(*names: str, kind: str = "json") -> FileSchema:
    return FileSchema(kind, tuple(Column(name, "int") for name in names), records=1)


A, B = schema("a", "b", "c"), schema("x", "y")


def _group(objects: dict[str, FileSchema], root: str = "", **settings: object) -> list[Table]:
    files = [CrawledFile(key, 10, found) for key, found in sorted(objects.items())]
    return group(files, root, **settings)  # type: ignore[arg-type]


def _shape(tables: list[Table]) -> dict[str, list[list[str]]]:
    return {table.prefix: [table.values(leaf) for leaf in table.leaves] for table in tables}


def test_files_of_one_folder_are_a_table() -> None:
    assert _shape(_group({"t/1": A, "t/2": A}, "t/")) == {"t/": [[]]}


def test_date_folders_are_partitions() -> None:
    (table,) = _group({"f/2026/11/23/14/x": A, "f/2026/11/24/00/x": A}, "f/")
    assert table.partition_keys == [f"partition_{n}" for n in range(4)]
    assert _shape([table]) == {"f/": [["2026", "11", "23", "14"], ["2026", "11", "24", "00"]]}


def test_key_value_folders() -> None:
    (table,) = _group({"s/Year=2019/m=Jan/1": A, "s/Year=2018/m=a=b/1": A}, "s/")
    assert table.partition_keys == ["year", "m"]
    assert sorted(_shape([table])["s/"]) == [["2018", "a=b"], ["2019", "Jan"]]


def test_the_guides_example_two_similar_tables_are_one() -> None:
    objects = {f"folder1/table{t}/partition{p}/file.txt": A for t in (1, 2) for p in (1, 2)}
    (table,) = _group(objects, "folder1/")
    assert table.partition_keys == ["partition_0", "partition_1"]
    assert len(_group(objects, "folder1/", table_level=3)) == 2


def test_different_schemas_are_different_tables() -> None:
    assert set(_shape(_group({"d/a/1": A, "d/b/1": B}, "d/"))) == {"d/a/", "d/b/"}


def test_the_majority_makes_the_table_and_the_odd_one_out_its_own() -> None:
    tables = _shape(_group({"d/1/x": A, "d/2/x": A, "d/3/x": B}, "d/"))
    assert tables == {"d/": [["1"], ["2"]], "d/3/": [[]]}


def test_formats_and_compressions_never_mix() -> None:
    packed = FileSchema("json", A.columns, "gzip")
    assert not similar(A, packed)
    assert not similar(A, schema("a", "b", "c", kind="csv"))
    assert len(_group({"d/1/x": A, "d/2/x": packed}, "d/")) == 2


def test_similarity_is_a_matter_of_common_columns() -> None:
    assert similar(schema("a", "b", "c"), schema("a", "b", "c", "d"))
    assert not similar(
        schema("userid", "movieid", "rating", "t"), schema("userid", "movieid", "t", "tag")
    )
    assert len(_group({"d/1/x": A, "d/2/x": B}, "d/", combine=True)) == 1


def test_a_folder_of_different_files_is_a_table_for_each() -> None:
    assert set(_shape(_group({"m/a.csv": A, "m/b.csv": B}, "m/"))) == {"m/a.csv", "m/b.csv"}


def test_files_beside_folders_are_tables_of_their_own() -> None:
    tables = _shape(_group({"m/a": A, "m/sub/b": A}, "m/"))
    assert set(tables) == {"m/a", "m/sub/"}


def test_names() -> None:
    assert table_name("data/Ratings-Partial.load/", "b") == "ratings_partial_load"
    assert table_name("", "my-bucket", "pre-") == "pre_my_bucket"
    assert table_name("data/movies.csv", "b") == "movies_csv"


def test_samples_are_spread() -> None:
    files = [CrawledFile(str(n), 1, None) for n in range(100)]
    chosen = [file.key for file in spread(files, 5)]
    assert chosen == ["0", "25", "50", "74", "99"]
    assert spread(files[:3], 5) == files[:3]


def test_paths() -> None:
    assert split_path("s3://b/x/y/") == ("b", "x/y/")
    assert split_path("s3a://b") == ("b", "")


@given(
    st.dictionaries(
        st.lists(st.sampled_from(["a", "b", "k=1", "k=2"]), min_size=1, max_size=4).map("/".join),
        st.sampled_from([A, B]),
        min_size=1,
        max_size=12,
    )
)
def test_every_object_is_in_exactly_one_table(objects: dict[str, FileSchema]) -> None:
    tables = _group(objects)
    keys = [file.key for table in tables for file in table.files]
    assert sorted(keys) == sorted(objects)
    for table in tables:
        values = [tuple(table.values(leaf)) for leaf in table.leaves]
        assert len(set(values)) == len(values)
        assert all(len(v) == len(table.partition_keys) for v in values)
