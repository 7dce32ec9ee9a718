"""Log groups can be listed while others are being made."""

from __future__ import annotations

import threading

from moto.logs.models import LogsBackend

from emulation.services import log_reads


def test_groups_are_listed_while_others_are_made() -> None:
    log_reads.install()
    backend = LogsBackend("us-east-1", "000000000000")
    done = threading.Event()

    def make() -> None:
        for i in range(600):
            backend.create_log_group(f"/group/{i}", {})
        done.set()

    maker = threading.Thread(target=make)
    maker.start()
    while not done.is_set():
        backend.describe_log_groups(log_group_name_prefix="/group", limit=50, next_token=None)
    maker.join()

    assert len(backend.groups) == 600
