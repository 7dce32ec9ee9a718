"""The model server on its own: HTTP, defaults, errors."""

# ruff: noqa: ARG005 - the functions have the signatures of SageMaker's contract

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lakestack.services.sagemaker import serving


def model(tmp_path: Path, **functions: object) -> serving.Model:
    module = ModuleType("inference")
    module.__dict__.update({"model_fn": lambda folder: max, **functions})
    return serving.Model(module, tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, int]]:
    def fail(data: object, loaded: object) -> object:
        if data == "stop":
            raise SystemExit(3)
        if data == "teapot":
            raise serving.RequestError(418, "short and stout")
        return {"data": data}

    class Handler(serving.Handler):
        pass

    Handler.model = model(tmp_path, predict_fn=fail)
    with serving.Server(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield "127.0.0.1", made.server_address[1]
        made.shutdown()
        thread.join()


def post(connection: http.client.HTTPConnection, body: bytes, **headers: str) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json", **named})
    response = connection.getresponse()
    return response.status, response.read()


def test_one_connection_serves_many_requests(server: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*server)
    connection.request("GET", "/ping")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    first = connection.sock
    for i in range(3):
        assert post(connection, json.dumps(i).encode()) == (200, b'{"data": %d}' % i)
    for body, status in ((b'"stop"', 500), (b'"teapot"', 418), (b"{", 400), (b"\xff", 400)):
        assert post(connection, body)[0] == status
    assert post(connection, b"1", Accept="text/html")[0] == 406
    assert post(connection, b"1", Content_Type="text/xml")[0] == 415
    assert post(connection, b"1", Content_Type="application/x-npy")[0] == 400
    connection.request("GET", "/other")
    assert connection.getresponse().status == 404
    assert connection.sock is first
    connection.close()


def test_a_body_without_length_is_refused(server: tuple[str, int]) -> None:
    with socket.create_connection(server) as raw:
        raw.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 411 ")


def test_defaults_read_and_write_json(tmp_path: Path) -> None:
    made = model(tmp_path)
    assert made.answer(b"[1, 3, 2]", "application/json; charset=utf-8", "*/*") == (
        b"3",
        "application/json",
    )


def npy(*rows: list[float]) -> bytes:
    import numpy as np

    out = io.BytesIO()
    np.save(out, np.array(rows))
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"[[1, 2], [3, 4]]", "application/json"),
        (b"1,2\n3,4\n", "text/csv"),
        (npy([1, 2], [3, 4]), "application/x-npy"),
    ],
)
def test_defaults_read_arrays_and_write_what_is_accepted(
    tmp_path: Path, body: bytes, content_type: str
) -> None:
    import numpy as np

    made = model(tmp_path, predict_fn=lambda data, loaded: data.sum(axis=1))
    text, kind = made.answer(body, content_type, "application/json")
    assert (json.loads(text), kind) == ([3, 7], "application/json")
    text, kind = made.answer(body, content_type, "text/csv, application/json")
    assert ([float(line) for line in text.split()], kind) == ([3, 7], "text/csv")
    text, kind = made.answer(body, content_type, "application/x-npy")
    assert (np.load(io.BytesIO(text)).tolist(), kind) == ([3, 7], "application/x-npy")


def test_foreign_pickles_are_refused(tmp_path: Path) -> None:
    import numpy as np

    out = io.BytesIO()
    np.save(out, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(serving.RequestError, match="NumPy") as caught:
        model(tmp_path).answer(out.getvalue(), "application/x-npy", "*/*")
    assert caught.value.status_code == 400


def test_json_that_is_no_array_stays_as_it_is(tmp_path: Path) -> None:
    made = model(tmp_path, predict_fn=lambda data, loaded: type(data).__name__)
    for body, kind in ((b'{"a": [1]}', "dict"), (b'["x"]', "list"), (b"[[1], [1, 2]]", "list")):
        assert made.answer(body, "application/json", "*/*")[0] == f'"{kind}"'.encode()


def test_functions_of_the_user_win(tmp_path: Path) -> None:
    made = model(
        tmp_path,
        input_fn=lambda body, kind: (body, kind),
        predict_fn=lambda data, loaded: data,
        output_fn=lambda data, accept: (repr((data, accept)), "text/plain"),
    )
    assert made.answer(b"a,b", "text/csv", "x/y") == (b"(('a,b', 'text/csv'), 'x/y')", "text/plain")
    assert made.answer(b"\0", "application/x-npy", "x/y")[0].startswith(b"((b'\\x00'")


def test_transform_fn_does_it_all(tmp_path: Path) -> None:
    made = model(tmp_path, transform_fn=lambda loaded, body, kind, accept: f"{body}{kind}{accept}")
    assert made.answer(b"1", "text/csv", "x/y") == (b"1text/csvx/y", "x/y")


def test_numpy_results_are_written(tmp_path: Path) -> None:
    import numpy as np

    made = model(tmp_path, predict_fn=lambda data, loaded: {"a": np.arange(2), "b": np.float32(1)})
    assert made.answer(b"1", "application/json", "*/*")[0] == b'{"a": [0, 1], "b": 1.0}'


def test_a_module_without_model_fn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match="defines no model_fn"):
        serving.Model(ModuleType("inference"), tmp_path)


def test_modules_beside_the_program_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", ["/nowhere"])
    monkeypatch.setattr("sys.modules", dict(__import__("sys").modules))
    (tmp_path / "beside_it.py").write_text("x = 5")
    (tmp_path / "entry_it.py").write_text("from beside_it import x")
    assert serving.load_module(tmp_path, "entry_it.py").x == 5


@pytest.mark.parametrize(("given", "status"), [("right", 200), ("wrong", 403), ("", 403)])
def test_with_a_secret_only_who_knows_it_is_answered(
    server: tuple[str, int], monkeypatch: pytest.MonkeyPatch, given: str, status: int
) -> None:
    monkeypatch.setattr(serving.Handler, "secret", "right")
    headers = {serving.SECRET_HEADER: given} if given else {}
    for method, path in (("GET", "/ping"), ("POST", "/invocations")):
        connection = http.client.HTTPConnection(*server)
        connection.request(method, path, b"1", {"Content-Type": "application/json", **headers})
        assert connection.getresponse().status == status
        connection.close()
