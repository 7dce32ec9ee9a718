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
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.errors import AccountRefusedError, EndpointRefusedError, SettingsError, TargetError
from pipeline.sizes import Sizes

__all__ = [
    "DEFAULT_LOCAL_ENDPOINT",
    "LOCAL_ACCOUNT",
    "Silence",
    "Sizes",
    "Target",
    "Waits",
    "open_target",
    "require_loopback",
]

DEFAULT_LOCAL_ENDPOINT: Final = "http://127.0.0.1:4566"
LOCAL_ACCOUNT: Final = "000000000000"
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
    """How patiently a target is polled, in seconds."""

    poll: float
    """Between two looks at something that is being made or is running."""
    stack: float
    """Longest wait for one CloudFormation stack."""
    full_load: float
    """Longest wait for the DMS task."""
    crawler: float
    """Longest wait for one crawler run."""
    job: float
    """Longest wait for the Glue job run."""
    training: float
    """Longest wait for the training job."""
    delivery_margin: float
    """How long after its buffer interval Firehose may still deliver."""


@dataclass(frozen=True)
class Silence:
    """When a target that takes connections counts as frozen, and what ends that."""

    seconds: float
    """Without any answer."""
    patience: float
    """For how long a run at work waits for the target to go on, in seconds."""
    hint: str
    """The next command."""


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
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """The boto3 client of `service`, made once (clients are thread-safe, their making not)."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self.session.client(
                    service, endpoint_url=self.endpoint, config=self.config
                )
            return self._clients[service]

    def patient_client(self, service: str, seconds: float) -> Any:
        """A boto3 client that waits up to `seconds` for an answer, and asks only once."""
        name = f"{service} {seconds}"
        with self._lock:
            if name not in self._clients:
                patient = Config(read_timeout=seconds, retries={"total_max_attempts": 1})
                self._clients[name] = self.session.client(
                    service, endpoint_url=self.endpoint, config=self.config.merge(patient)
                )
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
    name: str, *, endpoint: str | None = None, environ: Mapping[str, str] = os.environ
) -> Target:
    """The target called `name`.

    Args:
        endpoint: for ``local``: its endpoint, instead of ``LAKE_ENDPOINT``, ``LAKE_PORT`` (on
            127.0.0.1) and the default

    Raises:
        SettingsError: unknown name, or a LAKE_PORT that is none
        TargetError: see `EndpointRefusedError`, `AccountRefusedError`
    """
    if name == "local":
        return _local(endpoint or environ.get("LAKE_ENDPOINT") or _at_port(environ))
    if name == "aws":
        return _aws(endpoint, environ)
    raise SettingsError(
        f"There is no target {name!r}; the targets are local and aws.",
        "lake doctor --target local",
    )


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


def _make(endpoint: str, goal: str) -> str:
    """What one types in the project's folder for an endpoint: ``LAKE_PORT=4567 make down``."""
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


def _local(endpoint: str) -> Target:
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
            full_load=300,
            crawler=120,
            job=600,
            training=600,
            delivery_margin=30,
        ),
        sizes=Sizes(firehose_interval=5),
        unreachable_hint="Start it with: lake emulator start",
        silence=Silence(
            seconds=5,
            patience=45,
            hint=f"End it with: {_make(endpoint, 'down')}; then: {_make(endpoint, 'local')}",
        ),
        aws_cli=(
            "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test "
            f"aws --endpoint-url {endpoint} --region {DEFAULT_REGION}"
        ),
        lake_options="",
        needs_replacement=(CUSTOM_NAMED, "needs a replacement"),
        confirm_account=False,
    )


def _aws(endpoint: str | None, environ: Mapping[str, str]) -> Target:
    overrides = [k for k in environ if k == "AWS_ENDPOINT_URL" or k.startswith("AWS_ENDPOINT_URL_")]
    if endpoint or overrides:
        raise EndpointRefusedError(
            "The aws target refuses endpoint overrides, and found "
            f"{', '.join(sorted(overrides)) or '--endpoint'}.",
            f"unset {' '.join(sorted(overrides))}"
            if overrides
            else "Leave --endpoint out: lake doctor --target aws",
        )
    core = botocore.session.Session()
    try:
        _refuse_profile_overrides(core)
        region = _region(core, environ)
        # One Session: boto3 adds its own methods to the clients of a botocore session, and
        # refuses to do so twice.
        session = boto3.session.Session(botocore_session=core, region_name=region)
        config = Config(
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "adaptive", "total_max_attempts": 8},
            max_pool_connections=32,
            ignore_configured_endpoint_urls=True,
            user_agent_extra="movielens-lake",
        )
        identity = session.client("sts", config=config).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise TargetError(
            f"AWS does not know who you are: {error}",
            "Log in with: aws sso login; or choose a profile: export AWS_PROFILE=<profile>",
        ) from error
    account = str(identity["Account"])
    if account == LOCAL_ACCOUNT:
        raise AccountRefusedError(
            f"Account {LOCAL_ACCOUNT} is an emulator's, not AWS's.", "lake status --target local"
        )
    return Target(
        name="aws",
        region=region,
        account=account,
        endpoint=None,
        session=session,
        config=config,
        waits=Waits(
            poll=10,
            stack=2400,
            full_load=3600,
            crawler=1800,
            job=3600,
            training=3600,
            delivery_margin=180,
        ),
        sizes=Sizes(),
        unreachable_hint=(
            f"See whether AWS can be reached: aws --region {region} sts get-caller-identity"
        ),
        silence=None,
        aws_cli=f"aws --region {region}",
        lake_options=" --target aws",
        needs_replacement=(CUSTOM_NAMED,),
        confirm_account=True,
    )


def _region(core: botocore.session.Session, environ: Mapping[str, str]) -> str:
    """The region that the user has chosen; none is assumed, since things are made and paid there.

    The order is that of the AWS CLI ("Environment variables to configure the AWS CLI"): AWS_REGION,
    AWS_DEFAULT_REGION, the profile. boto3 alone does not read the first.

    Raises:
        SettingsError: there is none
    """
    region = environ.get("AWS_REGION") or core.get_config_variable("region")
    if not region:
        raise SettingsError(
            "The aws target needs a region, and found none in AWS_REGION, AWS_DEFAULT_REGION "
            "and the profile.",
            f"export AWS_REGION={DEFAULT_REGION}",
        )
    return str(region)


def _refuse_profile_overrides(core: botocore.session.Session) -> None:
    """No `endpoint_url` in the profile, nor in the `services` section that it names."""
    profile = core.get_scoped_config()
    found = ["endpoint_url"] if "endpoint_url" in profile else []
    services = core.full_config.get("services", {}).get(profile.get("services", ""), {})
    found += [
        f"services.{service}.endpoint_url"
        for service, values in services.items()
        if isinstance(values, dict) and "endpoint_url" in values
    ]
    if found:
        raise EndpointRefusedError(
            f"The aws target refuses endpoint overrides, and the profile has {', '.join(found)}.",
            "Remove them from ~/.aws/config, or choose another: export AWS_PROFILE=<profile>",
        )
