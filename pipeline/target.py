"""Where the lake is: the only place that knows an endpoint.

A `Target` makes every boto3 client of the pipeline and holds, as data, whatever differs between
one target and another: endpoint, account, instance types, container images, buffer intervals and
polling delays. No stage asks for a target's name.

- ``local``: a loopback endpoint, account 000000000000, dummy credentials in the client itself.
  Nothing of the user's environment is read: no ``AWS_*`` variable, no file below ``~/.aws``, no
  instance metadata, no proxy. It cannot reach AWS.
- ``aws``: the user's profile and environment, but no endpoint override of any kind, a region that
  was chosen, and the account that answers is asked for and must not be 000000000000.
"""

from __future__ import annotations

import ipaddress
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from pipeline.access import EMULATED_ACCOUNT, LOGIN, open_access
from pipeline.errors import EndpointRefusedError, SettingsError
from pipeline.prices import PriceList
from pipeline.sizes import Sizes
from pipeline.text.durations import ON_AWS

__all__ = [
    "DEFAULT_LOCAL_ENDPOINT",
    "LOCAL_ACCOUNT",
    "Silence",
    "Sizes",
    "Target",
    "Waits",
    "open_target",
    "require_loopback",
    "require_meant",
]

DEFAULT_LOCAL_ENDPOINT: Final = "http://127.0.0.1:4566"
LOCAL_ACCOUNT: Final = EMULATED_ACCOUNT
DEFAULT_REGION: Final = "us-east-1"
CUSTOM_NAMED: Final = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing."
)
"""AWS's words: a name is taken until the old resource is gone, so there can be no new one."""

# A strict reading of what an endpoint may be: no user info, path, query or escapes that one URL
# parser reads as a host and another does not.
_ENDPOINT = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::(?P<port>\d{1,5}))?/?"
)


@dataclass(frozen=True)
class Waits:
    """How patiently a target is polled, in seconds.

    How long work takes grows with the rows, so all but the first and the last two are the longest
    time in which nothing moves (`pipeline.polling`).
    """

    poll: float
    """Between two looks at something that is being made or is running."""
    stack: float
    """Between two events of a CloudFormation stack."""
    full_load: float
    """Between two rows of the DMS task, or items of the stream's consumer."""
    crawler: float
    """Between two lines in the log of a crawler, which says little of a large table."""
    job: float
    """Between two lines in the log of the Glue job run, which tells its progress."""
    training: float
    """Between two lines in the log of the training job."""
    delivery_margin: float
    """How long after its buffer interval Firehose may still deliver."""
    tag_index: float
    """How long what is deleted may still be found by its tag."""


@dataclass(frozen=True)
class Silence:
    """When a target that takes connections counts as frozen, and what ends that."""

    seconds: float
    """Without any answer."""
    patience: float
    """For how long a run at work waits for the target to go on, in seconds."""
    hint: str
    """The next command."""
    start: str
    """The command that starts it."""


@dataclass(frozen=True)
class Target:
    """A place where the lake lives, and the maker of all clients that speak to it."""

    name: str
    region: str
    account: str
    endpoint: str | None
    session: boto3.session.Session = field(repr=False)
    config: Config = field(repr=False)
    waits: Waits
    sizes: Sizes
    unreachable_hint: str
    """What to do when nothing answers."""
    silence: Silence | None
    """Where the endpoint is one process, which can be frozen; None where it is many."""
    aws_cli: str
    """The aws CLI as it speaks to this target, to be followed by a command of it."""
    lake_options: str
    """What `lake` takes to come here again, for the commands that errors name."""
    needs_replacement: tuple[str, ...]
    """What CloudFormation says of a change that it cannot make under a resource's old name."""
    confirm_account: bool
    """Whether a person has to confirm the account before anything is made, and is to decide
    whether a stack is deleted for such a change: all that it holds is lost."""
    login: str
    """The command that gets new credentials; "" where none are needed."""
    prices: PriceList | None
    """What things cost there; None where nothing does."""
    usual: Mapping[str, int] = field(default_factory=dict)
    """Minutes that things usually take there, by stage and template; where none is named, they take
    seconds."""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client of `service`, made once (clients are thread-safe, their making not).

        Args:
            service: boto3's name of it
            region: another one than the target's
        """
        name = f"{service} in {region}" if region not in (None, self.region) else service
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self.session.client(
                    service,
                    region_name=region or self.region,
                    endpoint_url=self.endpoint,
                    config=self.config,
                )
            return self._clients[name]

    def listen(self, event: str, handler: Callable[..., object]) -> None:
        """Call `handler` at an event of botocore, for all clients made or still to be made."""
        with self._lock:
            self.session.events.register(event, handler)
            for client in self._clients.values():
                client.meta.events.register(event, handler)

    def patient_client(self, service: str, seconds: float) -> Any:
        """A boto3 client that waits up to `seconds` for an answer.

        Retries what the target's clients retry, such as throttling, except for a read timeout: what
        was asked for may still be at work, and would begin once more beside itself (AWS Lambda
        Developer Guide, "Understanding retry behavior in Lambda").
        """
        name = f"{service} {seconds}"
        with self._lock:
            if name not in self._clients:
                patient = self.config.merge(Config(read_timeout=seconds))
                made = self.session.client(service, endpoint_url=self.endpoint, config=patient)
                made.meta.events.register_first("needs-retry", _raise_read_timeout)
                self._clients[name] = made
            return self._clients[name]

    def read_log(self, group: str) -> str:
        """The command that prints a log group."""
        return (
            f"{self.aws_cli} logs filter-log-events --log-group-name {group} "
            '--query "events[].[message]" --output text'
        )

    def describe(self) -> str:
        """One line for people: target, account, region, endpoint."""
        where = self.endpoint or "AWS"
        return f"target {self.name} · account {self.account} · region {self.region} · {where}"


def open_target(
    name: str,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    allowed_accounts: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Target:
    """The target called `name`.

    Args:
        endpoint: for ``local``: its endpoint, instead of ``LAKE_ENDPOINT``, ``LAKE_PORT`` (on
            127.0.0.1) and the default
        region: instead of what the environment and the profile say
        allowed_accounts: for ``aws``: account ids with commas between, instead of
            ``LAKE_ALLOWED_ACCOUNTS``

    Raises:
        SettingsError: unknown name, a LAKE_PORT that is none, a region that the target has not
        TargetError: see `EndpointRefusedError`, `AccountRefusedError`
    """
    if name == "local":
        if region not in (None, DEFAULT_REGION):
            raise SettingsError(
                f"The local target is in region {DEFAULT_REGION}, not in {region}.",
                f"Leave --region out; or for AWS: lake doctor --target aws --region {region}",
            )
        return _local(endpoint or environ.get("LAKE_ENDPOINT") or _at_port(environ), environ)
    if name == "aws":
        return _aws(endpoint, region, allowed_accounts, environ)
    raise SettingsError(
        f"There is no target {name!r}; the targets are local and aws.",
        "lake doctor --target local",
    )


def require_meant(endpoint: str, environ: Mapping[str, str] = os.environ) -> None:
    """Return if ``LAKE_TARGET=aws`` says that any endpoint is meant, or if it is on this machine.

    Raises:
        EndpointRefusedError: neither
    """
    if environ.get("LAKE_TARGET") != "aws":
        require_loopback(endpoint)


def require_loopback(endpoint: str) -> str:
    """`endpoint` if it can only be this machine.

    Valid are ``http(s)://<host>[:port]`` with a host in 127.0.0.0/8, ``[::1]`` or ``localhost``.

    Raises:
        EndpointRefusedError: for everything else
    """
    match = _ENDPOINT.fullmatch(endpoint.strip().lower())
    if match is None or int(match["port"] or 80) > 65535 or not _is_loopback(match["host"]):
        raise EndpointRefusedError(
            f"The local target only speaks to this machine, not to {endpoint!r}.",
            f"For the emulator: export LAKE_ENDPOINT={DEFAULT_LOCAL_ENDPOINT} (without "
            "--endpoint); for AWS: lake doctor --target aws",
        )
    return match[0].rstrip("/")


def _raise_read_timeout(caught_exception: Exception | None = None, **_: Any) -> None:
    """Before a client decides whether to ask again: not after this."""
    if isinstance(caught_exception, ReadTimeoutError):
        raise caught_exception


def _at_port(environ: Mapping[str, str]) -> str:
    port = environ.get("LAKE_PORT", "").strip()
    if not port:
        return DEFAULT_LOCAL_ENDPOINT
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
        raise SettingsError(
            f"LAKE_PORT is {port!r}, which is no port; valid are 1 to 65535.",
            "export LAKE_PORT=4566",
        )
    return f"http://127.0.0.1:{port}"


def _make(endpoint: str, goal: str, environ: Mapping[str, str]) -> str:
    """What one types in the project's folder for an endpoint: ``LAKE_PORT=4567 make down``.

    With ``DOCKER=1`` for those who have typed that, or have its variable set.
    """
    if environ.get("LAKE_DOCKER", "").strip().lower() in ("1", "true", "yes", "on"):
        goal = f"{goal} DOCKER=1"
    port = endpoint.rpartition(":")[2]
    usual = endpoint == DEFAULT_LOCAL_ENDPOINT or not port.isdecimal()
    return f"make {goal}" if usual else f"LAKE_PORT={port} make {goal}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _local(endpoint: str, environ: Mapping[str, str]) -> Target:
    endpoint = require_loopback(endpoint)
    # (config file key, environment variable, default, conversion): with neither of the first two
    # botocore reads nothing from outside.
    nothing = os.devnull
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "region": (None, None, DEFAULT_REGION, None),
            "config_file": (None, None, nothing, None),
            "credentials_file": (None, None, nothing, None),
            "ca_bundle": (None, None, None, None),
            "data_path": (None, None, None, None),
            "metadata_service_num_attempts": (None, None, 0, int),
        }
    )
    # LocalStack and moto read the account from the key; "test" is account 000000000000 in both.
    core.set_credentials("test", "test")
    session = boto3.session.Session(botocore_session=core, region_name=DEFAULT_REGION)
    config = Config(
        region_name=DEFAULT_REGION,
        connect_timeout=2,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=32,
        proxies={},
        s3={"addressing_style": "path"},
        ignore_configured_endpoint_urls=True,
        user_agent_extra="movielens-lake",
    )
    return Target(
        name="local",
        region=DEFAULT_REGION,
        account=LOCAL_ACCOUNT,
        endpoint=endpoint,
        session=session,
        config=config,
        waits=Waits(
            poll=0.25,
            stack=120,
            full_load=120,
            crawler=600,
            job=600,
            training=300,
            delivery_margin=30,
            tag_index=0,
        ),
        sizes=Sizes(firehose_interval=5),
        unreachable_hint="Start it with: lake emulator start",
        silence=Silence(
            seconds=5,
            patience=45,
            hint=f"End it with: {_make(endpoint, 'down', environ)}; "
            f"then: {_make(endpoint, 'local', environ)}",
            start=_make(endpoint, "local", environ),
        ),
        aws_cli=(
            "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test "
            f"aws --endpoint-url {endpoint} --region {DEFAULT_REGION}"
        ),
        lake_options="",
        needs_replacement=(CUSTOM_NAMED, "needs a replacement"),
        confirm_account=False,
        login="",
        prices=None,
    )


def _aws(
    endpoint: str | None, region: str | None, allowed: str | None, environ: Mapping[str, str]
) -> Target:
    if allowed is None:
        allowed = environ.get("LAKE_ALLOWED_ACCOUNTS", "")
    sizes = Sizes.from_environment(environ)
    access = open_access(endpoint, region, allowed, environ)
    return Target(
        name="aws",
        region=access.region,
        account=access.account,
        endpoint=None,
        session=access.session,
        config=access.config,
        waits=Waits(
            poll=10,
            stack=2400,
            full_load=1800,
            crawler=1800,
            job=3600,
            training=3600,
            delivery_margin=180,
            tag_index=300,
        ),
        sizes=sizes,
        unreachable_hint=(
            f"See whether AWS can be reached: aws --region {access.region} sts get-caller-identity"
        ),
        silence=None,
        aws_cli=f"aws --region {access.region}",
        lake_options=" --target aws" + (f" --region {region}" if region else ""),
        needs_replacement=(CUSTOM_NAMED,),
        confirm_account=True,
        login=LOGIN,
        prices=PriceList.of(access.region),
        usual=ON_AWS,
    )
