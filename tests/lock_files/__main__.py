"""Writes files.txt; asks the package index."""

from __future__ import annotations

from tests import lock_files

HEAD = "# Made from requirements.lock and the package index by: python -m tests.lock_files\n"

files = list(lock_files.to_record(lock_files.ask_the_index()))
lines = [f"{file.sha256} {file.package} {file.name}\n" for file in files]
lock_files.RECORD.write_text(HEAD + "".join(lines), encoding="utf-8")
print(f"{len(files)} files of {len({file.package for file in files})} packages")
