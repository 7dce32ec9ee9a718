"""GlueContext, its readers and writers, sources and sinks, and Job.

AWS Glue Developer Guide: "GlueContext class", "DynamicFrameReader class", "DynamicFrameWriter
class", "DataSource", "DataSink", "Tracking processed data using job bookmarks".
"""

from __future__ import annotations

from collections.abc import Mapping

from . import APPLIED, Effect, Entry, refused
from .frames import COLLECTION, DYNAMIC_FRAME

_TRANSACTION = refused(
    "an Iceberg, Delta or Hudi table, or writing without a transaction",
    "of Lake Formation's governed tables, which AWS has ended",
)

CONTEXT: Mapping[str, Entry] = {
    "add_ingestion_time_columns": APPLIED,
    "cancel_transaction": _TRANSACTION,
    "commit_transaction": _TRANSACTION,
    "create_data_frame": APPLIED,
    "create_data_frame_from_catalog": APPLIED,
    "create_data_frame_from_options": APPLIED,
    "create_dynamic_frame": APPLIED,
    "create_dynamic_frame_from_catalog": APPLIED,
    "create_dynamic_frame_from_options": APPLIED,
    "create_dynamic_frame_from_rdd": APPLIED,
    "create_sample_dynamic_frame_from_catalog": APPLIED,
    "create_sample_dynamic_frame_from_options": APPLIED,
    "extract_jdbc_conf": APPLIED,
    "forEachBatch": APPLIED,
    "getSink": APPLIED,
    "getSource": APPLIED,
    "getCatalogSource": refused("create_dynamic_frame.from_catalog"),
    "get_catalog_schema_as_spark_schema": APPLIED,
    "get_logger": APPLIED,
    "purge_s3_path": APPLIED,
    "purge_table": APPLIED,
    "spark_session": APPLIED,
    "start_transaction": _TRANSACTION,
    "transition_s3_path": APPLIED,
    "transition_table": APPLIED,
    "write_data_frame": APPLIED,
    "write_data_frame_from_catalog": APPLIED,
    "write_dynamic_frame": APPLIED,
    "write_dynamic_frame_from_catalog": APPLIED,
    "write_dynamic_frame_from_jdbc_conf": APPLIED,
    "write_dynamic_frame_from_options": APPLIED,
    "write_from_jdbc_conf": APPLIED,
    "write_from_options": APPLIED,
}
READER: Mapping[str, Entry] = dict.fromkeys(("from_catalog", "from_options", "from_rdd"), APPLIED)
DATA_READER: Mapping[str, Entry] = dict.fromkeys(("from_catalog", "from_options"), APPLIED)
WRITER: Mapping[str, Entry] = dict.fromkeys(
    ("from_catalog", "from_jdbc_conf", "from_options"), APPLIED
)
DATA_WRITER: Mapping[str, Entry] = dict.fromkeys(("from_catalog", "from_options"), APPLIED)
SOURCE: Mapping[str, Entry] = dict.fromkeys(("getFrame", "setFormat"), APPLIED)
SINK: Mapping[str, Entry] = {
    "setAccumulableSize": Entry(Effect.NONE, "how many error records AWS keeps in memory"),
    "setCatalogInfo": APPLIED,
    "setFormat": APPLIED,
    "write": APPLIED,
    "writeFrame": APPLIED,
}
JOB: Mapping[str, Entry] = dict.fromkeys(("commit", "init", "isInitialized"), APPLIED)

CLASSES: Mapping[str, Mapping[str, Entry]] = {
    "DynamicFrame": DYNAMIC_FRAME,
    "DynamicFrameCollection": COLLECTION,
    "GlueContext": CONTEXT,
    "create_dynamic_frame": READER,
    "create_data_frame": DATA_READER,
    "write_dynamic_frame": WRITER,
    "write_data_frame": DATA_WRITER,
    "DataSource": SOURCE,
    "DataSink": SINK,
    "Job": JOB,
}
"""Methods and attributes by the name that a class has on AWS (`NamesWhatIsMissing.aws_name`)."""


def instead(owner: str, name: str) -> str:
    """What to use in the place of something that an object has on AWS and not here."""
    entry = CLASSES.get(owner, {}).get(name)
    return entry.instead if entry else ""
