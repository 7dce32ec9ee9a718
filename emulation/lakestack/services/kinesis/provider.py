"""The Kinesis Data Streams API; selected in LocalStack by PROVIDER_OVERRIDE_KINESIS=lake."""

from __future__ import annotations

import gc

from localstack.services.plugins import ServiceLifecycleHook

from lakestack.services.kinesis.attachment_operations import AttachmentOperations
from lakestack.services.kinesis.record_operations import RecordOperations
from lakestack.services.kinesis.shard_operations import ShardOperations
from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream_operations import StreamOperations
from lakestack.services.kinesis.upkeep import Upkeep


class KinesisProvider(
    RecordOperations,
    ShardOperations,
    StreamOperations,
    AttachmentOperations,
    ServiceLifecycleHook,  # type: ignore[misc]
):
    """Every operation of the API, each in the module of its kind."""

    service = "kinesis"

    def __init__(self) -> None:
        self._upkeep = Upkeep(STORE)

    def on_after_init(self) -> None:
        # LocalStack's own objects (hundreds of thousands) live as long as the process. Without
        # this, every full garbage collection walks through them: 0.6 s in which no record moves.
        # When the emulator is ready would be too early: three quarters of them come with services,
        # at first use. At each service's start their garbage would stay, too: 90 MB for a lake.
        gc.freeze()

        self._upkeep.start()

    def on_before_stop(self) -> None:
        self._upkeep.stop()

    def on_before_state_reset(self) -> None:
        STORE.clear()
