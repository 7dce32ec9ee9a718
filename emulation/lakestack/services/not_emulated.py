"""What is said of an operation that nobody has."""

from __future__ import annotations

from lakestack import patches


def install() -> None:
    """Say it without a licence plan, which this emulator does not have."""
    patches.replace("not_emulated.text", text)


def text(service_name: str, action_name: str) -> str:
    """The message of the 501.

    Args:
        service_name: boto3's
        action_name: the operation
    """
    return (
        f"{service_name}.{action_name} is not part of the emulated data lake; "
        "docs/fidelity.md says what is"
    )
