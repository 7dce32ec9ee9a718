"""A job run's arguments: merging, the order a script sees, and Glue's special parameters.

AWS Glue Developer Guide, "Using job parameters in AWS Glue jobs".
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lakestack.archives import check_zip
from lakestack.services.glue import python_modules

MAX_PYTHON_FILES_BYTES = 1 << 30
"""What an archive of ``--extra-py-files`` may unpack to: our guess."""


class ArgumentError(ValueError):
    """A special parameter cannot be honoured; the text becomes the run's ErrorMessage."""


@dataclass(frozen=True)
class SpecialParameters:
    """What Glue itself reads from the arguments (the script sees them too).

    Attributes:
        python_files: S3 URLs of ``--extra-py-files``
        files: S3 URLs of ``--extra-files``, put into the script's working directory
        jars: S3 URLs of ``--extra-jars``
        modules: of ``--additional-python-modules``: requirements, and S3 URLs
        module_options: ``--python-modules-installer-option``
        spark_conf: ``--conf`` settings as ``key=value``
        data_catalog: ``--enable-glue-datacatalog``: Spark SQL sees the Data Catalog
    """

    python_files: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    jars: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    module_options: str = ""
    spark_conf: tuple[str, ...] = ()
    data_catalog: bool = False
    ignored: tuple[str, ...] = field(default=())


LIBRARY_SET = "library-set"
"""Which libraries a Python shell job finds: the one parameter that AWS writes without hyphens
("Configuring job properties for Python shell jobs in AWS Glue")."""

# Accepted, and without effect on a laptop; the run's log says so. Libraries are those of the
# emulator's Python, whichever set is asked for.
_NO_EFFECT = frozenset(
    {
        LIBRARY_SET,
        f"--{LIBRARY_SET}",
        "--enable-auto-scaling",
        "--enable-continuous-cloudwatch-log",
        "--enable-continuous-log-filter",
        "--enable-job-insights",
        "--enable-observability-metrics",
        "--enable-s3-parquet-optimized-committer",
        "--enable-spark-ui",
        "--spark-event-logs-path",
    }
)
_REFUSED = ("--user-jars-first", "--class", "--datalake-formats")


def merge(defaults: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Default arguments with a run's own over them (the run wins)."""
    return {**defaults, **given}


def special(arguments: Mapping[str, str]) -> SpecialParameters:
    """Read Glue's special parameters.

    Raises:
        ArgumentError: one of them is not emulated, or wrong
    """
    for name in _REFUSED:
        if arguments.get(name):
            raise ArgumentError(f"{name} is not emulated: the job cannot get the jars it asks for")
    language = arguments.get("--job-language", "python")
    if language.lower() != "python":
        raise ArgumentError(f"--job-language {language} is not emulated; only python is")
    return SpecialParameters(
        python_files=tuple(_list(arguments.get("--extra-py-files"))),
        files=tuple(_list(arguments.get("--extra-files"))),
        jars=tuple(_jars(arguments.get("--extra-jars"))),
        modules=tuple(_list(arguments.get(python_modules.PARAMETER))),
        module_options=arguments.get(python_modules.OPTIONS, ""),
        spark_conf=tuple(_conf(arguments.get("--conf"))),
        # The switch alone is enough on AWS too.
        data_catalog=arguments.get("--enable-glue-datacatalog", "false").lower() != "false",
        ignored=tuple(sorted(_NO_EFFECT & arguments.keys())),
    )


def command_line(
    arguments: Mapping[str, str], *, job_name: str, job_id: str, run_id: str
) -> list[str]:
    """The arguments as the script finds them in ``sys.argv[1:]``."""
    line = ["--job-bookmark-option", "job-bookmark-disable"]
    if "--job-bookmark-option" in arguments:
        line = []
    for name, value in arguments.items():
        if name != LIBRARY_SET:  # is of no use to a script
            line += [name, value]
    return [*line, "--JOB_ID", job_id, "--JOB_RUN_ID", run_id, "--JOB_NAME", job_name]


def python_path_entry(file: Path) -> Path:
    """What a downloaded ``--extra-py-files`` entry adds to PYTHONPATH.

    Raises:
        ArgumentError: it is neither ``.py`` nor ``.zip``, ``.egg``, ``.whl``
        ArchiveError: it has entries that lead outside, or unpacks to more than 1 GB
    """
    if file.suffix == ".py":
        return file.parent
    if file.suffix in {".zip", ".egg"} or file.name.endswith("-none-any.whl"):
        if zipfile.is_zipfile(file):  # Python leaves out what is none
            check_zip(file, MAX_PYTHON_FILES_BYTES, file.name)
        return file
    raise ArgumentError(
        f"{file.name} cannot be put on the Python path; .py, .zip, .egg and pure wheels can"
    )


def _list(value: str | None) -> list[str]:
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def _jars(value: str | None) -> list[str]:
    found = _list(value)
    for url in found:
        if not (python_modules.is_url(url) and url.endswith(".jar")):
            raise ArgumentError(f"--extra-jars {url!r} is not valid; expected s3://bucket/key.jar")
    return found


def _conf(value: str | None) -> list[str]:
    """``a=b`` or, with AWS's trick for several, ``a=b --conf c=d``."""
    settings = [part.strip() for part in (value or "").split("--conf") if part.strip()]
    for setting in settings:
        if not setting.startswith("spark.") or "=" not in setting:
            raise ArgumentError(f"--conf {setting!r} is not valid; expected spark.name=value")
    return settings
