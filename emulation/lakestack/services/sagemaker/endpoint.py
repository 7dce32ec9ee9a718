"""An endpoint's life: Creating, InService, Updating, Failed; what Describe returns.

Amazon SageMaker API Reference, "DescribeEndpoint" and "UpdateEndpoint": an update brings the new
configuration up beside the old one, moves the traffic, and keeps the old one if that fails.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lakestack import changes, clock
from lakestack.services.sagemaker import state_changes
from lakestack.services.sagemaker.container import INVOCATION_SECONDS
from lakestack.services.sagemaker.hosting import Deployment, DeploymentError, Variant
from lakestack.services.sagemaker.validation import validation_error
from lakestack.services.state_events import types
from lakestack.store import Ending

LOG = logging.getLogger(__name__)
IN_PROGRESS = ("Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting")
OUT_OF_SERVICE = "OutOfService"
MAX_FAILURE_REASON = 1024
_GONE = ("Failed", "Deleting", OUT_OF_SERVICE)
_SAVED = ("name", "arn", "status", "created", "modified", "failure_reason", "config")


class Endpoint:
    """One endpoint. All methods are safe to call from several threads."""

    def __init__(self, account: str, region: str, name: str, arn: str) -> None:
        self.account, self.region, self.name, self.arn = account, region, name, arn
        self.status = "Creating"
        self.created = self.modified = clock.utc()
        self.failure_reason: str | None = None
        self.config = ""
        self._lock = threading.RLock()
        self._live: Deployment | None = None
        self._pending: Deployment | None = None
        self._deployer: threading.Thread | None = None
        self._resumed = False  # what served before is brought up again: nothing has changed
        self._saved_config = ""
        self._saved_variants: list[dict[str, Any]] = []

    def create(self, config: str, variants: list[Variant]) -> None:
        """Begin to bring up the first configuration, by its name."""
        with self._lock:
            self.config = config
            self._begin("Creating", config, variants)
            self._tell()

    def update(self, config: str, variants: list[Variant]) -> None:
        """Begin to change to another configuration.

        Raises:
            CommonServiceException: ValidationException, it is changing already or has failed
        """
        with self._lock:
            self._refuse_in_progress()
            if self.status == "Failed":
                raise validation_error(
                    f'Cannot update endpoint "{self.arn}" in Failed status; '
                    "the only valid operation is DeleteEndpoint."
                )
            self._begin("Updating", config, variants)
            self._tell()

    def set_weights(self, desired: list[dict[str, Any]]) -> None:
        """UpdateEndpointWeightsAndCapacities.

        Raises:
            CommonServiceException: ValidationException
        """
        with self._lock:
            self._refuse_in_progress()
            live = self._live
            if live is None:
                raise validation_error(f'Cannot update endpoint "{self.arn}" in Failed status.')
            for item in desired:
                variant = live.variants.get(item["VariantName"])
                if variant is None:
                    raise validation_error(f"Could not find variant {item['VariantName']}.")
                if item.get("DesiredInstanceCount", variant.instances) != variant.instances:
                    raise validation_error(
                        "The emulator changes the instance count by UpdateEndpoint only."
                    )
            for item in desired:
                if item.get("DesiredWeight") is not None:
                    live.variants[item["VariantName"]].weight = float(item["DesiredWeight"])
            self.modified = clock.utc()

    def delete(self) -> None:
        """End everything; returns when no process is left.

        Raises:
            CommonServiceException: ValidationException, it is being created or updated
        """
        with self._lock:
            self._refuse_in_progress()
            self.status = "Deleting"
            self.modified = clock.utc()
            self._tell()
            live, self._live = self._live, None
        if live is not None:
            live.stop()

    def shut_down(self) -> None:
        """End the processes because the emulator ends; nothing is started again."""
        with self._lock:
            self.status = OUT_OF_SERVICE
            deployments = [d for d in (self._live, self._pending) if d is not None]
        for deployment in deployments:
            deployment.stop()

    def begin_shut_down(self) -> list[Ending]:
        """`shut_down`, without waiting for it."""
        thread = threading.Thread(target=self.shut_down, name=f"end of endpoint {self.name}")
        thread.start()
        with self._lock:
            return [Ending.of(t) for t in (thread, self._deployer) if t is not None]

    def snapshot(self) -> dict[str, Any]:
        """The endpoint and what it serves, as plain data."""
        with self._lock:
            serving = self._live or self._pending
            if self.status in _GONE:
                serving = None
            variants = serving.variants.values() if serving else ()
            return {
                **{name: getattr(self, name) for name in _SAVED},
                "serving": serving.config if serving else self._saved_config,
                "variants": [each.snapshot() for each in variants] or self._saved_variants,
            }

    @classmethod
    def restored(cls, account: str, region: str, saved: dict[str, Any]) -> Endpoint:
        """The endpoint of a snapshot, which serves nothing yet."""
        endpoint = cls(account, region, saved["name"], saved["arn"])
        for name in _SAVED:
            setattr(endpoint, name, saved[name])
        endpoint._saved_config = saved["serving"]
        endpoint._saved_variants = list(saved["variants"])
        return endpoint

    def resume(self) -> None:
        """Bring up again what served when the snapshot was taken; Creating until that is there."""
        with self._lock:
            saved, self._saved_variants = self._saved_variants, []
            if saved:
                modified = self.modified
                self._resumed = True
                self._begin("Creating", self._saved_config, [Variant.restored(v) for v in saved])
                self.modified = modified

    def settled(self, timeout: float) -> bool:
        """Wait until it is not changing; whether that came within so many seconds."""
        deployer = self._deployer
        if deployer is not None:
            deployer.join(timeout)
        return deployer is None or not deployer.is_alive()

    @contextmanager
    def request(self) -> Iterator[Deployment | None]:
        """What answers a request now, None when nothing does; it does not end before the request.

        An update takes its place in one step with the count of its requests: none can find it
        serving and come to it when it has been drained.
        """
        with self._lock:
            live = self._live
            if live is not None:
                live.enter()
        try:
            yield live
        finally:
            if live is not None:
                live.leave()

    def describe(self) -> dict[str, Any]:
        """DescribeEndpoint's answer."""
        with self._lock:
            answer = {**self.summary(), "EndpointConfigName": self.config}
            if self._live is not None:
                answer["ProductionVariants"] = [
                    _variant_summary(v, self.modified) for v in self._live.variants.values()
                ]
            if self._pending is not None and self.status == "Updating":
                answer["PendingDeploymentSummary"] = {
                    "EndpointConfigName": self._pending.config,
                    "StartTime": self.modified,
                }
            if self.failure_reason:
                answer["FailureReason"] = self.failure_reason
            return answer

    def summary(self) -> dict[str, Any]:
        """The endpoint's entry in ListEndpoints."""
        with self._lock:
            return {
                "EndpointName": self.name,
                "EndpointArn": self.arn,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "EndpointStatus": self.status,
            }

    def _begin(self, status: str, config: str, variants: list[Variant]) -> None:
        deployment = Deployment(
            self.account, self.region, self.name, config, variants, self._on_dead
        )
        with self._lock:
            self.status, self.modified = status, clock.utc()
            self.failure_reason = None
            self._pending = deployment
            self._deployer = threading.Thread(
                target=self._deploy, args=(deployment,), name=f"deploy-{self.name}", daemon=True
            )
            self._deployer.start()

    def _deploy(self, new: Deployment) -> None:
        reason = None
        try:
            new.start()
        except DeploymentError as e:
            reason = str(e)
        except Exception as e:
            LOG.exception("endpoint %s", self.name)
            reason = f"Internal error: {type(e).__name__}: {e}"
        with self._lock:
            old = None
            self._pending = None
            self.modified = clock.utc()
            if self.status == OUT_OF_SERVICE:  # it was shut down meanwhile
                old = new
            elif reason is None:
                old, self._live, self.config = self._live, new, new.config
                self.status = "InService"
            else:
                self.failure_reason = reason[:MAX_FAILURE_REASON]
                self.status = "InService" if self._live is not None else "Failed"
            if self.status != OUT_OF_SERVICE and not self._resumed:
                self._tell()
            self._resumed = False
        changes.note()
        if old is not None:
            old.drain(INVOCATION_SECONDS)
            old.stop()

    def _on_dead(self, deployment: Deployment, reason: str) -> None:
        with self._lock:
            if self._live is not deployment or self.status != "InService":
                return
            self.status, self.modified = "Failed", clock.utc()
            self.failure_reason = f"A container could not be kept running: {reason}"[
                :MAX_FAILURE_REASON
            ]
            self._tell()

    def _tell(self) -> None:
        described = self.describe()
        described["EndpointStatus"] = state_changes.endpoint_status(self.status)
        kind = types.SAGEMAKER_ENDPOINT
        state_changes.publish(kind, self.account, self.region, self.arn, described)

    def _refuse_in_progress(self) -> None:
        if self.status in IN_PROGRESS:
            raise validation_error(f'Cannot update in-progress endpoint "{self.arn}".')


def _variant_summary(variant: Variant, resolved: Any) -> dict[str, Any]:
    image = variant.container["Image"]
    return {
        "VariantName": variant.name,
        "DeployedImages": [
            {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": resolved}
        ],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        "CurrentInstanceCount": variant.instances,
        "DesiredInstanceCount": variant.instances,
    }
