"""A job run's arguments: merging, the order a script sees, and Glue's special parameters.

AWS Glue Developer Guide, "Using job parameters in AWS Glue jobs".
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lakestack.archives import check_zip
from lakestack.services.glue import python_modules, table_formats
from lakestack.services.glue.special_parameters import LIBRARY_SET, Effect, with_effect

MAX_PYTHON_FILES_BYTES = 1 << 30
"""What an archive of ``--extra-py-files`` may unpack to: our guess."""

_CATALOG_CLIENT = "AWSGlueDataCatalogHiveClientFactory"
_VARIABLE = re.compile(r'(?:[^,"]|"[^"]*")+')


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
        formats: ``--datalake-formats``
        data_catalog: ``--enable-glue-datacatalog``, or its client's class in ``--conf``: Spark SQL
            sees the Data Catalog
        jars_first: ``--user-jars-first``: classes are looked for in the job's jars first
        script: S3 URL of ``--scriptLocation``, which goes before the job's own
        driver_variables: environment of the script (``--customer-driver-env-vars``)
        executor_variables: environment of Spark's workers (``--customer-executor-env-vars``)
        ignored: parameters and settings that have no effect here
    """

    python_files: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    jars: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    module_options: str = ""
    spark_conf: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    data_catalog: bool = False
    jars_first: bool = False
    script: str = ""
    driver_variables: Mapping[str, str] = field(default_factory=dict)
    executor_variables: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = field(default=())


def merge(defaults: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Default arguments with a run's own over them (the run wins)."""
    return {**defaults, **given}


def special(arguments: Mapping[str, str]) -> SpecialParameters:
    """Read Glue's special parameters.

    Raises:
        ArgumentError: one of them is not emulated, or wrong
        FormatError: there is no such table format
    """
    for name in sorted(with_effect(Effect.REFUSED)):
        if arguments.get(name):
            raise ArgumentError(f"{name} is not emulated: the job cannot get the jars it asks for")
    language = arguments.get("--job-language", "python")
    if language.lower() != "python":
        raise ArgumentError(f"--job-language {language} is not emulated; only python is")
    conf, foreign = _conf(arguments.get("--conf"))
    return SpecialParameters(
        python_files=tuple(_list(arguments.get("--extra-py-files"))),
        files=tuple(_list(arguments.get("--extra-files"))),
        jars=tuple(_jars(arguments.get("--extra-jars"))),
        modules=tuple(_list(arguments.get(python_modules.PARAMETER))),
        module_options=arguments.get(python_modules.OPTIONS, ""),
        spark_conf=tuple(conf),
        formats=table_formats.asked(arguments.get(table_formats.PARAMETER)),
        # The switch alone is enough on AWS too.
        data_catalog=arguments.get("--enable-glue-datacatalog", "false").lower() != "false"
        or any(_CATALOG_CLIENT in setting for setting in conf),
        jars_first=arguments.get("--user-jars-first", "false").lower() == "true",
        script=arguments.get("--scriptLocation", ""),
        driver_variables=_variables("--customer-driver-env-vars", arguments),
        executor_variables=_variables("--customer-executor-env-vars", arguments),
        ignored=(*sorted(with_effect(Effect.NONE) & arguments.keys()), *foreign),
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
        ArgumentError: it is neither ``.py`` nor ``.zip``, ``.egg``, ``.whl``, ``.jar`` (Delta
            Lake's has modules)
        ArchiveError: it has entries that lead outside, or unpacks to more than 1 GB
    """
    if file.suffix == ".py":
        return file.parent
    if file.suffix in {".zip", ".egg", ".jar"} or file.name.endswith("-none-any.whl"):
        if zipfile.is_zipfile(file):  # Python leaves out what is none
            check_zip(file, MAX_PYTHON_FILES_BYTES, file.name)
        return file
    raise ArgumentError(
        f"{file.name} cannot be put on the Python path; .py, .zip, .egg, .jar and pure wheels can"
    )


def _list(value: str | None) -> list[str]:
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def _jars(value: str | None) -> list[str]:
    found = _list(value)
    for url in found:
        if not (python_modules.is_url(url) and url.endswith(".jar")):
            raise ArgumentError(f"--extra-jars {url!r} is not valid; expected s3://bucket/key.jar")
    return found


def _conf(value: str | None) -> tuple[list[str], list[str]]:
    """``a=b`` or, with AWS's trick for several, ``a=b --conf c=d``.

    Returns:
        Spark's settings, and those that are not Spark's, which it passes over as on AWS
    """
    parts = re.split(r"(?:^|\s)--conf(?:\s+|=|$)", value or "")
    settings = [part.strip().strip("'\"") for part in parts if part.strip()]
    for setting in settings:
        if "=" not in setting or setting.startswith("="):
            raise ArgumentError(f"--conf {setting!r} is not valid; expected spark.name=value")
    of_spark = [each for each in settings if each.startswith("spark.")]
    return of_spark, [f"--conf {each}" for each in settings if each not in of_spark]


def _variables(parameter: str, arguments: Mapping[str, str]) -> dict[str, str]:
    """``CUSTOMER_A=1,CUSTOMER_B="2,3"``: the variables by name."""
    found = {}
    for part in _VARIABLE.findall(arguments.get(parameter, "")):
        name, _, value = part.strip().partition("=")
        if not name.startswith("CUSTOMER_") or "=" not in part:
            raise ArgumentError(
                f"{parameter} {part.strip()!r} is not valid; expected CUSTOMER_NAME=value, "
                "several with commas between them"
            )
        found[name] = value.strip().strip('"')
    return found
