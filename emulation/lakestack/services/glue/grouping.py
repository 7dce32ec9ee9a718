"""Turn a target's objects into tables and partitions, as the crawler does.

AWS Glue Developer Guide, "How does a crawler determine when to create partitions?": when the
majority of schemas at a folder level are similar (same format and compression, most columns in
common), the folder is one table and the folders below it are its partitions; otherwise each
folder is a table of its own. Pure logic: nothing here talks to a service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lakestack.services.glue.formats import FileSchema
from lakestack.services.glue.schema_types import compatible

SIMILARITY = 0.7
"""Part of the columns that two schemas must have in common."""
_KEY_VALUE = re.compile(r"([^=/]+)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class CrawledFile:
    """An object of the target; `schema` is None where it was not among the samples."""

    key: str
    size: int
    schema: FileSchema | None


@dataclass
class Leaf:
    """A folder with data: a partition of a table, or (with no `parts`) the table itself."""

    prefix: str
    parts: tuple[str, ...]
    files: list[CrawledFile]


@dataclass
class Table:
    """A table to be: where it lies, and its partitions.

    Attributes:
        prefix: key prefix ending in "/", or an object's key when the object is the table
    """

    prefix: str
    leaves: list[Leaf]

    @property
    def files(self) -> list[CrawledFile]:
        return [file for leaf in self.leaves for file in leaf.files]

    @property
    def schemas(self) -> list[FileSchema]:
        return [file.schema for file in self.files if file.schema is not None]

    @property
    def partition_keys(self) -> list[str]:
        """Name of each folder level: the key of ``key=value`` folders, else ``partition_N``."""
        levels = zip(*(leaf.parts for leaf in self.leaves), strict=True)
        return [_level_name(set(level), n) for n, level in enumerate(levels)]

    def values(self, leaf: Leaf) -> list[str]:
        """Partition values of a leaf, in the order of `partition_keys`."""
        return [
            part.partition("=")[2] if _key(part) == key else part
            for key, part in zip(self.partition_keys, leaf.parts, strict=True)
        ]


@dataclass
class _Folder:
    prefix: str
    name: str
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: list[CrawledFile] = field(default_factory=list)


def group(
    files: Iterable[CrawledFile],
    root: str,
    *,
    table_level: int | None = None,
    combine: bool = False,
) -> list[Table]:
    """Group objects below a target into tables, ordered by location.

    Args:
        root: the target's prefix: "" or ending in "/"
        table_level: depth at which tables begin, the bucket being 1 (crawler configuration
            ``Grouping.TableLevelConfiguration``)
        combine: unite whatever has the same format ("CombineCompatibleSchemas")
    """
    top = _tree(files, root)
    threshold = 0.0 if combine else SIMILARITY
    return sorted(_resolve(top, threshold, table_level), key=lambda table: table.prefix)


def similar(a: FileSchema, b: FileSchema, threshold: float = SIMILARITY) -> bool:
    """Whether two objects could be in one table."""
    if (a.classification, a.compression) != (b.classification, b.compression):
        return False
    if a.properties.get("delimiter") != b.properties.get("delimiter"):
        return False
    mine = {column.name: column.type for column in a.columns}
    theirs = {column.name: column.type for column in b.columns}
    if not mine and not theirs:
        return True
    common = sum(
        1 for name, kind in mine.items() if name in theirs and compatible(kind, theirs[name])
    )
    return common >= threshold * len(mine.keys() | theirs.keys())


def table_name(location: str, bucket: str, prefix: str = "") -> str:
    """Name of the table at a location: its last folder's (or file's) name, cleaned.

    Lower case; what is neither letter, digit nor underscore becomes an underscore.
    """
    name = location.rstrip("/").rpartition("/")[2] or bucket
    return re.sub(r"[^a-z0-9_]", "_", (prefix + name).lower())


def _tree(files: Iterable[CrawledFile], root: str) -> _Folder:
    top = _Folder(root, root.rstrip("/").rpartition("/")[2])
    for file in files:
        folder = top
        *folders, _ = file.key[len(root) :].split("/")
        for name in folders:
            if name not in folder.folders:
                folder.folders[name] = _Folder(f"{folder.prefix}{name}/", name)
            folder = folder.folders[name]
        folder.files.append(file)
    return top


def _resolve(folder: _Folder, threshold: float, level: int | None) -> list[Table]:
    if not folder.folders:
        return _resolve_files(folder, threshold)
    below = {name: _resolve(child, threshold, level) for name, child in folder.folders.items()}
    if not folder.files and (level is None or folder.prefix.count("/") + 1 >= level):
        candidates = {
            name: tables[0]
            for name, tables in below.items()
            if len(tables) == 1 and tables[0].prefix == folder.folders[name].prefix
        }
        chosen = _majority(candidates, threshold)
        if 2 * len(chosen) > len(below):
            leaves = [
                Leaf(leaf.prefix, (name, *leaf.parts), leaf.files)
                for name in chosen
                for leaf in candidates[name].leaves
            ]
            rest = [t for name, tables in below.items() if name not in chosen for t in tables]
            return [Table(folder.prefix, leaves), *rest]
    # Data beside folders: AWS makes a table of each object, since a table at the folder would
    # read the folders below it too.
    single = [_file_table(file) for file in folder.files]
    return single + [table for tables in below.values() for table in tables]


def _resolve_files(folder: _Folder, threshold: float) -> list[Table]:
    known = [file.schema for file in folder.files if file.schema is not None]
    if all(similar(known[0], other, threshold) for other in known[1:]):
        return [Table(folder.prefix, [Leaf(folder.prefix, (), folder.files)])]
    return [_file_table(file) for file in folder.files]


def _file_table(file: CrawledFile) -> Table:
    return Table(file.key, [Leaf(file.key, (), [file])])


def _majority(candidates: dict[str, Table], threshold: float) -> list[str]:
    """Names of the largest set of sibling folders that could be one table."""
    clusters: list[list[str]] = []
    for name, table in candidates.items():
        for cluster in clusters:
            if _joinable(cluster[0], candidates[cluster[0]], name, table, threshold):
                cluster.append(name)
                break
        else:
            clusters.append([name])
    return max(clusters, key=len, default=[])


def _joinable(name_a: str, a: Table, name_b: str, b: Table, threshold: float) -> bool:
    depth_a, depth_b = (len(table.leaves[0].parts) for table in (a, b))
    if depth_a != depth_b or _key(name_a) != _key(name_b):
        return False
    if a.partition_keys != b.partition_keys or not a.schemas or not b.schemas:
        return False
    return similar(a.schemas[0], b.schemas[0], threshold)


def _key(folder: str) -> str | None:
    match = _KEY_VALUE.fullmatch(folder)
    return match[1].lower() if match else None


def _level_name(folders: set[str], level: int) -> str:
    keys = {_key(folder) for folder in folders}
    only = keys.pop() if len(keys) == 1 else None
    return only or f"partition_{level}"


def spread(files: Sequence[CrawledFile], limit: int) -> list[CrawledFile]:
    """At most `limit` objects of a folder: the first, the last, and evenly between."""
    if len(files) <= limit:
        return list(files)
    step = (len(files) - 1) / (limit - 1)
    return [files[round(i * step)] for i in range(limit)]
