"""Runs in an environment with AWS's sagemaker-inference: loads a model archive as it does.

Reads one request per line (JSON: content_type, accept, body), writes one answer per line (JSON:
status, body). The code folder is put on the path as `model_server._set_python_path` does.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from sagemaker_inference import environment, model_server  # type: ignore[import-not-found]
from sagemaker_inference.transformer import Transformer  # type: ignore[import-not-found]


class Request:
    """Of the model server's context: one request's headers."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    def get_request_properties(self) -> dict[str, str]:
        return self.headers


class Context:
    """The model server's context, as far as the toolkit uses it."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.system_properties = {"model_dir": environment.model_dir}
        self.request_processor = [Request(headers)]
        self.status = 200

    def set_response_status(self, code: int, phrase: str = "") -> None:  # noqa: ARG002 - the toolkit names it
        self.status = int(code)

    def set_response_content_type(self, _number: int, _kind: str) -> None:
        return


def main() -> None:
    model_server._set_python_path()
    sys.path.insert(0, environment.code_dir)
    transformer = Transformer()
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        context = Context({"Content-Type": request["content_type"], "Accept": request["accept"]})
        [body] = transformer.transform([{"body": request["body"].encode()}], context)
        print("answer:" + json.dumps({"status": context.status, "body": body}), flush=True)


if __name__ == "__main__":
    main()
