"""What API Gateway keeps of HTTP APIs for an account and region.

Everything is a document with the names of the API model: what Create… was given, with ids and
defaults. What a stage serves is the copy that its deployment has made.
"""

from __future__ import annotations

import copy
import secrets
import string
from dataclasses import asdict, dataclass, field
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack import clock
from lakestack.services.base import aws_error
from lakestack.store import Contents, ServiceState, Store, register

Document = dict[str, Any]
Things = dict[str, Document]
DEFAULT = "$default"
"""Name of the stage that has no place in the path, and of the route that takes the rest."""
_DEPLOYED = ("routes", "integrations", "authorizers")


def new_id(length: int) -> str:
    """An id as API Gateway makes them."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))


@dataclass
class Api:
    """An HTTP API and all that belongs to it, by id (stages by name).

    Attributes:
        document: the API itself
        copies: of routes, integrations and authorizers, by deployment
    """

    document: Document
    integrations: Things = field(default_factory=dict)
    routes: Things = field(default_factory=dict)
    stages: Things = field(default_factory=dict)
    deployments: Things = field(default_factory=dict)
    authorizers: Things = field(default_factory=dict)
    copies: dict[str, dict[str, Things]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id, the first label of its host name."""
        return str(self.document["ApiId"])

    def deploy(self, description: str | None = None, *, automatic: bool = False) -> Document:
        """Copy what is there for stages to serve.

        Returns:
            the deployment
        """
        made: Document = {
            "DeploymentId": new_id(6),
            "AutoDeployed": automatic,
            "CreatedDate": clock.utc(),
            "DeploymentStatus": "DEPLOYED",
        }
        if description is not None:
            made["Description"] = description
        self.deployments[made["DeploymentId"]] = made
        self.copies[made["DeploymentId"]] = {
            kind: copy.deepcopy(getattr(self, kind)) for kind in _DEPLOYED
        }
        return made

    def changed(self) -> None:
        """Deploy to the stages that follow every change; their former deployments are let go."""
        following = [stage for stage in self.stages.values() if stage.get("AutoDeploy")]
        if not following:
            return
        made = self.deploy("Automatic deployment triggered by changes to the Api", automatic=True)
        for stage in following:
            stage["DeploymentId"] = made["DeploymentId"]
            stage["LastDeploymentStatusMessage"] = (
                f"Successfully deployed stage with deployment ID '{made['DeploymentId']}'"
            )
        used = {stage.get("DeploymentId") for stage in self.stages.values()}
        for name, each in list(self.deployments.items()):
            if each["AutoDeployed"] and name not in used:
                del self.deployments[name], self.copies[name]

    def deployed(self, stage: Document) -> dict[str, Things]:
        """What a stage serves; nothing before its first deployment."""
        nothing: dict[str, Things] = {kind: {} for kind in _DEPLOYED}
        return self.copies.get(stage.get("DeploymentId", ""), nothing)


class ApisState(ServiceState):
    """HTTP APIs by id.

    Attributes:
        decisions: answers of authorizers and until when they hold, on the steady clock
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.apis: dict[str, Api] = {}
        self.decisions: dict[tuple[str, ...], tuple[float, Any]] = {}

    def api(self, api_id: str) -> Api:
        """An API.

        Raises:
            CommonServiceException: NotFoundException
        """
        found = self.apis.get(api_id)
        if found is None:
            raise not_found(f"Invalid API identifier specified {self.account}:{api_id}")
        return found

    def contents(self) -> Contents:
        with self.lock:
            return {"HTTP API": sorted(self.apis)}

    def snapshot(self) -> Document:
        return {"apis": [asdict(api) for _, api in sorted(self.apis.items())]}

    def restore(self, document: Document) -> None:
        """APIs answer at once."""
        for saved in document["apis"]:
            api = Api(**saved)
            self.apis[api.id] = api


STORE = register(Store("apigatewayv2", ApisState))


def find(api_id: str) -> tuple[ApisState, Api] | None:
    """The API of an id, in whatever account and region: a host name says neither the account."""
    for state in STORE.states():
        api = state.apis.get(api_id)
        if api is not None:
            return state, api
    return None


def not_found(message: str) -> CommonServiceException:
    """NotFoundException."""
    return aws_error("NotFoundException", message, 404)


def bad_request(message: str) -> CommonServiceException:
    """BadRequestException."""
    return aws_error("BadRequestException", message)


def conflict(message: str) -> CommonServiceException:
    """ConflictException."""
    return aws_error("ConflictException", message, 409)


def not_emulated(message: str) -> CommonServiceException:
    """What is refused by its name."""
    return aws_error("InternalFailure", f"{message}; docs/fidelity.md says what is", 501)
