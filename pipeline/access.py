"""Into which account and region of AWS the user's own settings lead, and whether they may.

The user's profile and environment are taken as the AWS CLI takes them, but an endpoint override of
any kind is refused, a region must have been chosen, and the account that answers must be one that
is allowed.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import urllib.parse
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnection

from pipeline.errors import (
    AccountRefusedError,
    EndpointRefusedError,
    LakeError,
    SettingsError,
    TargetError,
    TargetUnreachableError,
)

__all__ = [
    "EMULATED_ACCOUNT",
    "LOGIN",
    "Access",
    "account_ids",
    "chosen_region",
    "is_denied",
    "is_login_lost",
    "is_unauthorized",
    "lost_login",
    "open_access",
    "refuse_overrides",
]

EMULATED_ACCOUNT: Final = "000000000000"
LOGIN: Final = "aws sso login"
"""The command that gets new credentials where IAM Identity Center gives them."""
_DEADLINE: Final = 20.0
"""Seconds for the answer to who we are: a resolver that says nothing is not covered by timeouts."""
_PROMPT: Final = 1.0
"""Seconds after which an answer is late, and it is looked whether anybody is online."""
_CONNECTED: Final = 3.0
"""Seconds in which a connection to AWS must then come about."""
_LOST: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "RequestExpired",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
"""AWS General Reference and the services' "Common Errors": credentials not accepted (any more)."""
_UNAUTHORIZED: Final = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AuthorizationError",
        "NotAuthorized",
        "UnauthorizedOperation",
    }
)
"""AWS's codes of a question for which the caller lacks a permission."""
_DENIED: Final = _UNAUTHORIZED | {
    "OptInRequired",
    "SubscriptionRequiredException",
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
}
"""AWS's codes of a question that the caller may not ask, or not now."""
_REGION_CLOSED: Final = frozenset(
    {"InvalidClientTokenId", "RegionDisabledException", "UnrecognizedClientException"}
)
"""With which STS also answers in a region that the account has not enabled (AWS Account Management
Reference Guide, "Enable or disable AWS Regions in your account")."""
_BUSY: Final = frozenset({"RequestThrottled", "Throttling", "ThrottlingException"})
_UNUSABLE: Final = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)


@dataclass(frozen=True)
class Access:
    """A way into one account and region.

    Attributes:
        session: makes all clients
        config: of all clients
        region: that the user has chosen
        account: twelve digits, as STS answers
    """

    session: boto3.session.Session
    config: Config
    region: str
    account: str


def open_access(
    endpoint: str | None, region: str | None, allowed: str, environ: Mapping[str, str]
) -> Access:
    """Find out where the user's settings lead; the only call is STS GetCallerIdentity.

    Args:
        endpoint: must not be given
        region: instead of that of environment and profile
        allowed: account ids with commas between them; "" for any
        environ: the environment

    Returns:
        the way into the account

    Raises:
        EndpointRefusedError: an endpoint is given, in the environment or in the profile
        SettingsError: there is no region, or `allowed` is not a list of account ids
        AccountRefusedError: the account is an emulator's or not allowed
        TargetUnreachableError: nothing answers
        TargetError: there are no credentials that AWS accepts
    """
    refuse_overrides(endpoint, environ)
    accounts = account_ids(allowed)
    core = botocore.session.Session()
    try:
        _refuse_profile_overrides(core)
        region = chosen_region(core, region, environ)
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
        account = _account(session, config, region)
    except ProfileNotFound as error:
        raise _no_profile(core, error) from error
    except InvalidRegionError as error:
        raise SettingsError(
            f"{region!r} is no name of a region.", "export AWS_REGION=us-east-1"
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise _unknown(region, error) from error
    if account == EMULATED_ACCOUNT:
        raise AccountRefusedError(
            f"Account {EMULATED_ACCOUNT} is an emulator's, not AWS's.",
            "lake status --target local",
        )
    if accounts and account not in accounts:
        raise AccountRefusedError(
            f"Account {account} is not allowed; allowed are {', '.join(sorted(accounts))}.",
            "Choose another account with: export AWS_PROFILE=<profile>; or allow this one: "
            f"export LAKE_ALLOWED_ACCOUNTS={account}",
        )
    return Access(session, config, region, account)


def account_ids(text: str) -> Collection[str]:
    """The account ids of a list with commas.

    Raises:
        SettingsError: something in it is no account id
    """
    found = [part.strip() for part in text.split(",") if part.strip()]
    for account in found:
        if not re.fullmatch(r"[0-9]{12}", account):
            raise SettingsError(
                f"The allowed accounts name {account!r}, which is no account id: it has twelve "
                "digits.",
                "export LAKE_ALLOWED_ACCOUNTS=123456789012",
            )
    return frozenset(found)


def refuse_overrides(endpoint: str | None, environ: Mapping[str, str]) -> None:
    """No endpoint by option or variable.

    Raises:
        EndpointRefusedError: there is one
    """
    found = sorted(
        k for k in environ if k == "AWS_ENDPOINT_URL" or k.startswith("AWS_ENDPOINT_URL_")
    )
    if endpoint or found:
        raise EndpointRefusedError(
            f"The aws target refuses endpoint overrides, and found "
            f"{', '.join(found) or '--endpoint'}.",
            f"unset {' '.join(found)}"
            if found
            else "Leave --endpoint out: lake doctor --target aws",
        )


def chosen_region(
    core: botocore.session.Session, given: str | None, environ: Mapping[str, str]
) -> str:
    """The region that the user has chosen; none is assumed, since things are made and paid there.

    The order is that of the AWS CLI ("Environment variables to configure the AWS CLI"): --region,
    AWS_REGION, AWS_DEFAULT_REGION, the profile. boto3 alone does not read the second.

    Raises:
        SettingsError: there is none
    """
    region = given or environ.get("AWS_REGION") or core.get_config_variable("region")
    if not region:
        raise SettingsError(
            "The aws target needs a region, and found none in AWS_REGION, AWS_DEFAULT_REGION "
            "and the profile.",
            "export AWS_REGION=us-east-1",
        )
    return str(region)


def is_denied(error: ClientError) -> bool:
    """Whether AWS did not let the caller ask, or not now: it says nothing of what was asked for."""
    return error.response.get("Error", {}).get("Code") in _DENIED


def is_unauthorized(error: ClientError) -> bool:
    """Whether the caller lacks a permission."""
    return error.response.get("Error", {}).get("Code") in _UNAUTHORIZED


def is_login_lost(error: BaseException) -> bool:
    """Whether `error`, or what led to it, says that AWS does not take the credentials any more."""
    return lost_login(error) is not None


def lost_login(error: BaseException) -> BaseException | None:
    """The error that says that AWS does not take the credentials any more, of those behind one.

    What comes after may hide it: a HEAD request has no body, so its answer is a bare 400.
    """
    return next((cause for cause in _causes(error) if _says_so(cause)), None)


def _says_so(cause: BaseException) -> bool:
    if isinstance(cause, ClientError):
        return cause.response.get("Error", {}).get("Code") in _LOST
    return isinstance(cause, _UNUSABLE)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _account(session: boto3.session.Session, config: Config, region: str) -> str:
    """The account that answers, asked for with little patience: most often nobody is online."""
    quick = config.merge(
        Config(
            connect_timeout=4,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 2},
        )
    )
    sts = session.client("sts", config=quick)
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(sts.get_caller_identity())
        except Exception as error:  # told in the caller's thread
            answers.append(error)

    thread = threading.Thread(target=ask, name="who-am-i", daemon=True)
    thread.start()
    thread.join(_PROMPT)
    if thread.is_alive() and _reaches(sts.meta.endpoint_url):
        thread.join(_DEADLINE)
    answer = answers[0] if answers else None
    if answer is None or isinstance(answer, NoConnection | HTTPClientError):
        raise _unreachable(region, answer) from answer
    if isinstance(answer, Exception):
        raise answer
    return str(answer["Account"])


def _reaches(endpoint: str) -> bool:
    """Whether a connection to an endpoint comes about; behind a proxy, the proxy has to say.

    botocore asks several addresses, several times, and names them in its error only then.
    """
    if urllib.request.getproxies():
        return True
    place = urllib.parse.urlsplit(endpoint)
    reached: list[bool] = []

    def connect() -> None:  # in a thread: no timeout covers a resolver that says nothing
        with (
            contextlib.suppress(OSError),
            socket.create_connection((place.hostname or "", place.port or 443), _CONNECTED),
        ):
            reached.append(True)

    thread = threading.Thread(target=connect, name="is-aws-there", daemon=True)
    thread.start()
    thread.join(_CONNECTED)
    return bool(reached)


def _no_profile(core: botocore.session.Session, error: ProfileNotFound) -> SettingsError:
    there = sorted(core.available_profiles)
    hint = f"Choose one: export AWS_PROFILE={there[0]}" if there else "Make one: aws configure sso"
    return SettingsError(
        f"{str(error).rstrip('.')}; the profiles are {', '.join(there) or 'none'}.", hint
    )


def _unknown(region: str | None, error: BotoCoreError | ClientError) -> TargetError:
    """Why nobody knows who we are: AWS does not answer now, or does not take the credentials."""
    hint = f"Log in with: {LOGIN}; or choose a profile: export AWS_PROFILE=<profile>"
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _BUSY or status >= 500:
            return TargetUnreachableError(
                f"AWS does not say now who you are: {error}", "Try again: lake doctor --target aws"
            )
        if code in _REGION_CLOSED:
            hint += (
                f"; or see whether the account has enabled {region}: aws --region us-east-1 "
                f"account get-region-opt-status --region-name {region}"
            )
    return TargetError(f"AWS does not know who you are: {error}", hint)


def _unreachable(region: str, error: BotoCoreError | None) -> LakeError:
    why = str(error).rstrip(".") if error else "there is no connection"
    return TargetUnreachableError(
        f"AWS cannot be reached from here in region {region}: {why}.",
        "Look at the network, the proxy and the region's name, then: lake doctor --target aws",
    )


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
