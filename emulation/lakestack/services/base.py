"""What all our service providers share: the dispatch table over moto, and in-process clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.connect import connect_to
from localstack.aws.skeleton import DispatchTable, Skeleton, create_dispatch_table
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service
from moto.core.exceptions import RESTError
from moto.core.exceptions import ServiceException as MotoServiceException

from lakestack import extras

Handler = Callable[[RequestContext, Any], Any]

_CONNECTIONS = {"lambda": "lambda_"}


def client(account: str, region: str, service: str) -> Any:
    """Return an in-process boto3 client: calls reach the emulator's services without HTTP.

    Args:
        service: boto3's service name, for example ``"s3"``
    """
    # Some operations have a host of their own (StartSyncExecution: sync-…), which is none here.
    config = Config(inject_host_prefix=False)
    factory = connect_to(aws_access_key_id=account, region_name=region, config=config)
    return getattr(factory, _CONNECTIONS.get(service, service.replace("-", "_")))


def aws_error(code: str, message: str, status: int = 400) -> CommonServiceException:
    """Build the exception that reaches the caller as an AWS error with this code."""
    return CommonServiceException(code, message, status_code=status, sender_fault=True)


def moto_provider_table(provider: Any) -> DispatchTable:
    """Dispatch table for a service: the provider's handlers win, moto answers everything else.

    An operation that neither has fails with ``InternalFailure`` (501) naming it.

    Args:
        provider: object with ``service`` (boto3's name) and methods marked ``@handler``
    """
    table: dict[str, Handler] = {
        name: _moto_handler(name) for name in load_service(provider.service).operation_names
    }
    table.update({n: _translated(h) for n, h in create_dispatch_table(provider).items()})
    return table


def refusing_service(name: str, extra: str) -> Service:
    """A service whose packages are not installed: each operation fails with the command for that.

    Args:
        name: boto3's name
        extra: of the distribution (`lakestack.extras`)
    """

    def refuse(context: RequestContext, request: Any) -> Any:  # noqa: ARG001 - LocalStack's signature
        wanted, command = ", ".join(extras.missing(extra)), extras.install_command(extra)
        raise aws_error("InternalFailure", f"{name} needs {wanted}; install with: {command}", 501)

    model = load_service(name)
    table: DispatchTable = dict.fromkeys(model.operation_names, refuse)
    return Service(name=name, skeleton=Skeleton(model, table))


def _moto_handler(operation: str) -> Handler:
    def call(context: RequestContext, request: Any) -> Any:  # noqa: ARG001 - LocalStack's signature
        try:
            return call_moto(context)
        except NotImplementedError as e:
            service = context.service.service_name if context.service else "?"
            raise NotImplementedError(
                f"{service}.{operation} is not part of the emulated data lake"
            ) from e

    return call


def _translated(handle: Handler) -> Handler:
    """Let moto's and botocore's errors reach the caller as AWS errors, not as a 500."""

    def call(context: RequestContext, request: Any) -> Any:
        try:
            return handle(context, request)
        except ServiceException:
            raise
        except RESTError as e:
            raise aws_error(e.error_type, e.message, e.code) from e
        except MotoServiceException as e:
            raise aws_error(e.code, e.message) from e
        except ClientError as e:
            error = e.response["Error"]
            raise aws_error(error["Code"], error["Message"]) from e

    return call
