"""CloudFormation's inline function code: one file ``index.py``, zipped without the zip program.

AWS CloudFormation User Guide, "AWS::Lambda::Function Code": the source is placed in a file named
index; the cfn-response module is there for inline code only.
"""

from __future__ import annotations

import functools
import io
import zipfile
from pathlib import Path
from typing import Any

from lakestack import patches

MAX_CHARACTERS = 4 * 1024 * 1024
"""Same page: inline source has at most 4 MB."""

CFNRESPONSE = Path(__file__).parent / "runtime" / "cfnresponse.py"
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # equal source, equal CodeSha256


def zipped(source: str) -> bytes:
    """Pack inline source as CloudFormation does.

    Raises:
        ValueError: it is too long
    """
    if len(source) > MAX_CHARACTERS:
        raise ValueError(
            f"Code/ZipFile has {len(source)} characters; inline source has at most "
            f"{MAX_CHARACTERS}. Put it into S3 and name S3Bucket and S3Key."
        )
    files = {"index.py": source}
    if "cfnresponse" in source:
        files["cfnresponse.py"] = CFNRESPONSE.read_text()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, _TIMESTAMP)
            info.external_attr = 0o644 << 16
            archive.writestr(info, text)
    return buffer.getvalue()


def install() -> None:
    """Have LocalStack's AWS::Lambda::Function pack Python source this way."""
    patches.replace_on_import("lambda.inline_code", _packing)


def _packing(original: Any) -> Any:
    @functools.wraps(original)
    def code_parameter(properties: Any, *args: Any, **kwargs: Any) -> Any:
        code = properties.get("Code", {})
        source = code.get("ZipFile")
        runtime = str(properties.get("Runtime", ""))
        if isinstance(source, str) and runtime.startswith("python"):
            properties = {**properties, "Code": {**code, "ZipFile": zipped(source)}}
        return original(properties, *args, **kwargs)

    return code_parameter
