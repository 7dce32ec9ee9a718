"""Names of resources to which a template gives none.

AWS CloudFormation Template Reference, "Name type": the stack's name, the logical id and a random
part, such as ``shop-Orders-1H2QG4T5XK3B``.
"""

from __future__ import annotations

import secrets
import string

from lakestack import patches

_LETTERS = string.ascii_uppercase + string.digits
_RANDOM_LENGTH = 12
_OWN_LENGTH = 24
LONGEST = 63
"""What every service takes (our guess where AWS allows more)."""


def generated_name(stack_name: str, logical_resource_id: str, length: int = LONGEST) -> str:
    """A new name of at most `length` characters; the stack's name gives way first."""
    random_part = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM_LENGTH))
    room = length - _RANDOM_LENGTH - 2
    own = logical_resource_id[: max(_OWN_LENGTH, room - len(stack_name))][:room]
    return f"{stack_name[: room - len(own)]}-{own}-{random_part}".lstrip("-")


def install() -> None:
    """Let LocalStack's types use it."""

    def generate_default_name(stack_name: str, logical_resource_id: str) -> str:
        return generated_name(stack_name, logical_resource_id)

    patches.replace("cloudformation.names", generate_default_name)
