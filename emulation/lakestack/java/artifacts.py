"""Java artefacts, by Maven coordinates, through the Ivy that ships inside pyspark.

``java.lock`` beside this module pins each by SHA-256. A set is downloaded into a private folder,
checked whole, and only then moved to its place in the cache. What has become of it there since is
looked at whenever it is used (`lakestack.java.verification`).
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from lakestack import commands, extras, paths
from lakestack.errors import ArtifactError
from lakestack.java import verification
from lakestack.java.interpreter import find_java

LOCK = Path(__file__).with_name("java.lock")
DOWNLOADS = 4  # Ivy fetches one file after another; small files want company
TIMEOUT_SECONDS = 900
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Artifact:
    """One file of the lock."""

    group: str
    name: str
    version: str
    extension: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name in the cache; native libraries are looked up by their plain name."""
        plain = self.extension in ("so", "dylib")
        return f"{self.name}.{self.extension}" if plain else f"{self._stem}.{self.extension}"

    @property
    def _stem(self) -> str:
        return f"{self.name}-{self.version}"


def native_set() -> str | None:
    """Name of this machine's set of native libraries, None where there is none."""
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    name = f"sqlite4java-{system}-{machine}"
    return name if name in _lock() else None


def sets() -> list[str]:
    """Return the sets that this environment uses.

    Ivy, which fetches them, and Spark come with the extra ``glue``. Without it DynamoDB Local is
    used where another environment has fetched it already.
    """
    native = native_set()
    dynamodb = ["dynamodb-local", native] if native else []
    if not extras.missing(extras.GLUE):
        return [*dynamodb, "spark-s3a"]
    return dynamodb if all(folder(name).is_dir() for name in dynamodb) else []


def folder(name: str) -> Path:
    """Folder of a set in the cache; its name changes with the lock, so old files are never used."""
    artifacts = _lock()[name]
    digest = hashlib.sha256("".join(a.sha256 for a in artifacts).encode()).hexdigest()
    return paths.cache() / "java" / f"{name}-{digest[:12]}"


def missing() -> list[str]:
    """Sets that are not in the cache, or of which a file is missing or damaged."""
    return list(faults())


def faults() -> dict[str, str]:
    """What is wrong in the cache, in words that name the file, by set; empty when all is there."""
    found = {name: _fault(name) for name in sets()}
    return {name: fault for name, fault in found.items() if fault}


def _fault(name: str) -> str:
    if not folder(name).is_dir():
        return f"{name} is not installed"
    wrong = verification.faults(folder(name), _wanted(name))
    texts = [f"{folder(name) / file} is {fault}" for file, fault in wrong.items()]
    more = f", and {len(texts) - 1} more of {name}" if len(texts) > 1 else ""
    return f"{texts[0]}{more}" if texts else ""


def _wanted(name: str) -> dict[str, str]:
    return {artifact.file_name: artifact.sha256 for artifact in _lock()[name]}


def spark_jars() -> list[Path]:
    """Jars that let Spark read and write S3.

    Raises:
        ArtifactError: they were never installed, or one is damaged
    """
    return sorted(_installed("spark-s3a").glob("*.jar"))


def dynamodb_local() -> tuple[Path, Path] | None:
    """Folders of DynamoDB Local's jars and of its native library.

    None where it cannot run or is out of reach without the extra ``glue``.

    Raises:
        ArtifactError: they were never installed, or one is damaged
    """
    native = native_set()
    if native is None or native not in sets():
        return None
    return _installed("dynamodb-local"), _installed(native)


def install(notice: Callable[[str], None]) -> None:
    """Fetch and check every set that is missing or damaged.

    Args:
        notice: is told what is being fetched

    Raises:
        ArtifactError: a download failed or a checksum is wrong
        JavaError: no Java to run Ivy with
    """
    for name, fault in faults().items():
        why = f" again: {fault}" if folder(name).is_dir() else ""
        notice(f"fetching {name}: {len(_lock()[name])} Java artefacts{why}")
        _install(name)
        size = sum(file.stat().st_size for file in folder(name).iterdir())
        notice(f"fetched {name}: {size / 1e6:.0f} MB")


def fetched(name: str, notice: Callable[[str], None]) -> list[Path]:
    """The jars of a set that is fetched when it is first needed, such as ``jdbc-mysql``.

    Args:
        name: of the set
        notice: is told what is being fetched

    Raises:
        ArtifactError: a download failed or a checksum is wrong
        JavaError: no Java to run Ivy with
    """
    with _one_at_a_time:
        if not folder(name).is_dir() or _fault(name):
            notice(f"fetching {name}: {len(_lock()[name])} Java artefacts")
            _install(name)
    return sorted(folder(name).glob("*.jar"))


def names() -> list[str]:
    """All sets of the lock, those of other systems among them."""
    return list(_lock())


def files(name: str) -> list[Path]:
    """Where the files of a set are in the cache, whether they are there or not."""
    return [folder(name) / file for file in _wanted(name)]


def take(name: str, source: Path) -> None:
    """Install a set from a folder that has its files, such as that of a bundle.

    Args:
        name: of the set
        source: has the files under the names that they have in the cache

    Raises:
        ArtifactError: a file is missing there, or is not what the lock says
        OSError: the cache cannot be written to
    """
    with _one_at_a_time, _work_folder(name) as work:
        for file in _wanted(name):
            if (source / file).is_file():
                shutil.copyfile(source / file, work / file)
        if wrong := verification.faults(work, _wanted(name)):
            file, fault = next(iter(wrong.items()))
            raise ArtifactError(f"{source / file} is {fault}", commands.setup())
        _into_place(name, work)


def _installed(name: str) -> Path:
    where = folder(name)
    if not where.is_dir():
        raise ArtifactError(f"the Java artefacts {name} are not installed", commands.setup())
    if fault := _fault(name):
        raise ArtifactError(f"a Java artefact cannot be used: {fault}", commands.setup())
    return where


def _lock() -> dict[str, list[Artifact]]:
    found: dict[str, list[Artifact]] = {}
    for line in LOCK.read_text().splitlines():
        if line and not line.startswith("#"):
            name, coordinates, sha256 = line.split()
            group, artifact, version, extension = coordinates.split(":")
            found.setdefault(name, []).append(Artifact(group, artifact, version, extension, sha256))
    return found


def _install(name: str) -> None:
    ivy_cache = paths.cache() / "ivy"
    with _work_folder(name) as work:
        try:
            _retrieve(_lock()[name], work, ivy_cache)
            _check(name, _lock()[name], work)
        finally:
            shutil.rmtree(ivy_cache, ignore_errors=True)
        _into_place(name, work)


@contextlib.contextmanager
def _work_folder(name: str) -> Iterator[Path]:
    """A private folder beside the sets, which is gone at the end unless it was moved."""
    target = folder(name)
    paths.private(target.parent.resolve())
    work = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=target.parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _into_place(name: str, work: Path) -> None:
    target = folder(name)
    try:
        work.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        # There is a folder: of one that was damaged, or of somebody who was faster. Whoever has a
        # good file of it open keeps it.
        for file in verification.faults(target, _wanted(name)):
            (work / file).replace(target / file)


def _retrieve(artifacts: Sequence[Artifact], work: Path, ivy_cache: Path) -> None:
    chunks = [artifacts[i::DOWNLOADS] for i in range(DOWNLOADS)]
    with ThreadPoolExecutor(DOWNLOADS) as pool:
        runs = [
            pool.submit(_run_ivy, chunk, work, ivy_cache / str(i))
            for i, chunk in enumerate(chunks)
            if chunk
        ]
        for run in runs:
            run.result()


def _run_ivy(artifacts: Sequence[Artifact], work: Path, ivy_cache: Path) -> None:
    ivy_cache.mkdir(parents=True, exist_ok=True)
    module = ivy_cache / "ivy.xml"
    module.write_text(_module(artifacts))
    command = [str(find_java().path), f"-Duser.home={ivy_cache}", "-jar", str(_ivy_jar())]
    command += ["-ivy", str(module), "-cache", str(ivy_cache), "-confs", "default"]
    command += ["-types", "jar", "bundle", "so", "dylib"]
    command += ["-retrieve", f"{work}/[artifact]-[revision].[ext]"]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as e:
        raise ArtifactError(
            f"Java artefacts did not arrive within {TIMEOUT_SECONDS} s", commands.setup()
        ) from e
    if run.returncode:
        reasons = [x.strip() for x in run.stdout.splitlines() if "not found" in x or "Host" in x]
        raise ArtifactError(
            f"Java artefacts could not be fetched: {'; '.join(reasons[:3]) or 'Ivy failed'}",
            f"check the network connection, then {commands.setup()}{commands.or_bundle()}",
        )


def _module(artifacts: Iterable[Artifact]) -> str:
    module = ElementTree.Element("ivy-module", version="2.0")
    ElementTree.SubElement(module, "info", organisation="lake", module="artefacts")
    confs = ElementTree.SubElement(module, "configurations")
    ElementTree.SubElement(confs, "conf", name="default")
    dependencies = ElementTree.SubElement(module, "dependencies")
    for artifact in artifacts:
        ElementTree.SubElement(
            dependencies,
            "dependency",
            org=artifact.group,
            name=artifact.name,
            rev=artifact.version,
            conf="default->default",
            transitive="false",
        )
    return ElementTree.tostring(module, encoding="unicode")


def _ivy_jar() -> Path:
    import pyspark

    jars = Path(pyspark.__file__).parent / "jars"
    return next(iter(jars.glob("ivy-*.jar")))


def _check(name: str, artifacts: Iterable[Artifact], work: Path) -> None:
    for artifact in artifacts:
        file = work / f"{artifact.name}-{artifact.version}.{artifact.extension}"
        if not file.is_file():
            raise ArtifactError(f"{file.name} of {name} did not arrive", commands.setup())
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found != artifact.sha256:
            raise ArtifactError(
                f"{file.name} has SHA-256 {found}, expected {artifact.sha256}: not the file "
                "this project was tested with, so it was thrown away",
                commands.setup(),
            )
        file.rename(work / artifact.file_name)
    extra = sorted({p.name for p in work.iterdir()} - {a.file_name for a in artifacts})
    for unexpected in extra:  # nothing unchecked may end up on a class path
        (work / unexpected).unlink()
