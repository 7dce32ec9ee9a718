"""Unpacks zip and tar files that anybody may have made.

Nothing is written outside the folder, and no more than a bound.

Every entry is looked at before the first is written. Refused are names that are absolute, of
Windows, or climb out with ``..``; links to the outside, straight or by way of other links of the
archive; entries that lie below a link or replace one; devices, pipes and sockets. Links are made
last, so that nothing is written through one. The bytes that come out are counted, whatever the
archive says of itself.

Python's own filters (PEP 706) know no bound, no zip files, and let an entry go through a link.
The pipeline has an unpacker of its own (`pipeline.data.archive`), as it may import nothing of the
emulator; it takes a few files of known names out and needs no links.
"""

from __future__ import annotations

from lakestack.archives.plan import ArchiveError, TooLargeError
from lakestack.archives.tar_file import untar
from lakestack.archives.zip_file import check_zip, unzip

__all__ = ["ArchiveError", "TooLargeError", "check_zip", "untar", "unzip"]
