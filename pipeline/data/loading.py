"""Finds the data, cleans it, and remembers the result by content.

Order: what the user gave, else the archive an earlier run downloaded, else GroupLens, else
synthetic data with a notice that says so.

What reads and makes data is imported when it has to: it needs numpy, and most runs find the data
cleaned already.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.data import download
from pipeline.data.archive import OPTIONAL, REQUIRED, extract, unpacked_bytes
from pipeline.data.dataset import SPLIT, DataFile, Dataset, Kind, from_manifest, to_manifest
from pipeline.data.room import amount, require_room
from pipeline.data.tables import FILES
from pipeline.data.threshold import check_threshold
from pipeline.data.work_folders import sweep
from pipeline.errors import DataError
from pipeline.home_paths import in_home

__all__ = ["load_dataset", "remembered", "silent"]

Notice = Callable[[str], None]
Progress = Callable[[str, float, float], None]
"""Told what is read, and how many bytes of how many are."""
Provide = Callable[[Path, Progress], dict[str, Path]]


def silent(_text: str, _done: float, _total: float) -> None:
    """Progress that nobody looks at."""


#: Part of every cache key: raise it when a rule of tables.py or validation.py changes.
RULES = 1
MANIFEST = "manifest.json"


def load_dataset(
    source: str | None,
    cache: Path,
    notice: Notice,
    *,
    max_rejected_percent: float = 1.0,
    base: str = download.GROUPLENS,
    progress: Progress = silent,
) -> Dataset:
    """The data set in ``source`` (a folder or zip), or the best one to be had without it.

    Cleaned files lie in a folder of ``cache`` named after the source's content; they are not to
    be changed (a changed one is noticed and made again).

    Args:
        source: folder or zip; any size
        cache: made if it is not there
        notice: gets sentences for the user
        max_rejected_percent: of a file's rows
        base: where the archive is downloaded from
        progress: told how far the reading is

    Raises:
        DataError: nothing usable there, too many bad rows in a file, or the disk has too little
            space or is full
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if source:
            return _given(source, cache, notice, max_rejected_percent, progress)
        found = _from_grouplens(cache, notice, max_rejected_percent, base)
        return found or _synthetic(cache, notice, max_rejected_percent)
    except OSError as error:
        raise _disk_error(error, cache) from error


def remembered(cache: Path, fingerprint: str, origin: str, kind: Kind) -> Dataset | None:
    """The data set of a fingerprint, if an earlier run has cleaned it and nobody has changed it.

    Args:
        cache: of `load_dataset`
        fingerprint: of the data set
        origin: where it came from, in words
        kind: what it came from
    """
    for manifest in (cache / "clean").glob(f"*/{MANIFEST}"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            files, pairs = from_manifest(manifest.read_text(encoding="utf-8"), manifest.parent)
            found = Dataset(files=files, origin=origin, kind=kind, rating_pairs=pairs)
            if found.fingerprint == fingerprint and _read_cached(manifest.parent):
                return found
    return None


def _given(source: str, cache: Path, notice: Notice, percent: float, progress: Progress) -> Dataset:
    path = in_home(source)
    hint = "Run: make local MOVIELENS=<folder or zip>, or leave MOVIELENS out."
    if not path.exists():
        raise DataError(f"The data {path} does not exist.", hint)
    if path.is_dir():
        raw = _raw_files(path)
        key = _key(raw, progress)
        sizes = {name: file.stat().st_size for name, file in raw.items()}
        cleaned = _Cleaned("folder", f"folder {path}", key, lambda _, __: raw, sizes)
    elif path.is_file() and zipfile.is_zipfile(path):
        cleaned = _zip("zip", f"zip {path}", path, progress)
    elif path.is_file() and _begins_as_zip(path):
        raise DataError(
            f"The zip {path} is damaged or was cut off: its directory, at the end, is missing.",
            "Get it again, and give the folder or zip that GroupLens distributes.",
        )
    else:
        raise DataError(f"The data {path} is neither a folder nor a zip file.", hint)
    return cleaned.load(cache, notice, percent, progress)


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


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
        cleaned = _zip("download", origin, archive)
        return cleaned.load(cache, notice, percent)
    except DataError as error:
        # Not what GroupLens distributes, checksum or no: fetch it again next time.
        archive.unlink(missing_ok=True)
        notice(f"The downloaded {download.ARCHIVE} cannot be used: {error.message}")
        return None


def _synthetic(cache: Path, notice: Notice, percent: float) -> Dataset:
    from pipeline.data import synthetic

    notice(
        "NOTE: these are SYNTHETIC ratings, generated here and shaped like MovieLens; titles and "
        "people are invented. For real ones: make local MOVIELENS=<folder or zip>."
    )

    def provide(work: Path, _: Progress) -> dict[str, Path]:
        synthetic.generate(work)
        return _raw_files(work)

    key = f"synthetic-{RULES}-{synthetic.identity()}"
    return _Cleaned("synthetic", "synthetic data", key, provide).load(cache, notice, percent)


def _zip(kind: Kind, origin: str, archive: Path, progress: Progress = silent) -> _Cleaned:
    key, sizes = _key({"zip": archive}, progress), unpacked_bytes(archive)

    def provide(work: Path, progress: Progress) -> dict[str, Path]:
        total = sum(sizes.values())
        before: dict[str, int] = {}

        def seen(file: str, done: int) -> None:
            before[file] = done
            progress(f"unpacking {file}", sum(before.values()), total)

        extract(archive, work, seen)
        return _raw_files(work)

    return _Cleaned(kind, origin, key, provide, sizes, unpacked=True)


@dataclass(frozen=True)
class _Cleaned:
    """The cleaned form of one source.

    ``key`` names its content; ``provide`` puts the raw files into a work folder, or finds them
    elsewhere, and is only called when the cache has nothing under the key. ``sizes`` is the bytes
    of each raw file, as far as they are known; ``unpacked`` says that ``provide`` writes them.
    """

    kind: Kind
    origin: str
    key: str
    provide: Provide
    sizes: Mapping[str, int] = field(default_factory=dict)
    unpacked: bool = False

    def load(
        self, cache: Path, notice: Notice, percent: float, progress: Progress = silent
    ) -> Dataset:
        home = cache / "clean" / self.key
        files, pairs = _read_cached(home) or self._build(cache, home, percent, progress)
        for name, file in files.items():
            check_threshold(f"{name}.csv", file, percent)
        dataset = Dataset(files=files, origin=self.origin, kind=self.kind, rating_pairs=pairs)
        if (home / SPLIT).exists():
            from pipeline.data.split import STREAMED_PERCENT

            notice(
                f"The source has no {OPTIONAL}.csv: the newest {STREAMED_PERCENT} % of the "
                f"ratings ({files[OPTIONAL].rows:,}) are streamed, the others "
                f"({files['ratings'].rows:,}) are loaded."
            )
        for name, file in files.items():
            if file.unended and self.kind == "folder":
                notice(
                    f"{name}.csv: the last line has no line end, as in a file that was cut off; "
                    "what is there is taken."
                )
            if file.rejected:
                row = file.rejected[0]
                notice(
                    f"{name}.csv: {len(file.rejected):,} of {file.rows + len(file.rejected):,} "
                    f"rows are rejected, first line {row.line}: {row.reason}."
                )
        return dataset

    def _room(self) -> int:
        """Bytes that the work may take: copies, notes on rows of 16 bytes or more, the split."""
        from pipeline.data.row_log import NOTE_BYTES

        ratings = self.sizes.get("ratings", 0) + self.sizes.get(OPTIONAL, 0)
        noted = ratings + self.sizes.get("tags", 0)
        split = 0 if OPTIONAL in self.sizes else ratings
        copies = 2 if self.unpacked else 1
        return copies * sum(self.sizes.values()) + noted * NOTE_BYTES // 16 + split

    def _build(
        self, cache: Path, home: Path, percent: float, progress: Progress
    ) -> tuple[dict[str, DataFile], int]:
        """Clean the source in a work folder and move the result to ``home`` in one step."""
        from pipeline.data.cleaning import clean_all

        what = f"The {amount(sum(self.sizes.values()))} of {self.origin}"
        require_room(cache, self._room(), what, "LAKE_CACHE")
        with _work_folder(cache) as work:
            (work / "raw").mkdir()
            result = work / "clean"
            result.mkdir()
            raw = self.provide(work / "raw", progress)
            files, pairs, clock = clean_all(raw, result, percent, progress)
            if not clock:
                # Without a manifest the next run reads the source again: a rating "in the
                # future" may be one of the past by then.
                manifest = to_manifest(files, pairs)
                (result / MANIFEST).write_text(manifest, encoding="utf-8")
            if home.exists() and _read_cached(home) is None:
                shutil.rmtree(home)
            home.parent.mkdir(parents=True, exist_ok=True)
            _move(result, home)
        moved = {n: replace(file, path=home / file.path.name) for n, file in files.items()}
        return moved, pairs


@contextlib.contextmanager
def _work_folder(cache: Path) -> Iterator[Path]:
    """A folder of this run's own; what killed runs left behind is swept after an hour."""
    parent = cache / "work"
    parent.mkdir(exist_ok=True)
    sweep(parent.iterdir())
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
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path} is not a file.", hint)
    return found


def _key(raw: dict[str, Path], progress: Progress = silent) -> str:
    digest = hashlib.sha256(f"rules {RULES}\n".encode())
    for name in sorted(raw):
        progress(f"reading {raw[name].name}", 0, 0)
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
