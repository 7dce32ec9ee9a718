"""The runtime of a function: ``python -I -S bootstrap.py SOCKET CONTROL SUPERVISE``.

It forks. The parent waits and ends the function, whatever that does, when the emulator closes the
pipe CONTROL or has gone (`lakestack.supervise`, whose file SUPERVISE is). The child loads the
handler, then serves invocations over SOCKET, one at a time. A message is a JSON object behind its
length (4 bytes, big endian). Only the standard library is imported before
the user's code, and none of the emulator's packages can be.

Error names and texts are those of AWS's Python runtime (AWS Lambda Developer Guide, "Understanding
Lambda function errors in Python").
"""

from __future__ import annotations

import _thread
import contextlib
import importlib
import importlib.machinery
import importlib.util
import json
import logging
import os
import signal
import socket
import struct
import sys
import time
import traceback
from types import ModuleType, SimpleNamespace
from typing import Any

PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
"""What AWS's Python runtime brings along besides the standard library."""

MAX_RESPONSE_BYTES = 6_291_556
"""AWS Lambda Developer Guide, "Lambda quotas": a synchronous response of 6 MB."""

WATCH_SECONDS = 0.5
HEADER = struct.Struct(">I")
Message = dict[str, Any]


class RuntimeFaultError(Exception):
    """A fault that AWS's runtime names, as distinct from what user code raises."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.trace = kind, trace or []


class Channel:
    """Messages to and from the emulator."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._socket = socket.socket(fileno=descriptor)
        self._reader = self._socket.makefile("rb")

    def receive(self) -> Message | None:
        """Return the next message, None when the emulator has gone."""
        header = self._reader.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        (length,) = HEADER.unpack(header)
        message: Message = json.loads(self._reader.read(length))
        return message

    def send(self, message: Message) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # user code may have closed or replaced it
                stream.flush()
        data = json.dumps({**message, "memory": peak_memory()}).encode()
        self._socket.sendall(HEADER.pack(len(data)) + data)


class Context:
    """The handler's second argument (AWS Lambda context object in Python)."""

    def __init__(self, request: Message) -> None:
        environment = os.environ
        self.aws_request_id: str = request["id"]
        self.invoked_function_arn: str = request["arn"]
        self.function_name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = client_context(request.get("client_context"))
        self.tenant_id = None
        self._deadline = time.monotonic() + float(request["remaining"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        return f"LambdaContext([aws_request_id={self.aws_request_id}])"


def client_context(given: Message | None) -> SimpleNamespace | None:
    """The context object's `client_context`, as the caller of Invoke gave it."""
    if given is None:
        return None
    client = SimpleNamespace(**(given.get("client") or {}))
    return SimpleNamespace(custom=given.get("custom"), env=given.get("env"), client=client)


class LogFormat(logging.Formatter):
    """AWS's format of what goes through the root logger."""

    converter = staticmethod(time.gmtime)  # type: ignore[assignment]
    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        record.aws_request_id = self.request_id
        return super().format(record)


class RuntimePackages:
    """Finds the packages of AWS's runtime, and nothing else of the emulator's environment."""

    def __init__(self, folders: list[str]) -> None:
        self._folders = folders

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if path is not None or name not in PACKAGES:
            return None
        return importlib.machinery.PathFinder.find_spec(name, self._folders, target)


class VendoredRequests:
    """Completes ``botocore.vendored.requests``, with which runtimes up to python3.7 came."""

    name = "botocore.vendored.requests"

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        folders = (spec and spec.submodule_search_locations) or []
        if not folders or os.path.exists(os.path.join(folders[0], "api.py")):  # noqa: PTH110, PTH118
            return None  # the function brings a botocore of that time along
        return importlib.util.spec_from_file_location(
            name, _beside("vendored_requests.py"), submodule_search_locations=list(folders)
        )


def _beside(file: str) -> str:
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), file)  # noqa: PTH100, PTH118, PTH120


def peak_memory() -> int:
    """Largest resident size of this process so far, in bytes."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def watch(parent: int) -> None:
    """End this process group when its supervisor has gone (on Linux the kernel does it)."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.killpg(0, 9)


def loaded(name: str, file: str) -> Any:
    """Load a module of the emulator by its file: its packages are not for the function."""
    spec: Any = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def become_the_function(channel: int, control: int, supervise: Any) -> None:
    """Return in the child; the parent stays behind as its supervisor."""
    supervisor = supervise.Supervisor(control)
    supervise.adopt_orphans()
    mine = os.getpid()
    child = os.fork()
    if child:
        os.close(channel)
        os._exit(supervise.leave(supervisor.attend(child)))
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.closerange(3, channel)
    os.closerange(channel + 1, max(channel, control, *supervisor.pipe) + 1)
    supervise.die_with(mine)
    if sys.platform != "linux":
        _thread.start_new_thread(watch, (mine,))


def load_handler(name: str) -> Any:
    """Import the handler.

    Raises:
        RuntimeFaultError: it cannot be found; what the module itself raises passes through
    """
    module_name, dot, function = name.rpartition(".")
    if not dot:
        raise RuntimeFaultError(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise RuntimeFaultError(
            "Runtime.BuiltInModuleConflict",
            f"Cannot use built-in module {module_name} as a handler module",
        )
    try:
        module: ModuleType = importlib.import_module(module_name.replace("/", "."))
    except ImportError as e:
        raise RuntimeFaultError(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {e}"
        ) from e
    except SyntaxError as e:
        raise RuntimeFaultError(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{module_name}': {e}",
            [f'  File "{e.filename}" Line {e.lineno}\n    {e.text}'],
        ) from e
    if not hasattr(module, function):
        raise RuntimeFaultError(
            "Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'"
        )
    return getattr(module, function)


def described(e: BaseException, request_id: str) -> Message:
    """Turn an exception into AWS's error object, and log it."""
    if isinstance(e, RuntimeFaultError):
        kind, trace = e.kind, e.trace
    else:
        frames = traceback.extract_tb(e.__traceback__)
        own = [frame for frame in frames if not _is_ours(frame.filename)]
        listed = traceback.format_list(own)
        root = os.environ.get("LAMBDA_TASK_ROOT", "")
        kind = type(e).__name__
        trace = [entry.replace(f'"{root}/', '"/var/task/') for entry in listed]
    message = str(e)
    lines = "".join(trace)
    sys.stdout.write(f"[ERROR] {kind}: {message}\n")
    if lines:
        sys.stdout.write(f"Traceback (most recent call last):\n{lines.rstrip()}\n")
    return {
        "errorMessage": message,
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": trace,
    }


def _is_ours(file: str) -> bool:
    return file == __file__ or file.startswith("<frozen importlib")


def plain(value: Any) -> Any:
    """What JSON has for a value of a result that it has not: numbers for decimals, text for bytes.

    As AWS's runtime interface client for Python (awslambdaric) does with simplejson.

    Raises:
        TypeError: it has nothing for it
        UnicodeDecodeError: the bytes are not UTF-8
    """
    if isinstance(value, bytes):
        return value.decode()
    decimals = sys.modules.get("decimal")  # which only costs time where nobody uses it
    if decimals is not None and isinstance(value, decimals.Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def answer(handler: Any, request: Message) -> Message:
    """Run one invocation; its result as JSON text, or the error object."""
    request_id = request["id"]
    try:
        try:
            event = json.loads(request["event"])
        except ValueError as e:
            raise RuntimeFaultError(
                "Runtime.UnmarshalError", f"Unable to unmarshal input: {e}"
            ) from e
        result = handler(event, Context(request))
        try:
            body = json.dumps(result, default=plain)
        except (TypeError, ValueError, RecursionError) as e:
            raise RuntimeFaultError(
                "Runtime.MarshalError", f"Unable to marshal response: {e}"
            ) from e
    except Exception as e:
        return {"error": described(e, request_id)}
    if len(body) > MAX_RESPONSE_BYTES:
        return {
            "error": {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size "
                f"({MAX_RESPONSE_BYTES} bytes).",
            }
        }
    return {"result": body}


def prepare(start: Message) -> None:
    """Set the import path, the connections and the log up as a handler finds them on AWS."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    standard = [p for p in sys.path if os.path.abspath(p) != here]  # noqa: PTH100
    extra = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[:] = [start["code"], *start["layers"], *extra, *standard]
    sys.meta_path.append(RuntimePackages(start["packages"]))  # type: ignore[arg-type]
    if start.get("vendored_requests"):
        sys.meta_path.insert(0, VendoredRequests())  # type: ignore[arg-type]
    network = loaded("_lake_network", start["network"])
    network.install((start["gateway"][0], start["gateway"][1]))


def main() -> None:
    """Load the handler, then answer invocations until the input ends."""
    for stream in (sys.stdout, sys.stderr):
        # One write per line, and nothing a handler prints can fail to be encoded.
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    supervise = loaded("_lake_supervise", sys.argv[3])
    become_the_function(int(sys.argv[1]), int(sys.argv[2]), supervise)
    channel = Channel(int(sys.argv[1]))
    process = os.getpid()
    start = channel.receive()
    if start is None:
        return
    supervise.apply_limits(start["limits"])
    prepare(start)
    formatter = LogFormat(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    log = logging.StreamHandler(sys.stdout)
    log.setFormatter(formatter)
    logging.getLogger().addHandler(log)
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as e:
        channel.send({"error": described(e, "")})
        return
    channel.send({"ready": True})
    while (request := channel.receive()) is not None:
        os.environ["_X_AMZN_TRACE_ID"] = request["trace"]
        formatter.request_id = request["id"]
        reply = answer(handler, request)
        if os.getpid() != process:  # a fork that came back from the handler: not ours to answer
            os._exit(0)
        channel.send(reply)


if __name__ == "__main__":
    main()
