"""What Spark's readers and writers were told, which they have no way to say themselves."""

from __future__ import annotations

from typing import Any


def options_of(builder: Any) -> dict[str, str]:
    """The options of a DataFrameReader or DataFrameWriter, by their names in lower case."""
    java = builder._spark._jvm
    found = _field(builder, "extraOptions")
    plain = java.scala.collection.JavaConverters.mapAsJavaMapConverter(found).asJava()
    return {str(k).lower(): str(v) for k, v in dict(plain).items()}


def source_of(builder: Any) -> str:
    """The data source that it was given, or the session's default."""
    return str(_field(builder, "source"))


def _field(builder: Any, name: str) -> Any:
    of_java = builder._jwrite if hasattr(builder, "_jwrite") else builder._jreader
    field = of_java.getClass().getDeclaredField(name)
    field.setAccessible(True)
    return field.get(of_java)
