"""Open table formats of a job (``--datalake-formats``): their jars, and what else they need here.

AWS Glue Developer Guide, "Using data lake frameworks with AWS Glue ETL jobs" and "AWS Glue
versions": those of Glue 5.1, which runs the same Spark. The jars are fetched when a job first asks
for them, pinned by hash. The AWS SDK in Iceberg's finds the emulator by ``AWS_ENDPOINT_URL``, as
any catalog of any name does, and takes path-style addresses because its host is a number.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lakestack.errors import ArtifactError, EmulationError
from lakestack.java import artifacts

PARAMETER = "--datalake-formats"
FORMATS = ("delta", "hudi", "iceberg")
"""Each is a set of the lock, after ``table-``."""

MODULE = "delta"
"""The Python module of Delta Lake, which its jar brings."""
VARIABLE = "LAKE_TABLE_FORMATS"
_HUDI_DEFAULTS = "hoodie.embed.timeline.server=false\n"
"""Its server would listen on every address of the machine."""

_SETTINGS = {
    # Of 50, which suit a cluster, each operation on a table would wait for on a laptop.
    "delta": ("spark.databricks.delta.snapshotPartitions=2",),
}
"""Settings of Spark; those of the job win."""


class FormatError(ValueError):
    """The parameter's value cannot be used; the text becomes the run's ErrorMessage."""


@dataclass(frozen=True)
class Brought:
    """What a run gets for its formats.

    Attributes:
        jars: for the class path of the driver and of executors
        python: folders for the script's Python path
        variables: of the job's environment
        settings: of Spark, as ``name=value``
    """

    jars: tuple[Path, ...] = ()
    python: tuple[Path, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    settings: tuple[str, ...] = ()


def asked(value: str | None) -> tuple[str, ...]:
    """The formats that the parameter names, several with commas between them.

    Raises:
        FormatError: it names another
    """
    found = [part.strip() for part in (value or "").split(",") if part.strip()]
    for name in found:
        if name.lower() not in FORMATS:
            raise FormatError(
                f"{PARAMETER} {name!r} is not valid; valid values: {', '.join(FORMATS)}, several "
                "with commas between them"
            )
    return tuple(dict.fromkeys(name.lower() for name in found))


def bring(formats: Sequence[str], workdir: Path, note: Callable[[str], None]) -> Brought:
    """Have at hand what a run needs.

    Args:
        formats: from `asked`
        workdir: private folder of the run
        note: writes to the run's error log

    Raises:
        ArtifactError: a jar is not in the cache and cannot be fetched
    """
    if not formats:
        return Brought()
    jars = [jar for name in formats for jar in _jars(name, note)]
    variables = {VARIABLE: ",".join(formats)}
    if "hudi" in formats:
        folder = workdir / "hudi"
        folder.mkdir()
        (folder / "hudi-defaults.conf").write_text(_HUDI_DEFAULTS)
        variables["HUDI_CONF_DIR"] = str(folder)
    python = [_unpacked(jars, workdir / "delta-python")] if "delta" in formats else []
    settings = [each for name in formats for each in _SETTINGS.get(name, ())]
    return Brought(tuple(jars), tuple(python), tuple(variables.items()), tuple(settings))


def _jars(name: str, note: Callable[[str], None]) -> list[Path]:
    try:
        return artifacts.fetched(f"table-{name}", note)
    except (ArtifactError, EmulationError) as e:
        raise ArtifactError(
            f"LAUNCH ERROR | {PARAMETER} {name}: its jars are not in the cache and could not be "
            f"fetched ({e.message})",
            f"run the job once with a network, or leave {name} out of {PARAMETER} and bring the "
            "jars by --extra-jars",
        ) from e


def _unpacked(jars: Iterable[Path], folder: Path) -> Path:
    """The Python modules that a jar brings, as files: Python reads them faster than the archive."""
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                path = PurePosixPath(name)
                if path.parts[0] == MODULE and path.suffix == ".py" and ".." not in path.parts:
                    target = folder / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(name))
    return folder
