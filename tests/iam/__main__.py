"""Record the life of a lake on the aws target, and write the policy of whoever deploys it.

make iam-policy                    write it
python -m tests.iam --check        fail when the file is out of date
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lakestack import generated
from pipeline.account.iam_policy import SHIPPED
from tests.iam.deployer import policy
from tests.integration.aws_target.calls import Call
from tests.integration.aws_target.recorded import record
from tests.integration.pipeline import movielens_data

COMMAND = "make iam-policy"


def text_of(calls: Sequence[Call]) -> str:
    """What the file holds for these calls."""
    return json.dumps(policy(calls), indent=2) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or compare it; the exit code."""
    check = generated.is_check(COMMAND, __doc__, arguments)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "movielens"
        movielens_data.write_folder(data)
        text = text_of(record(Path(folder), data).calls)
    return generated.write(SHIPPED, lambda _: text, COMMAND, check=check)


if __name__ == "__main__":
    sys.exit(main())
