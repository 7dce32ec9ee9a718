"""A folder or file to check: its scripts, its jobs, and which belong together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.jobs import SUFFIXES, DefinitionError, Job, jobs_of
from lakestack.glue_check.parameters import of_job, surroundings
from lakestack.glue_check.script import Script, is_of_glue, read

__all__ = ["KINDS", "Repository", "look"]

_SCRIPTS = (".py", ".ipynb")
KINDS = ("", *_SCRIPTS, *SUFFIXES)
"""How the name of a file ends that is looked at when it is named; a script's may have no suffix."""
_SKIPPED = {"node_modules", "site-packages", "venv", "__pycache__"}


@dataclass
class Repository:
    """What was found.

    Attributes:
        scripts: those to check
        jobs: definitions of jobs
        modules: first names of the Python modules and packages that are there
        unread: definitions that cannot be read
    """

    scripts: list[Script] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    unread: list[Finding] = field(default_factory=list)

    def read_jobs(self, path: Path, *, named: bool) -> None:
        """Take the jobs of a file that may be a definition.

        Args:
            named: whether the user named the file
        """
        file = _named(path)
        try:
            self.jobs += jobs_of(path, file, named=named)
        except DefinitionError as e:
            self.jobs += e.jobs
            name = "the definition"
            self.unread.append(Finding(file, e.line, "syntax", name, Verdict.REFUSED, e.note))

    def findings(self) -> list[Finding]:
        """All findings, by file and line."""
        found = set(self.unread)
        for each in self.jobs:
            found.update(of_job(each))
        for script in self.scripts:
            jobs = self._jobs_of(script)
            for job in jobs or (None,):
                around = surroundings(job, self.modules)
                found.update(script.findings(around))
        return sorted(found)

    def _jobs_of(self, script: Script) -> list[Job]:
        named = [
            job for job in self.jobs if job.file == FLAGS or job.script_name == script.path.name
        ]
        if not named and len(self.jobs) == len(self.scripts) == 1:
            return [self.jobs[0]]
        return named


FLAGS = "flags"
"""The file of a job that the command line describes."""


def look(paths: Sequence[Path], jobs: Sequence[Job] = ()) -> Repository:
    """Read files and folders.

    Of a folder the scripts that name Glue's or Spark's modules, and those that a definition names.

    Args:
        paths: that exist
        jobs: definitions that are known otherwise
    """
    found = Repository(jobs=list(jobs))
    candidates: dict[Path, bool] = {}  # and whether it was named itself
    for path in paths:
        folder = path if path.is_dir() else path.parent
        if path.is_dir():
            files = list(_files(path))
            for file in files:
                if file.suffix in SUFFIXES:
                    found.read_jobs(file, named=False)
                elif file.suffix in _SCRIPTS:
                    candidates.setdefault(file, False)
            found.modules.update(_modules(files, folder))
        elif path.suffix in SUFFIXES:
            found.read_jobs(path, named=True)
            wanted = {job.script_name for job in found.jobs}
            beside = [file for file in _files(folder) if file.name in wanted]
            candidates.update(dict.fromkeys(beside, True))
        else:
            candidates[path] = True
            found.modules.update(_modules(list(_beside(folder)), folder))
    of_jobs = {job.script_name for job in found.jobs} - {""}
    for file, is_named in sorted(candidates.items()):
        if is_named or file.name in of_jobs or is_of_glue(file):
            script = read(file, _named(file))
            if is_named or script.tree is None or file.name in of_jobs or _uses_glue(script):
                found.scripts.append(script)
    return found


def _uses_glue(script: Script) -> bool:
    return any(name.startswith(("awsglue", "pyspark", "gs_")) for name in script.modules)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(n for n in folders if n not in _SKIPPED and not n.startswith("."))
        yield from (Path(root, name) for name in sorted(names))


def _beside(folder: Path) -> Iterator[Path]:
    try:
        for entry in sorted(folder.iterdir()):
            if entry.is_file():
                yield entry
            elif (entry / "__init__.py").is_file():
                yield entry / "__init__.py"
    except OSError:
        return


def _modules(files: Sequence[Path], top: Path) -> set[str]:
    """Names by which Python finds the files from some folder of theirs."""
    found: set[str] = set()
    for file in files:
        if file.suffix == ".py":
            found.add(file.stem)
            found.update(part for part in file.relative_to(top).parts[:-1])
    return found


def _named(path: Path) -> str:
    return path.as_posix()
