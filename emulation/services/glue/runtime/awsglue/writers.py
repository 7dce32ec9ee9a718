"""`glueContext.write_dynamic_frame` and `getSink`: write a DynamicFrame to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .catalog import read_table
from .dynamicframe import DynamicFrame
from .errors import UnsupportedApi
from .format_options import options_of

if TYPE_CHECKING:
    from .context import GlueContext

Options = Mapping[str, Any]
FILE_CONNECTIONS = ("s3", "file")
_PARQUET = ("compression", "blocksize", "pagesize", "useglueparquetwriter")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "csv": ("separator", "quotechar", "writeheader", "escaper", "compression"),
    "json": ("compression",),
    "orc": ("compression",),
    "avro": ("compression", "version"),
    "parquet": _PARQUET,
    "glueparquet": _PARQUET,
}


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
        if connection_type not in FILE_CONNECTIONS:
            raise UnsupportedApi(f"write_dynamic_frame to connection_type={connection_type!r}")
        sink = DataSink(connection_options or {})
        sink.setFormat(format or "", **(format_options or {}))
        return sink.writeFrame(frame)

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
        write_files(frame, table.location, keys, table.classification, form)
        return frame


class DataSink:
    """Where `GlueContext.getSink` writes: a folder, in a format that is set before writing.

    :param options: ``path`` and ``partitionKeys``
    """

    def __init__(self, options: Options) -> None:
        given = dict(options)
        self._path = given.pop("path", None)
        self._keys = list(given.pop("partitionKeys", None) or [])
        for name in given:
            raise UnsupportedApi(f"write_dynamic_frame option {name!r}")
        if not self._path:
            raise ValueError('writing needs the option "path"')
        self._format = ""
        self._options: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedApi(f"DataSink.{name}")

    def setFormat(self, format: str, **options: Any) -> None:  # noqa: A002, N802
        """Set the format and its options."""
        self._format, self._options = format, options

    def writeFrame(  # noqa: N802
        self,
        dynamic_frame: DynamicFrame,
        info: str = "",  # noqa: ARG002 - AWS's signature
    ) -> DynamicFrame:
        """Add files; returns the frame."""
        write_files(dynamic_frame, str(self._path), self._keys, self._format, self._options)
        return dynamic_frame

    def write(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Same as `writeFrame`."""
        return self.writeFrame(dynamic_frame, info)


def write_files(
    frame: DynamicFrame, path: str, keys: Sequence[str], kind: str, options: Options
) -> None:
    """Add files of a format to a folder.

    :raises UnsupportedApi: another format or option
    """
    if kind not in _OPTIONS:
        raise UnsupportedApi(f"format {kind!r}")
    given = options_of(kind, options, _OPTIONS[kind])
    writer = frame.toDF().write.mode("append")
    if keys:
        writer = writer.partitionBy(*keys)
    if "compression" in given:
        writer = writer.option("compression", given["compression"])
    if kind != "csv":
        writer.format("parquet" if kind == "glueparquet" else kind).save(path)
        return
    quote = given.get("quotechar", '"')
    writer.options(
        header=given.get("writeheader", "true"),  # Glue writes one by default
        sep=given.get("separator", ","),
        quote="" if quote == "-1" else quote,
        escape=given.get("escaper", '"'),
        ignoreLeadingWhiteSpace="false",
        ignoreTrailingWhiteSpace="false",
    ).csv(path)
