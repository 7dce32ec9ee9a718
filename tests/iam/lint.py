"""Hold the lake's IAM policies to parliament's rules: the deployer's, and those of all roles.

python -m tests.iam.lint           part of: make lint
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any, Final

from pipeline.account.iam_policy import SHIPPED
from tests.iam.deployer import ACCOUNT, PARTITION, REGION, templates

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it reads its data by setuptools' old way
    import parliament

_BUCKET: Final = "arn:aws:s3:::a-bucket"
_PSEUDO: Final = {ACCOUNT: "123456789012", REGION: "eu-central-1", PARTITION: "aws"}


def policies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document, with what it belongs to."""
    yield SHIPPED.name, json.loads(SHIPPED.read_text(encoding="utf-8"))
    for made in templates():
        for policy in made.properties.get("Policies", []):
            yield f"{made.logical}/{policy['PolicyName']}", policy["PolicyDocument"]
        if made.kind == "AWS::S3::BucketPolicy":
            yield made.logical, made.properties["PolicyDocument"]


def findings(document: dict[str, Any]) -> list[str]:
    """What parliament finds in a policy."""
    text = json.dumps(document)
    for pseudo, value in _PSEUDO.items():
        text = text.replace(pseudo, value)
    # The one thing that only AWS knows: the ARN of the bucket that a policy is of.
    text = re.sub(r'\{"Fn::GetAtt": \["Bucket", "Arn"\]\}', f'"{_BUCKET}"', text)
    text = text.replace("${Bucket.Arn}", _BUCKET)
    found = parliament.analyze_policy_string(text, include_community_auditors=False).findings
    return [f"{one.issue}: {one.detail or one.location}" for one in found]


def main() -> int:
    """Print all findings; the exit code."""
    found = [f"{name}: {text}" for name, document in policies() for text in findings(document)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
