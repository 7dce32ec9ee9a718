"""Files in formats that DuckDB does not read become Parquet, once for each.

ORC is read by pyarrow, Avro by fastavro.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lakestack.services.athena.engine import avro_file
from lakestack.services.athena.engine.errors import data_error


def parquet_of(file: Path, kind: str) -> Path:
    """The file as Parquet, beside it.

    Args:
        kind: ``ORC`` or ``AVRO``

    Raises:
        QueryError: it is not of that format
    """
    made = file.with_name(f"{file.name}.parquet")
    if made.exists():
        made.touch()
        return made
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = _orc(file) if kind == "ORC" else _avro(file)
    except (pa.ArrowException, ValueError, EOFError, OSError) as e:
        raise data_error(
            "HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split: not {kind}: {e}"
        ) from e
    part = made.with_name(f"{made.name}.part")
    pq.write_table(table, part)
    part.rename(made)
    return made


def _orc(file: Path) -> Any:
    from pyarrow import orc

    return orc.ORCFile(str(file)).read()


def _avro(file: Path) -> Any:
    return avro_file.read(file)
