"""Python modules that a job asks for (``--additional-python-modules``), in a folder of its own.

What the emulator's Python has in a fitting version is used; the rest is installed by pip into an
environment beside it, which sees its packages and stands before them on the job's path. It is kept
in the cache under a name made of all that settles its contents, so the second run installs nothing
and needs no network.

Only wheels are taken: making one from a source archive would run foreign code outside the job.

AWS Glue Developer Guide, "Using Python libraries with AWS Glue".
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import platform
import re
import shlex
import shutil
import sys
import sysconfig
import tempfile
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from lakestack import paths, pip_settings
from lakestack.archives import unzip
from lakestack.disk import OTHER_CACHE, explained
from lakestack.errors import ArtifactError
from lakestack.exclusive import alone
from lakestack.services.front_guard.hosts import AWS_DOMAINS, below

__all__ = ["ModuleError", "Modules", "environment", "is_url", "modules", "packed"]

PARAMETER = "--additional-python-modules"
OPTIONS = "--python-modules-installer-option"
BUNDLE = ".gluewheels.zip"
MAX_BUNDLE_BYTES = 1 << 30
"""What a bundle of wheels may unpack to: our guess."""

_FLAGS = (
    "--upgrade",
    "-U",
    "--no-deps",
    "--no-cache-dir",
    "--prefer-binary",
    "--pre",
    "--no-index",
)
_WITH_URL = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f")
_LIST = ("--requirement", "-r")
# Glue's own: another version beside the jars of this one would break every job.
_FIXED = ("pyspark", "py4j")


class ModuleError(ValueError):
    """The modules cannot be had; the text becomes the run's ErrorMessage."""


@dataclass(frozen=True)
class Modules:
    """What is to be installed.

    Attributes:
        requirements: as pip takes them
        wheels: files
        options: of pip
    """

    requirements: tuple[str, ...] = ()
    wheels: tuple[Path, ...] = ()
    options: tuple[str, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """The requirements that the emulator's Python does not meet.

        Raises:
            ModuleError: one is no requirement
        """
        return tuple(text for text in self.requirements if not _met(text))


def is_url(name: str) -> bool:
    """Whether it names an object of S3."""
    return name.startswith(("s3://", "s3a://"))


def name_of(given: str) -> str:
    """The package that an item of the parameter stands for, as indexes compare names."""
    text = given.strip().rpartition("/")[2] if is_url(given) else given.strip()
    # A wheel's file name has its version after a hyphen, where a requirement has an operator.
    name = text.partition("-")[0] if is_url(given) else re.split(r"[=<>!~;\[ @]", text)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def modules(names: Sequence[str], options: str, fetch: Callable[[str], Path]) -> Modules:
    """Read the two parameters.

    Args:
        names: of ``--additional-python-modules``: requirements, and URLs of wheels or bundles of
            wheels (``.gluewheels.zip``) in S3; with the option ``-r`` URLs of requirements files
        options: of ``--python-modules-installer-option``
        fetch: downloads an object of S3

    Raises:
        ModuleError: an option or a file is not taken
        ArchiveError: a bundle is damaged, or too large
    """
    flags, lists = _options(options)
    requirements = [name for name in names if not is_url(name)]
    wheels = []
    for file in [fetch(name) for name in names if is_url(name)]:
        if lists:
            requirements += _listed(file)
        elif file.suffix == ".whl":
            wheels.append(file)
        elif file.name.endswith(BUNDLE):
            wheels += _bundled(file)
        else:
            raise ModuleError(
                f"{PARAMETER}: {file.name} is no wheel; source archives are not built"
            )
    for wheel in wheels:
        _check_fits(wheel)
    return Modules(tuple(requirements), tuple(wheels), tuple(flags))


def _check_fits(wheel: Path) -> None:
    """Refuse a wheel for another Python or machine, which pip's exit code would not explain."""
    try:
        name, version, _, tags = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename:  # pip says what is wrong with it
        return
    if tags.isdisjoint(sys_tags()):
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise ModuleError(
            f"{PARAMETER}: {wheel.name} is for {', '.join(sorted(map(str, tags)))}, and jobs run "
            f"here with Python {python} on {platform.system()} {platform.machine()}; name "
            f"{name}=={version} instead, or a wheel for them"
        )


def environment(
    wanted: Modules, run: Callable[[list[str], dict[str, str]], int], notice: Callable[[str], None]
) -> Path | None:
    """The folder with the modules for the job's path, made if it is not in the cache.

    Args:
        wanted: what the job asks for
        run: runs pip: command and environment to exit code; its output is for the job's log
        notice: is told what is going on

    Returns:
        None: the emulator's Python has all of it

    Raises:
        ModuleError: they cannot be installed
        ArtifactError: the cache cannot be written to
    """
    if not wanted.wheels and not wanted.missing():
        return None
    made = paths.cache() / "glue-modules" / _key(wanted)
    with explained(paths.cache(), OTHER_CACHE, ArtifactError):
        waiting = "another run installs the same modules; waiting for it"
        with alone(made.with_suffix(".lock"), lambda: notice(waiting), 2.0):
            if made.is_dir():
                notice(f"Python modules come from {made}; remove it to install newer ones")
            else:
                _install(wanted, made, run, notice)
    return made


def packed(folder: Path, target: Path) -> Path:
    """The modules as a zip, for executors that share no disk with the emulator.

    Raises:
        ModuleError: one is compiled: Python imports such modules from no archive
    """
    compiled = next(folder.rglob("*.so"), None)
    if compiled is not None:
        raise ModuleError(
            f"{PARAMETER}: {compiled.relative_to(folder)} is compiled, which executors of a "
            "cluster cannot import; install it where the workers run, or unset SPARK_MASTER"
        )
    return Path(shutil.make_archive(str(target / "modules"), "zip", folder))


def _install(
    wanted: Modules,
    made: Path,
    run: Callable[[list[str], dict[str, str]], int],
    notice: Callable[[str], None],
) -> None:
    names = [*wanted.requirements, *(wheel.name for wheel in wanted.wheels)]
    notice(f"installing {', '.join(names)}")
    with tempfile.TemporaryDirectory(prefix="modules-", dir=made.parent) as name:
        place = Path(name)
        inside = _beside(place / "environment")
        fixed = place / "fixed.txt"
        fixed.write_text("".join(f"{n}=={importlib.metadata.version(n)}\n" for n in _fixed()))
        command = [
            *(str(inside), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
            *("--only-binary", ":all:", "--no-compile", "--constraint", str(fixed)),
            *(
                ["--no-index"]
                if pip_settings.offline() and "--no-index" not in wanted.options
                else []
            ),
            *wanted.options,
            *map(str, wanted.wheels),
            *wanted.requirements,
        ]
        code = run(command, {**pip_settings.environment(), "TMPDIR": str(place), "PIP_USER": "0"})
        if code:
            raise ModuleError(
                f"LAUNCH ERROR | Installing {', '.join(names)} failed (pip ended with {code}; its "
                "output is in the run's error log; a package that has no wheel can be built by pip "
                "wheel, and named as s3://bucket/name.whl)"
                + (f"; {pip_settings.OFFLINE} forbids downloads" if pip_settings.offline() else "")
            )
        _site(inside).joinpath("emulator.pth").unlink()
        shutil.move(_site(inside), made)


def _beside(target: Path) -> Path:
    """Make an environment that sees the packages of the emulator's; return its Python."""
    import venv

    own_pip = importlib.util.find_spec("pip") is None  # an environment need not have one
    venv.EnvBuilder(symlinks=True, with_pip=own_pip).create(target)
    inside = target / "bin" / "python"
    own = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    _site(inside).joinpath("emulator.pth").write_text("".join(f"{p}\n" for p in dict.fromkeys(own)))
    return inside


def _site(inside: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return inside.parent.parent / "lib" / version / "site-packages"


def _fixed() -> list[str]:
    installed = {distribution.name.lower() for distribution in importlib.metadata.distributions()}
    return [name for name in _FIXED if name in installed]


def _key(wanted: Modules) -> str:
    """Of all that settles what is installed, but for what an index holds on that day."""
    present = sorted(f"{d.name}=={d.version}" for d in importlib.metadata.distributions())
    wheels = sorted(hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wanted.wheels)
    parts = [sorted(wanted.requirements), wheels, wanted.options, present]
    text = json.dumps([*parts, sys.version, sysconfig.get_platform()])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _met(text: str) -> bool:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as e:
        raise ModuleError(f"{PARAMETER}: {text!r} is not valid: {e}") from e
    if requirement.url:
        raise ModuleError(f"{PARAMETER}: {text!r} is not valid: expected a name, or a wheel in S3")
    if requirement.marker and not requirement.marker.evaluate():
        return True
    try:
        installed = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    fits = requirement.specifier.contains(installed, prereleases=True)
    return fits and not requirement.extras


def _bundled(file: Path) -> list[Path]:
    """Unpack the wheels of a bundle beside it."""
    target = file.with_suffix(".wheels")
    unzip(file, target, MAX_BUNDLE_BYTES, file.name)
    found = sorted(target.rglob("*.whl"))
    if not found:
        raise ModuleError(f"{PARAMETER}: {file.name} holds no wheel")
    return found


def _listed(file: Path) -> list[str]:
    """The lines of a requirements file.

    Raises:
        ModuleError: one is an option
    """
    lines = [line.partition(" #")[0].strip() for line in file.read_text("utf-8").splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    for line in found:
        if line.startswith("-"):
            raise ModuleError(f"{file.name}: {line!r} is not taken; give options by {OPTIONS}")
    return found


def _options(text: str) -> tuple[list[str], bool]:
    """Options of pip, and whether the names are requirements files."""
    try:
        words = shlex.split(text)
    except ValueError as e:
        raise ModuleError(f"{OPTIONS} {text!r} is not valid: {e}") from e
    taken: list[str] = []
    lists = False
    while words:
        word, _, value = words.pop(0).partition("=")
        if word in _LIST:
            lists = True
        elif word in _FLAGS:
            taken.append(word)
        elif word in _WITH_URL:
            value = value or (words.pop(0) if words else "")
            _check_index(word, value)
            taken += [word, value]
        else:
            valid = ", ".join((*_FLAGS, *_WITH_URL, *_LIST))
            raise ModuleError(f"{OPTIONS}: {word!r} is not taken; valid: {valid}")
    return taken, lists


def _check_index(option: str, url: str) -> None:
    parsed = urllib.parse.urlsplit(url)
    host = (parsed.hostname or "").rstrip(".").lower()
    if parsed.scheme not in ("http", "https") or not host:
        raise ModuleError(f"{OPTIONS}: {option} {url!r} is not valid; expected http or https")
    if below(host, AWS_DOMAINS):
        raise ModuleError(f"{OPTIONS}: {host} is AWS, which the emulator never asks")
