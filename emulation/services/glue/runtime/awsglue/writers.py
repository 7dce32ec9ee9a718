"""`glueContext.write_dynamic_frame`: write a DynamicFrame to files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .catalog import read_table
from .dynamicframe import DynamicFrame
from .errors import UnsupportedApi

if TYPE_CHECKING:
    from .context import GlueContext

Options = Mapping[str, Any]
_CSV_OPTIONS = ("separator", "quotechar", "writeheader", "escaper")


class DynamicFrameWriter:
    """Writes DynamicFrames. As on AWS, files are added to what a folder holds already."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedApi(f"write_dynamic_frame.{name}")

    def from_options(
        self,
        frame: DynamicFrame,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,  # noqa: A002 - AWS's signature
        format_options: Options | None = None,
        transformation_ctx: str = "",  # noqa: ARG002
    ) -> DynamicFrame:
        """Write files below ``connection_options["path"]``.

        :raises UnsupportedApi: another connection type, format or option
        """
        if connection_type not in ("s3", "file"):
            raise UnsupportedApi(f"write_dynamic_frame to connection_type={connection_type!r}")
        options = dict(connection_options or {})
        path = options.pop("path", None)
        keys = options.pop("partitionKeys", None) or []
        for name in options:
            raise UnsupportedApi(f"write_dynamic_frame option {name!r}")
        if not path:
            raise ValueError('write_dynamic_frame needs connection_options={"path": ...}')
        _write(frame, path, list(keys), format or "", format_options or {})
        return frame

    def from_catalog(
        self,
        frame: DynamicFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",  # noqa: ARG002 - AWS's signature
        transformation_ctx: str = "",  # noqa: ARG002
        additional_options: Options | None = None,
        catalog_id: str | None = None,
        name_space: str | None = None,
    ) -> DynamicFrame:
        """Write to the location of a catalog table, in its format.

        :raises UnsupportedApi: the table is not made of files, or an option is not available here
        """
        options = dict(additional_options or {})
        keys = options.pop("partitionKeys", None) or []
        for name in options:
            raise UnsupportedApi(f"write_dynamic_frame option {name!r}")
        database = database or name_space
        if not (database and table_name):
            raise ValueError("write_dynamic_frame.from_catalog needs database and table_name")
        table = read_table(database, table_name, catalog_id=catalog_id)
        form: dict[str, Any] = {}
        if table.classification == "csv":
            header = int(table.parameters.get("skip.header.line.count", "0")) > 0
            form = {"writeHeader": header, "separator": table.serde.get("separatorChar", ",")}
        _write(frame, table.location, list(keys), table.classification, form)
        return frame


def _write(frame: DynamicFrame, path: str, keys: list[str], kind: str, options: Options) -> None:
    writer = frame.toDF().write.mode("append")
    if keys:
        writer = writer.partitionBy(*keys)
    given = {str(name).lower(): str(value) for name, value in options.items()}
    match kind:
        case "csv":
            for name in given:
                if name not in _CSV_OPTIONS:
                    raise UnsupportedApi(f"format option {name!r} of csv")
            quote = given.get("quotechar", '"')
            writer.options(
                header=given.get("writeheader", "true").lower(),  # Glue writes one by default
                sep=given.get("separator", ","),
                quote="" if quote == "-1" else quote,
                escape=given.get("escaper", '"'),
                ignoreLeadingWhiteSpace="false",
                ignoreTrailingWhiteSpace="false",
            ).csv(path)
        case "json" | "parquet" | "orc" | "glueparquet":
            for name in given:
                if name != "compression":
                    raise UnsupportedApi(f"format option {name!r} of {kind}")
            writer.options(**given).format(kind.removeprefix("glue")).save(path)
        case _:
            raise UnsupportedApi(f"format {kind!r}")
