"""What AWS was asked and what it answered, as data that can be kept."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from botocore.response import StreamingBody

from tests.integration.aws_target.calls import OWN, listening

CASSETTES: Final = Path(__file__).parent / "cassettes"
_CALL: Final = "cassette-call"


@dataclass(frozen=True)
class Exchange:
    """One operation.

    Attributes:
        service: as botocore calls it
        operation: as in the API model
        params: as the client was given them, in `as_data`'s form
        status: of HTTP
        answer: parsed, errors too, in `as_data`'s form
        command: number of the `lake` command that asked, from 1
    """

    service: str
    operation: str
    params: Any
    status: int
    answer: Any
    command: int

    @property
    def name(self) -> tuple[str, str]:
        """Service and operation."""
        return self.service, self.operation


@dataclass
class Cassette:
    """What was said in one session, in order.

    Attributes:
        region: in which it was recorded
        commands: the words of each `lake` that was run, without target and data
        exchanges: of the pipeline's own clients
    """

    region: str
    commands: list[list[str]] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Keep what the clients that are made meanwhile say and hear."""
        lock = threading.Lock()

        def asked(params: Any, context: dict[str, Any], **_: Any) -> None:
            if OWN in (context["client_config"].user_agent_extra or ""):
                context[_CALL] = as_data(params)

        def answered(
            http_response: Any, parsed: dict[str, Any], model: Any, context: Any, **_: Any
        ) -> None:
            if _CALL not in context:
                return
            kept = as_data({k: v for k, v in parsed.items() if k != "ResponseMetadata"})
            for name, value in parsed.items():
                if hasattr(value, "read"):  # once only
                    content = value.read()
                    parsed[name] = _stream(content)
                    kept[name] = {"$stream": base64.b64encode(content).decode()}
            one = Exchange(
                model.service_model.service_name,
                model.name,
                context[_CALL],
                http_response.status_code,
                kept,
                len(self.commands),
            )
            with lock:
                self.exchanges.append(one)

        with listening([("before-parameter-build", asked), ("after-call", answered)]):
            yield

    def as_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "region": self.region,
            "commands": self.commands,
            "exchanges": [vars(one) for one in self.exchanges],
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Cassette:
        """From what `as_dict` gave."""
        exchanges = [Exchange(**one) for one in document["exchanges"]]
        return cls(document["region"], document["commands"], exchanges)


def as_data(value: Any) -> Any:
    """`value` as JSON knows it; bytes, times and streams under a key that begins with a dollar."""
    if isinstance(value, dict):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(item) for item in value]
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, bytes | bytearray):
        return {"$bytes": base64.b64encode(value).decode()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return {"$other": type(value).__name__}


def _stream(content: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(content), len(content))
