"""The code that the lake uploads: Lambda functions, the Glue script, SageMaker's source directory.

The archives have the same bytes for the same files: sorted names, no times, owners or caches.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from botocore.exceptions import ClientError

from pipeline.errors import LakeError
from pipeline.lake import Lake, is_missing
from pipeline.run_state import fingerprint

__all__ = [
    "glue_modules",
    "glue_script",
    "lambda_key",
    "lambda_package",
    "package_key",
    "query_script",
    "retraining_package",
    "source_directory",
    "upload",
    "upload_lambdas",
]

LAMBDAS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "consumer": ("consumer",),
        "copy_files": ("copy_files", "custom_resource"),
        "simulator": ("simulator",),
        "start_task": ("start_task", "custom_resource"),
    }
)
"""Modules of ``pipeline.lambdas`` in the package of each function."""

_PROJECT: Final = Path(__file__).resolve().parent.parent
_LEFT_OUT: Final = frozenset({"__pycache__", "tests", ".pytest_cache", ".mypy_cache"})


def glue_script(project: Path = _PROJECT) -> bytes:
    """The text of ``spark_jobs/training_data.py``."""
    return _read(project / "spark_jobs" / "training_data.py")


def query_script(project: Path = _PROJECT) -> bytes:
    """The text of ``spark_jobs/query.py``."""
    return _read(project / "spark_jobs" / "query.py")


def glue_modules(project: Path = _PROJECT) -> bytes:
    """``spark_jobs.zip``, the package ``spark_jobs`` that the script imports from."""
    folder = project / "spark_jobs"
    _read(folder / "__init__.py")
    return _zipped(
        {path.relative_to(project).as_posix(): path.read_bytes() for path in _source_files(folder)}
    )


def lambda_package(function: str, project: Path = _PROJECT) -> bytes:
    """A zip with the modules of one of `LAMBDAS` at its top."""
    folder = project / "pipeline" / "lambdas"
    return _zipped({f"{module}.py": _read(folder / f"{module}.py") for module in LAMBDAS[function]})


def retraining_package(project: Path = _PROJECT) -> bytes:
    """A zip with retrain.py at its top and the package ``pipeline``, which it takes the rest of.

    Left out is the work on source data, which needs more than Lambda's Python has.
    """
    folder = project / "pipeline"
    files = {"retrain.py": folder / "lambdas" / "retrain.py"}
    for path in _source_files(folder):
        name = path.relative_to(project).as_posix()
        if path.suffix in (".py", ".yaml") and not name.startswith("pipeline/data/"):
            files[name] = path
    return _zipped({name: _read(path) for name, path in sorted(files.items())})


def package_key(function: str, package: bytes) -> str:
    """Where a package lies: another key for other code, so a stack sees it."""
    return f"code/lambdas/{function}-{fingerprint(package)[:16]}.zip"


def lambda_key(function: str) -> str:
    """Where the package of a function lies: another key for other code, so a stack sees it."""
    return package_key(function, lambda_package(function))


def upload_lambdas(lake: Lake) -> None:
    """Put all packages into the bucket."""
    for function in LAMBDAS:
        upload(lake, lambda_key(function), lambda_package(function), "application/zip")


def source_directory(project: Path = _PROJECT) -> bytes:
    """``sourcedir.tar.gz`` of ``models/``, with train.py and inference.py at its top."""
    folder = project / "models"
    for needed in ("train.py", "inference.py"):
        _read(folder / needed)
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in _source_files(folder):
            content = path.read_bytes()
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def upload(lake: Lake, key: str, content: bytes, content_type: str) -> bool:
    """Put `content` at `key` unless it is there already; whether it was put."""
    digest = fingerprint(content)
    try:
        there = lake.s3.head_object(Bucket=lake.bucket, Key=key)["Metadata"].get("fingerprint")
    except ClientError as error:
        if not is_missing(error):
            raise
        there = None
    if there == digest:
        return False
    lake.s3.put_object(
        Bucket=lake.bucket,
        Key=key,
        Body=content,
        ContentType=content_type,
        Metadata={"fingerprint": digest},
    )
    return True


def _source_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _LEFT_OUT for part in parts)
        if path.is_file() and not hidden and path.suffix not in (".pyc", ".pyo"):
            yield path


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files in this order, with the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # with zip's first date
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise LakeError(
            f"The project is incomplete: {path} is missing.", "Get it again: git checkout -- ."
        ) from error
