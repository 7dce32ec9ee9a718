"""What a process of the `lake` command does not import, so that its commands start fast.

botocore asks pyOpenSSL for urllib3's own ``SSLContext``, which ``urllib3.contrib.pyopenssl`` has as
``orig_util_SSLContext``; where that cannot be imported it takes the same class from urllib3
(``botocore/httpsession.py``). pyOpenSSL is in the environment because the emulator needs it, and
importing it takes a fourth of the time that importing boto3 takes.
"""

from __future__ import annotations

import sys

__all__ = ["LEFT_OUT", "leave_out"]

LEFT_OUT = "urllib3.contrib.pyopenssl"


def leave_out() -> None:
    """Have this process import boto3 without pyOpenSSL.

    A name that stands for None raises ModuleNotFoundError where it is imported (The Python Language
    Reference, "The module cache"). One that is imported already stays.
    """
    sys.modules.setdefault(LEFT_OUT, None)  # type: ignore[arg-type]
