"""Finds the data, cleans it, and remembers the result by content.

Order: what the user gave, else the archive an earlier run downloaded, else GroupLens, else
synthetic data with a notice that says so.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.data import download, synthetic
from pipeline.data.archive import MAX_FILE_BYTES, OPTIONAL, REQUIRED, extract
from pipeline.data.dataset import DataFile, Dataset, Kind, from_manifest, to_manifest
from pipeline.data.split import STREAMED_PERCENT, split_ratings
from pipeline.data.tables import FILES
from pipeline.data.validation import Scan, check_threshold, clean
from pipeline.errors import DataError

__all__ = ["load_dataset"]

Notice = Callable[[str], None]
Provide = Callable[[Path], dict[str, Path]]

#: Part of every cache key: raise it when a rule of tables.py or validation.py changes.
RULES = 1
MANIFEST = "manifest.json"
SPLIT = "split"


def load_dataset(
    source: str | None,
    cache: Path,
    notice: Notice,
    *,
    max_rejected_percent: float = 1.0,
    base: str = download.GROUPLENS,
) -> Dataset:
    """The data set in ``source`` (a folder or zip), or the best one to be had without it.

    Cleaned files lie in a folder of ``cache`` named after the source's content; they are not to
    be changed (a changed one is noticed and made again). ``notice`` gets sentences for the user.
    Raises DataError: nothing usable there, too many bad rows in a file, or the disk is full.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if source:
            return _given(source, cache, notice, max_rejected_percent)
        found = _from_grouplens(cache, notice, max_rejected_percent, base)
        return found or _synthetic(cache, notice, max_rejected_percent)
    except OSError as error:
        raise _disk_error(error, cache) from error


def _given(source: str, cache: Path, notice: Notice, percent: float) -> Dataset:
    path = Path(source).expanduser()
    hint = "Run: make local MOVIELENS=<folder or zip>, or leave MOVIELENS out."
    if not path.exists():
        raise DataError(f"The data {path} does not exist.", hint)
    if path.is_dir():
        raw = _raw_files(path)
        cleaned = _Cleaned("folder", f"folder {path}", _key(raw), lambda _: raw)
    elif path.is_file() and zipfile.is_zipfile(path):
        cleaned = _Cleaned("zip", f"zip {path}", _key({"zip": path}), _unzip(path))
    else:
        raise DataError(f"The data {path} is neither a folder nor a zip file.", hint)
    return cleaned.load(cache, notice, percent)


def _from_grouplens(cache: Path, notice: Notice, percent: float, base: str) -> Dataset | None:
    folder = cache / "downloads"
    archive = download.cached_archive(folder)
    if archive is None:
        if download.offline():
            notice("LAKE_OFFLINE is set: nothing is downloaded from GroupLens.")
            return None
        notice(f"Downloading {download.ARCHIVE} from GroupLens (not for commercial use).")
        try:
            archive = download.fetch(folder, base=base)
        except download.DownloadError as error:
            notice(f"MovieLens could not be downloaded: {error}.")
            return None
    origin = f"GroupLens {download.ARCHIVE}"
    try:
        cleaned = _Cleaned("download", origin, _key({"zip": archive}), _unzip(archive))
        return cleaned.load(cache, notice, percent)
    except DataError as error:
        # Not what GroupLens distributes, checksum or no: fetch it again next time.
        archive.unlink(missing_ok=True)
        notice(f"The downloaded {download.ARCHIVE} cannot be used: {error.message}")
        return None


def _synthetic(cache: Path, notice: Notice, percent: float) -> Dataset:
    notice(
        "NOTE: these are SYNTHETIC ratings, generated here and shaped like MovieLens; titles and "
        "people are invented. For real ones: make local MOVIELENS=<folder or zip>."
    )

    def provide(work: Path) -> dict[str, Path]:
        synthetic.generate(work)
        return _raw_files(work)

    key = f"synthetic-{RULES}-{synthetic.identity()}"
    return _Cleaned("synthetic", "synthetic data", key, provide).load(cache, notice, percent)


def _unzip(archive: Path) -> Provide:
    def provide(work: Path) -> dict[str, Path]:
        extract(archive, work)
        return _raw_files(work)

    return provide


@dataclass(frozen=True)
class _Cleaned:
    """The cleaned form of one source.

    ``key`` names its content; ``provide`` puts the raw files into a work folder, or finds them
    elsewhere, and is only called when the cache has nothing under the key.
    """

    kind: Kind
    origin: str
    key: str
    provide: Provide

    def load(self, cache: Path, notice: Notice, percent: float) -> Dataset:
        home = cache / "clean" / self.key
        files, pairs = _read_cached(home) or self._build(cache, home, percent)
        for name, file in files.items():
            check_threshold(f"{name}.csv", file, percent)
        dataset = Dataset(files=files, origin=self.origin, kind=self.kind, rating_pairs=pairs)
        if (home / SPLIT).exists():
            notice(
                f"The source has no {OPTIONAL}.csv: the newest {STREAMED_PERCENT} % of the "
                f"ratings ({files[OPTIONAL].rows:,}) are streamed, the others "
                f"({files['ratings'].rows:,}) are loaded."
            )
        for name, file in files.items():
            if file.rejected:
                row = file.rejected[0]
                notice(
                    f"{name}.csv: {len(file.rejected):,} of {file.rows + len(file.rejected):,} "
                    f"rows are rejected, first line {row.line}: {row.reason}."
                )
        return dataset

    def _build(self, cache: Path, home: Path, percent: float) -> tuple[dict[str, DataFile], int]:
        """Clean the source in a work folder and move the result to ``home`` in one step."""
        with _work_folder(cache) as work:
            (work / "raw").mkdir()
            result = work / "clean"
            result.mkdir()
            scans = _clean_all(self.provide(work / "raw"), result, percent)
            both: set[Hashable] = scans["ratings"].keys | scans[OPTIONAL].keys
            files = {name: scans[name].file for name in FILES}
            if not any(scan.hangs_on_clock for scan in scans.values()):
                # Without a manifest the next run reads the source again: a rating "in the
                # future" may be one of the past by then.
                manifest = to_manifest(files, len(both))
                (result / MANIFEST).write_text(manifest, encoding="utf-8")
            if home.exists() and _read_cached(home) is None:
                shutil.rmtree(home)
            home.parent.mkdir(parents=True, exist_ok=True)
            _move(result, home)
        moved = {n: replace(file, path=home / file.path.name) for n, file in files.items()}
        return moved, len(both)


def _clean_all(raw: dict[str, Path], result: Path, percent: float) -> dict[str, Scan]:
    scans: dict[str, Scan] = {}
    movies: set[int] | None = None
    for name, table in FILES.items():
        if name in raw:
            target = result / f"{name}.csv"
            scans[name] = clean(raw[name], target, table, name=f"{name}.csv", movies=movies)
            check_threshold(f"{name}.csv", scans[name].file, percent)
        if name == "movies":
            movies = {key for key in scans[name].keys if isinstance(key, int)}
    if OPTIONAL not in scans:
        target = result / f"{OPTIONAL}.csv"
        scans["ratings"], scans[OPTIONAL] = split_ratings(scans["ratings"], target)
        (result / SPLIT).touch()
    return scans


@contextlib.contextmanager
def _work_folder(cache: Path) -> Iterator[Path]:
    """A folder of this run's own; what killed runs left behind is swept after an hour."""
    parent = cache / "work"
    parent.mkdir(exist_ok=True)
    for left in parent.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > 3600:
                shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _move(result: Path, home: Path) -> None:
    try:
        result.rename(home)
    except OSError as error:
        # Another run was faster; its result is the same: same content, same rules.
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise


def _raw_files(folder: Path) -> dict[str, Path]:
    """The source's files by name; raises DataError when one is missing or no plain file."""
    hint = f"It must hold {', '.join(f'{name}.csv' for name in REQUIRED)}."
    found = {name: folder / f"{name}.csv" for name in FILES if (folder / f"{name}.csv").exists()}
    missing = [f"{name}.csv" for name in REQUIRED if name not in found]
    if missing:
        inside = sorted(path.parent for path in folder.glob("*/ratings.csv"))
        if len(missing) == len(REQUIRED) and inside:
            hint = f"Run: make local MOVIELENS={inside[0]}"
        raise DataError(
            f"The data folder {folder} is incomplete: {', '.join(missing)} missing.", hint
        )
    for path in found.values():
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is not a file.", hint)
        if status.st_size > MAX_FILE_BYTES:
            raise DataError(
                f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB.", "Give a smaller edition."
            )
    return found


def _key(raw: dict[str, Path]) -> str:
    digest = hashlib.sha256(f"rules {RULES}\n".encode())
    for name in sorted(raw):
        digest.update(f"{name}:{_sha256(raw[name])}\n".encode())
    return digest.hexdigest()[:32]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_cached(home: Path) -> tuple[dict[str, DataFile], int] | None:
    """What an earlier run cleaned, if it is whole and nobody has changed it since."""
    try:
        files, pairs = from_manifest((home / MANIFEST).read_text(encoding="utf-8"), home)
        whole = files.keys() == FILES.keys() and all(
            _sha256(file.path) == file.sha256 for file in files.values()
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return (files, pairs) if whole else None


def _disk_error(error: OSError, cache: Path) -> DataError:
    where = error.filename or cache
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DataError(
            f"The disk is full: the data could not be written below {cache}.",
            f"Free some space (df -h {cache}) and run the command again.",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return DataError(
            f"{where} may not be read or written.", f"Correct its permissions: ls -ld {where}"
        )
    return DataError(f"{where}: {error.strerror or error}.", "Correct that and run again.")
