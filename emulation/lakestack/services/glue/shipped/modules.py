"""Which packages a job's imports ask for, and the folder that has them.

AWS Glue Developer Guide, "Using Python libraries with AWS Glue" (Python modules already provided in
AWS Glue; versions 2.0 to 5.1 together) and "Supported libraries for Python shell jobs" (library set
``analytics``). The versions are those that fit this environment, and not AWS's.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lakestack.errors import ArtifactError
from lakestack.locked_packages import Packages

LOCK = Path(__file__).with_name("packages.lock")
MOST_BYTES = 10 << 20
"""Of a module that are looked at."""

_BOTH = {"avro": "avro", "pymysql": "pymysql", "s3fs": "s3fs", "sklearn": "scikit-learn"}
SPARK: Mapping[str, str] = {
    **_BOTH,
    "aiobotocore": "aiobotocore",
    "aiohttp": "aiohttp",
    "aioitertools": "aioitertools",
    "aiosignal": "aiosignal",
    "chardet": "chardet",
    "contourpy": "contourpy",
    "cycler": "cycler",
    "Cython": "cython",
    "docutils": "docutils",
    "fontTools": "fonttools",
    "frozenlist": "frozenlist",
    "fsspec": "fsspec",
    "importlib_metadata": "importlib-metadata",
    "joblib": "joblib",
    "kaleido": "kaleido",
    "kiwisolver": "kiwisolver",
    "matplotlib": "matplotlib",
    "mpl_toolkits": "matplotlib",
    "multidict": "multidict",
    "nltk": "nltk",
    "patsy": "patsy",
    "PIL": "pillow",
    "plotly": "plotly",
    "pyhocon": "pyhocon",
    "seaborn": "seaborn",
    "simplejson": "simplejson",
    "statsmodels": "statsmodels",
    "tenacity": "tenacity",
    "virtualenv": "virtualenv",
    "yarl": "yarl",
    "zipp": "zipp",
}
"""What Spark jobs find, by the name that a script imports."""
SHELL: Mapping[str, str] = {
    **_BOTH,
    "awswrangler": "awswrangler",
    "elasticsearch": "elasticsearch",
    "psycopg2": "psycopg2-binary",
    "pyathena": "pyathena",
    "pyodbc": "pyodbc",
    "pyorc": "pyorc",
    "redshift_connector": "redshift-connector",
    "sqlalchemy": "sqlalchemy",
}
"""What Python shell jobs find."""
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)")


@dataclass(frozen=True)
class Pin:
    """A package of the lock.

    Attributes:
        version: of it
        text: its lines, with the hashes
        wanted_by: the packages that need it
    """

    version: str
    text: str
    wanted_by: frozenset[str]


def of(command: str) -> Mapping[str, str]:
    """What jobs of a type find: packages by the names that scripts import.

    Args:
        command: ``Command.Name`` of the job
    """
    return SHELL if command == "pythonshell" else SPARK


def imported(sources: Iterable[Path]) -> set[str]:
    """The first names of the modules that scripts and modules import; zips of modules, too."""
    found: set[str] = set()
    for text in _texts(sources):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def wanted(command: str, names: Collection[str]) -> list[str]:
    """The packages that are to be fetched for some imports.

    Args:
        command: ``Command.Name`` of the job
        names: from `imported`
    """
    known = of(command)
    lacking = {n for n in known.keys() & names if importlib.util.find_spec(n) is None}
    return sorted({known[name] for name in lacking})


def folder(
    packages: Sequence[str],
    notice: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> Path | None:
    """A folder for the job's path, in which packages are with all that they need.

    Args:
        packages: from `wanted`
        notice: writes to the run's error log
        environment: of pip; None: the emulator's, which may have to do without a network

    Returns:
        None: there is nothing to fetch, or it cannot be fetched, which is noted
    """
    if not packages:
        return None
    shipped = Packages(
        kind="glue-shipped",
        lock="".join(pins()[name].text for name in closure(packages) if not _is_here(name)),
        what=f"what AWS Glue brings ({', '.join(packages)})",
        remedy="bring them by --additional-python-modules",
    )
    try:
        return shipped.fetched(notice, environment)
    except ArtifactError as e:
        notice(f"{e.message}; {e.hint}")
        return None


def closure(packages: Iterable[str]) -> list[str]:
    """Packages with all that they need, by the lock."""
    found = set(packages)
    while True:
        more = {name for name, pin in pins().items() if pin.wanted_by & found} - found
        if not more:
            return sorted(found)
        found |= more


@cache
def pins() -> Mapping[str, Pin]:
    """The packages of the lock by their names."""
    found: dict[str, Pin] = {}
    for part in re.split(r"(?m)^(?=[A-Za-z0-9])", LOCK.read_text()):
        head = _PIN.match(part)
        if head is None:
            continue
        lines = part.splitlines()
        text = "".join(f"{line}\n" for line in lines if not line.lstrip().startswith("#"))
        words = " ".join(line.strip("# ") for line in lines if line.lstrip().startswith("#"))
        by = frozenset(words.removeprefix("via").split())
        found[head["name"]] = Pin(head["version"], text, by)
    return found


def _is_here(name: str) -> bool:
    try:
        return importlib.metadata.version(name) == pins()[name].version
    except importlib.metadata.PackageNotFoundError:
        return False


def _texts(sources: Iterable[Path]) -> Iterator[str]:
    for source in sources:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as archive:
                for name in archive.namelist():
                    if name.endswith(".py"):
                        with archive.open(name) as file:
                            yield file.read(MOST_BYTES).decode(errors="replace")
        elif source.is_file():
            with source.open("rb") as file:
                yield file.read(MOST_BYTES).decode(errors="replace")
