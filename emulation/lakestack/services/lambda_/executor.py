"""LocalStack's Lambda executor "process": each environment is a subprocess of the emulator."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from lakestack.services.lambda_.environment import environment_variables, start_message
from lakestack.services.lambda_.foreign_modules import explained
from lakestack.services.lambda_.function_process import (
    ExitedError,
    FunctionProcess,
    OutOfMemoryError,
    TimedOutError,
)
from lakestack.services.lambda_.log_writer import WRITER, LogTarget
from lakestack.services.lambda_.output import InvocationLog
from lakestack.services.lambda_.report import (
    MEBIBYTE,
    Report,
    exit_error,
    timed_out,
    timeout_error,
)
from lakestack.services.lambda_.runtimes import check_runnable
from lakestack.services.processes import gateway_url

LOG = logging.getLogger(__name__)

INIT_SECONDS = 10.0
"""AWS Lambda Developer Guide, "Lambda execution environment": the init phase is limited to 10 s;
one that takes longer starts again with the first invocation, under the function's timeout."""

MEMORY_SLACK = 256 * MEBIBYTE
"""Over the memory size, before a process is ended: shared pages count once per process."""


DELETED_SECONDS = 5.0
"""After DeleteFunction, until what still runs is killed. Our guess: AWS lets an invocation in
progress finish, here nobody would be left to end it before its Timeout of up to 15 minutes."""

_alive: weakref.WeakSet[ProcessExecutor] = weakref.WeakSet()
_alive_lock = threading.Lock()


def end_deleted(account: str, region: str, name: str, version: str | None) -> None:
    """Let the invocations of a deleted function end by themselves, for a while.

    Args:
        version: only this one; None: all of them
    """
    with _alive_lock:
        deleted = [each for each in _alive if each.belongs_to(account, region, name, version)]
    if deleted:

        def kill() -> None:
            for each in deleted:
                each.kill()

        timer = threading.Timer(DELETED_SECONDS, kill)
        timer.daemon = True
        timer.start()


def kill_of(covers: Callable[[str, str], bool]) -> None:
    """Kill all environments of some accounts and regions at once; invocations in progress fail.

    Args:
        covers: of an account and a region
    """
    with _alive_lock:
        chosen = [
            e for e in _alive if covers(e.function_version.id.account, e.function_version.id.region)
        ]
    for each in chosen:
        each.kill()


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    """Entry point: LAMBDA_RUNTIME_EXECUTOR=process."""

    name = "process"

    def load(self, *args: Any, **kwargs: Any) -> type[RuntimeExecutor]:  # noqa: ARG002
        return ProcessExecutor


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    """One execution environment. A process that was lost is replaced at the next invocation."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002
        super().__init__(id, function_version)
        self.client_context: dict[str, Any] | None = None
        self._config = function_version.config
        self._process: FunctionProcess | None = None
        self._init_failure: bytes | None = None
        self._init_log: list[tuple[int, str]] = []
        self._init_seconds: float | None = None
        self._lock = threading.Lock()
        self._invoking = False
        self._stopped = False
        self._last_peak = 0
        self._begun: FunctionProcess | None = None
        with _alive_lock:
            _alive.add(self)

    def belongs_to(self, account: str, region: str, name: str, version: str | None) -> bool:
        """Whether it runs this function."""
        identity = self.function_version.id
        own = (identity.account, identity.region, identity.function_name)
        return own == (account, region, name) and version in (None, identity.qualifier)

    def kill(self) -> None:
        """End the process, whatever it does; an invocation in progress fails."""
        self.stop()
        if (process := self._begun) is not None:
            process.kill()

    def start(self, env_vars: dict[str, Any]) -> None:
        """Start the process and load the handler. A function's own failure shows on invocation."""
        identity = self.function_version.id
        self._home = Path(tempfile.mkdtemp(prefix="lambda-"))
        self._code = Path(self._config.code.get_unzipped_code_location())
        self._env = environment_variables(
            env_vars, runtime=self._config.runtime, code=self._code, home=self._home
        )
        self._target = LogTarget(
            identity.account,
            identity.region,
            identity.function_name,
            env_vars["AWS_LAMBDA_LOG_GROUP_NAME"],
            env_vars["AWS_LAMBDA_LOG_STREAM_NAME"],
        )
        log = InvocationLog(self._init_log.extend)
        log.line(f"INIT_START Runtime Version: {self._config.runtime.replace('3', ':3', 1)}")
        began = time.monotonic()
        try:
            self._initialise(began + INIT_SECONDS, log)
        except (TimedOutError, OutOfMemoryError):
            pass  # once more, within the invocation
        except ExitedError as e:
            self._init_failure = exit_error("", e.status)
        self._init_seconds = time.monotonic() - began
        log.end_output()
        log.flush()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run one invocation to its end, whatever that is."""
        with self._lock:
            self._invoking = True
        try:
            return self._invoke(payload)
        finally:
            with self._lock:
                self._invoking = False
                if self._stopped:
                    self._discard()

    def stop(self) -> None:
        """End the environment; a running invocation is let finish, as on AWS."""
        with self._lock:
            self._stopped = True
            if not self._invoking:
                self._discard()

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return f"{gateway_url()}/_localstack_lambda/{self.id}"

    def get_logs(self) -> str:
        return "".join(f"{text}\n" for _, text in self._init_log)

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack code and layers."""
        settings = function_version.config
        check_runnable(settings.package_type, settings.runtime)
        for code in (settings.code, *(layer.code for layer in settings.layers)):
            code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: the code goes when no version uses it, which LocalStack sees to."""

    def _initialise(self, deadline: float, log: InvocationLog) -> None:
        runtime = self._config.runtime
        layers = [Path(x.code.get_unzipped_code_location()) for x in self._config.layers]
        arns = [layer.layer_version_arn for layer in self._config.layers]
        process = FunctionProcess(
            start_message(runtime, self._code, layers, self._config.ephemeral_storage.size),
            env=self._env,
            cwd=self._code,
            memory_limit=self._config.memory_size * MEBIBYTE + MEMORY_SLACK,
        )
        self._begun = process
        try:
            answer = process.initialise(deadline, log)
        except BaseException:
            process.close()
            raise
        if "error" in answer:
            named = zip(arns, layers, strict=True)
            error = explained(answer["error"], self._code, named)
            self._init_failure = json.dumps(error).encode()
            process.close()
        else:
            self._init_failure = None
            with self._lock:
                self._process = process
                if self._stopped and not self._invoking:
                    self._discard()

    def _invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id, timeout = payload["invoke-id"], float(self._config.timeout)
        log = InvocationLog(lambda events: WRITER.put(self._target, events))
        init, self._init_seconds = self._init_seconds, None
        if init is not None:
            WRITER.put(self._target, self._init_log)
        log.line(f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}")
        began = time.monotonic()
        message = {
            "id": request_id,
            "arn": payload["invoked-function-arn"],
            "event": payload["payload"],
            "trace": payload["trace-id"],
            "client_context": self.client_context,
            "remaining": timeout,
        }
        body, status = self._outcome(message, began + timeout, log)
        duration = time.monotonic() - began
        log.end_output()
        if status == "timeout":
            log.line(timed_out(request_id, timeout))
            body = timeout_error(request_id, timeout)
        log.line(f"END RequestId: {request_id}")
        peak = self._process.peak_bytes if self._process else self._last_peak
        report = Report(request_id, duration, self._config.memory_size, peak, init, status)
        log.line(str(report))
        log.flush()
        return InvocationResult(request_id, body, is_error=status is not None, logs=log.tail)

    def _outcome(
        self, message: dict[str, Any], deadline: float, log: InvocationLog
    ) -> tuple[bytes, str | None]:
        """Return the payload and, of a failure, the status of the REPORT line."""
        try:
            if self._process is None and self._init_failure is None:
                self._initialise(deadline, log)
            if self._process is None:
                failure, self._init_failure = self._init_failure, None
                return failure or b"null", "error"
            answer = self._process.call(message, deadline, log)
        except TimedOutError:
            self._lose()
            return b"", "timeout"
        except ExitedError as e:
            self._lose()
            return exit_error(message["id"], e.status), "error"
        except OutOfMemoryError:
            self._lose()
            return exit_error(message["id"], -signal.SIGKILL), "error"
        failed = "error" in answer
        body = json.dumps(answer["error"]) if failed else answer["result"]
        return body.encode(), "error" if failed else None

    def _lose(self) -> None:
        """Let go of a process that is of no more use."""
        process, self._process = self._process, None
        if process is not None:
            self._last_peak = process.peak_bytes
            process.close()

    def _discard(self) -> None:
        self._lose()
        if hasattr(self, "_home"):
            shutil.rmtree(self._home, ignore_errors=True)
