"""ResultWriter's WriterConfig: the form in which the results of a Map run are given or written.

AWS Step Functions Developer Guide, "ResultWriter (Map)": NONE gives what DescribeExecution says of
a child, COMPACT its output, FLATTEN the elements of its output where that is an array. A child that
failed is given as with NONE.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from lakestack.services.distributed_map.children import SUCCEEDED, Child

NONE, COMPACT, FLATTEN = "NONE", "COMPACT", "FLATTEN"
JSON, JSONL = "JSON", "JSONL"
_VALUES = {"Transformation": (NONE, COMPACT, FLATTEN), "OutputType": (JSON, JSONL)}
_TARGET = ("Resource", "Parameters", "Arguments")


class WriterError(Exception):
    """A ResultWriter is not valid, or asks for what is not emulated."""


@dataclass(frozen=True)
class WriterConfig:
    """A checked WriterConfig.

    Attributes:
        exports: whether the results go to S3; otherwise they are the state's output
    """

    transformation: str
    output_type: str
    exports: bool

    FIELD: ClassVar[str] = "WriterConfig"

    @classmethod
    def parse(cls, state: str, writer: dict[str, Any]) -> WriterConfig:
        """Check a ResultWriter's WriterConfig, or take the defaults where it has none.

        Args:
            state: the Map state's name, for messages
            writer: its ResultWriter

        Raises:
            WriterError: AWS does not take it, or it is not emulated
        """
        where = f"ResultWriter of state '{state}'"
        exports = any(name in writer for name in _TARGET)
        if cls.FIELD not in writer:
            if not exports:
                raise WriterError(f"{where} needs {cls.FIELD}, or Resource and Parameters")
            return cls(NONE, JSON, exports)
        written = writer[cls.FIELD]
        if not isinstance(written, dict) or not written or set(written) - set(_VALUES):
            raise WriterError(f"{where}: {cls.FIELD} has {' or '.join(_VALUES)}, and nothing else")
        for name, value in written.items():
            if value not in _VALUES[name]:
                valid = ", ".join(_VALUES[name])
                raise WriterError(f"{where}: {name} must be one of {valid}; received {value!r}")
        default = NONE if exports else COMPACT
        config = cls(
            written.get("Transformation", default), written.get("OutputType", JSON), exports
        )
        if config.output_type == JSONL and not exports:
            raise WriterError(f"{where}: OutputType JSONL is emulated with Resource only")
        return config

    @property
    def suffix(self) -> str:
        """Of result files' names."""
        return self.output_type.lower()

    def results(self, children: Iterable[Child], state_machine_arn: str) -> list[Any]:
        """What is given of some children, in their order.

        Args:
            state_machine_arn: of the Map run, with its label
        """
        found: list[Any] = []
        for child in children:
            if self.transformation == NONE or child.status != SUCCEEDED:
                found.append(child.described(state_machine_arn))
            elif self.transformation == FLATTEN and isinstance(child.output, list):
                found.extend(child.output)
            else:
                found.append(child.output)
        return found

    def text(self, results: list[Any]) -> bytes:
        """A result file of them."""
        lines = (json.dumps(each, separators=(",", ":"), default=str) for each in results)
        if self.output_type == JSONL:
            return "".join(f"{line}\n" for line in lines).encode()
        return f"[{','.join(lines)}]".encode()
