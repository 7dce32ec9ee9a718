"""The model server of a SageMaker endpoint: GET /ping and POST /invocations.

Standard library only and started as a script, so that it also serves a model without the emulator:

    python serving.py --code models --model model_dir --port 8080

It calls model_fn(model_dir), input_fn(body, content_type), predict_fn(data, model) and
output_fn(prediction, accept) of the user's module, or transform_fn(model, body, content_type,
accept), as the framework containers do (SageMaker Python SDK, "Deploy endpoints from model data").
The functions that are missing read JSON, CSV and NumPy's format into an array, and write what
Accept asks for of the three ("Using Scikit-learn", Process input and output; "Use PyTorch"); where
NumPy is not installed, only JSON. An exception with an integer `status_code`
between 400 and 599 answers with that status, any other with 500; the traceback goes to stderr.
"""

from __future__ import annotations

import argparse
import hmac
import importlib.util
import io
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
FORMATS = (JSON, CSV, NPY)
TEXT_TYPES = (JSON, CSV)
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
SECRET_VARIABLE = "LAKE_SERVING_SECRET"  # noqa: S105 - its name
SECRET_HEADER = "X-Lake-Secret"  # noqa: S105


class RequestError(Exception):
    """A request that cannot be answered, with its HTTP status."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def default_input(body: str | bytes, content_type: str) -> Any:
    """Read a body into an array.

    Raises:
        RequestError: 415 for another format, 400 for a body that is not of its format
    """
    numpy = _numpy()
    known = FORMATS if numpy is not None else (JSON,)
    if content_type not in known:
        valid = ", ".join(known)
        raise RequestError(415, f"content type {content_type} is not supported; valid are {valid}")
    raw = body.encode() if isinstance(body, str) else body
    try:
        if content_type == NPY:
            return numpy.load(io.BytesIO(raw), allow_pickle=False)
        if content_type == CSV:
            return numpy.genfromtxt(io.StringIO(raw.decode()), dtype=numpy.float32, delimiter=",")
        read = json.loads(raw)
    except ValueError as e:
        name = {JSON: "JSON", CSV: "CSV", NPY: "an array of NumPy"}[content_type]
        raise RequestError(400, f"the body is not {name}: {e}") from e
    return read if numpy is None else _array(numpy, read)


def _array(numpy: Any, read: Any) -> Any:
    """JSON's lists of numbers as an array; what is none (an object, texts) as it is."""
    if not isinstance(read, list):
        return read
    try:
        found = numpy.array(read)
    except ValueError:  # rows of several lengths
        return read
    return found if found.dtype.kind in "biuf" else read


def default_predict(data: Any, model: Any) -> Any:
    """Call the model's predict method, or the model itself."""
    predict = getattr(model, "predict", model)
    if not callable(predict):
        raise TypeError("the model has no predict method: define predict_fn")
    return predict(data)


def default_output(prediction: Any, accept: str) -> tuple[bytes, str]:
    """Write a prediction in the format that Accept asks for; its body and content type.

    Raises:
        RequestError: 406 for another format
    """
    numpy = _numpy()
    known = FORMATS if numpy is not None else (JSON,)
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    kind = next((JSON if w == "*/*" else w for w in wanted if w == "*/*" or w in known), None)
    if kind is None:
        valid = ", ".join(known)
        raise RequestError(406, f"accept type {accept} is not supported; valid are {valid}")
    if kind == JSON:
        return json.dumps(prediction, default=lambda value: value.tolist()).encode(), JSON
    array = numpy.asarray(prediction)
    if kind == NPY:
        out = io.BytesIO()
        numpy.save(out, array, allow_pickle=False)
        return out.getvalue(), NPY
    text = io.StringIO()
    numpy.savetxt(text, numpy.atleast_1d(array), delimiter=",", fmt="%s")
    return text.getvalue().encode(), CSV


class Model:
    """The user's module and its loaded model."""

    def __init__(self, module: ModuleType, model_dir: Path) -> None:
        load = getattr(module, "model_fn", None)
        if load is None:
            raise AttributeError(f"{module.__name__} defines no model_fn(model_dir)")
        self._transform: Callable[..., Any] | None = getattr(module, "transform_fn", None)
        self._input: Callable[..., Any] = getattr(module, "input_fn", default_input)
        self._predict: Callable[..., Any] = getattr(module, "predict_fn", default_predict)
        self._output: Callable[..., Any] = getattr(module, "output_fn", default_output)
        self._model = load(str(model_dir))

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Body and content type of the response to one request."""
        plain = content_type.partition(";")[0].strip().lower() or JSON
        content: str | bytes = body
        if plain in TEXT_TYPES:
            try:
                content = body.decode()
            except UnicodeDecodeError as e:
                raise RequestError(400, f"the body is not UTF-8: {e}") from e
        if self._transform is not None:
            result = self._transform(self._model, content, plain, accept)
        else:
            result = self._output(self._predict(self._input(content, plain), self._model), accept)
        payload, kind = result if isinstance(result, tuple) else (result, accept)
        if isinstance(payload, str):
            payload = payload.encode()
        elif not isinstance(payload, bytes | bytearray | memoryview):
            payload, kind = default_output(payload, JSON)
        return bytes(payload), JSON if kind == "*/*" else kind


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with kept-alive connections; a response leaves in one packet."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    model: Model
    secret: str | None = None

    def do_GET(self) -> None:
        if self._stranger():
            return
        found = self.path == "/ping"
        self._send(200 if found else 404, b"" if found else b"not found", "text/plain")

    def do_POST(self) -> None:
        if self._stranger():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._send(411, b"Content-Length is needed", "text/plain")
            return
        body = self.rfile.read(int(length))
        if self.path != "/invocations":
            self._send(404, b"not found", "text/plain")
            return
        accept = self.headers.get("Accept") or "*/*"
        if accept == "*/*":
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        try:
            payload, kind = self.model.answer(body, self.headers.get("Content-Type", JSON), accept)
        except BaseException as e:
            status = _status(e)
            if status >= 500:
                traceback.print_exc()
            said = str(e) if status < 500 else f"{type(e).__name__}: {e}"
            self._send(status, said.encode(errors="replace"), "text/plain; charset=utf-8")
            return
        self._send(200, payload, kind)

    def _stranger(self) -> bool:
        """Refuse whoever does not know the secret: every program and page can find the port."""
        given = self.headers.get(SECRET_HEADER, "").encode()
        if self.secret is None or hmac.compare_digest(given, self.secret.encode()):
            return False
        self.close_connection = True  # the body is not read
        self._send(403, b"ask the endpoint by InvokeEndpoint", "text/plain")
        return True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """One line per request would fill the log: only errors are written."""

    def _send(self, status: int, payload: bytes, kind: str) -> None:
        self.send_response(status, HTTPStatus(status).phrase if status in _KNOWN else "")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        if self.headers.get(ATTRIBUTES):
            self.send_header(ATTRIBUTES, self.headers[ATTRIBUTES])
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """A thread per connection, on loopback."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that goes away is no fault of the model's."""
        if not isinstance(sys.exc_info()[1], ConnectionError | socket.timeout):
            traceback.print_exc()


_KNOWN = {status.value for status in HTTPStatus}


def load_module(code: Path, program: str) -> ModuleType:
    """Import the user's entry point with its folder on the path."""
    path = (code / program).resolve()
    sys.path.insert(0, str(code.resolve()))
    if path.parent != code.resolve():
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def main(arguments: list[str] | None = None) -> None:
    """Load the model, then listen; the port is written to --port-file once it can answer.

    With LAKE_SERVING_SECRET set, only requests with the header X-Lake-Secret are answered.
    """
    Handler.secret = os.environ.pop(SECRET_VARIABLE, None)
    parser = argparse.ArgumentParser(description="Serve a SageMaker script mode model.")
    parser.add_argument("--code", type=Path, required=True, help="folder of the source")
    parser.add_argument("--program", default="inference.py", help="entry point in it")
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--port-file", type=Path)
    options = parser.parse_args(arguments)
    Handler.model = Model(load_module(options.code, options.program), options.model)
    with Server(("127.0.0.1", options.port), Handler) as server:
        port = server.server_address[1]
        print(f"serving on http://127.0.0.1:{port}", flush=True)
        if options.port_file:
            partial = options.port_file.with_suffix(".part")
            partial.write_text(str(port))
            partial.replace(options.port_file)
        server.serve_forever()


def _status(e: BaseException) -> int:
    status = getattr(e, "status_code", None)
    return status if isinstance(status, int) and 400 <= status <= 599 else 500


if __name__ == "__main__":
    main()
