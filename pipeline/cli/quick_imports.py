"""What a process of the `lake` command does not import, so that its commands start fast.

botocore asks pyOpenSSL for urllib3's own ``SSLContext``, which ``urllib3.contrib.pyopenssl`` has as
``orig_util_SSLContext``; where that cannot be imported it takes the same class from urllib3
(``botocore/httpsession.py``). pyOpenSSL is in the environment because the emulator needs it, and
importing it takes a fourth of the time that importing boto3 takes.

botocore imports the AWS Common Runtime (``awscrt``) where it is there, for signatures over several
regions, checksums other than CRC32, and logins of people; the local target has none of these. It
takes a sixth of that time.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["COMMON_RUNTIME", "PYOPENSSL", "imported_meanwhile", "leave_out"]

PYOPENSSL = "urllib3.contrib.pyopenssl"
COMMON_RUNTIME = "awscrt"


def leave_out(arguments: Sequence[str] = (), environ: Mapping[str, str] = os.environ) -> None:
    """Have this process import boto3 without pyOpenSSL, and without what only AWS needs.

    A name that stands for None raises ModuleNotFoundError where it is imported (The Python Language
    Reference, "The module cache"). One that is imported already stays.

    Args:
        arguments: of the command; one that names a target leaves the Common Runtime in
        environ: may name the target as well
    """
    sys.modules.setdefault(PYOPENSSL, None)  # type: ignore[arg-type]
    named = any(word.partition("=")[0] == "--target" for word in arguments)
    if not named and not environ.get("LAKE_TARGET"):
        sys.modules.setdefault(COMMON_RUNTIME, None)  # type: ignore[arg-type]


@contextlib.contextmanager
def imported_meanwhile(module: str, *, wanted: bool) -> Iterator[None]:
    """Import a module in a thread beside a block that waits for answers.

    Args:
        module: what is needed after the block
        wanted: whether it is
    """
    thread = threading.Thread(target=importlib.import_module, args=(module,), daemon=True)
    if wanted:
        thread.start()
    try:
        yield
    finally:
        if wanted:
            thread.join()
