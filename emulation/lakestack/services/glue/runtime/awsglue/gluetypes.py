"""Types of AWS Glue: the schema of a DynamicFrame, and their names in mappings and casts.

AWS Glue Developer Guide, "PySpark extension types". A field that holds values of several types has
a `ChoiceType`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pyspark.sql import types as spark

from .errors import UnsupportedApiError
from .type_names import spark_type

__all__ = [
    "ArrayType",
    "AtomicType",
    "BinaryType",
    "BooleanType",
    "ByteType",
    "ChoiceType",
    "DataType",
    "DateType",
    "DecimalType",
    "DoubleType",
    "Field",
    "FloatType",
    "IntegerType",
    "LongType",
    "MapType",
    "NullType",
    "ShortType",
    "StringType",
    "StructType",
    "TimestampType",
    "UnknownType",
]

_GLUE_NAMES = {"bigint": "long", "smallint": "short", "tinyint": "byte", "void": "null"}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise UnsupportedApiError(f"awsglue.gluetypes.{name}")


def glue_name(spark_name: str) -> str:
    """The one word that names a type in a choice: ``bigint`` is ``long``, any array ``array``."""
    word = re.split(r"[<(]", spark_name.strip().lower(), maxsplit=1)[0]
    return _GLUE_NAMES.get(word, word)


def is_complex(spark_name: str) -> bool:
    """Whether a type is an array, map or struct, which text holds as JSON."""
    return spark_name.startswith(("array", "map", "struct"))


class DataType:
    """A type.

    Args:
        name: Glue's name for it
        spark_name: Spark SQL's name, with parameters (``decimal(10,2)``)
    """

    def __init__(self, name: str, spark_name: str = "") -> None:
        self.name = name
        self.spark_name = spark_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataType) and self.jsonValue() == other.jsonValue()

    def __hash__(self) -> int:
        return hash(self.simpleString())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.simpleString()})"

    @classmethod
    def typeName(cls) -> str:  # noqa: N802 - AWS's name
        """Name of the class of types."""
        return cls.__name__.removesuffix("Type").lower()

    def simpleString(self) -> str:  # noqa: N802 - Spark's name
        """Spark SQL's name of the type."""
        return self.spark_name or spark_type(self.name)

    def jsonValue(self) -> Any:  # noqa: N802 - AWS's name
        """The type as AWS Glue writes it in JSON."""
        return {"dataType": self.name}

    def lines(self) -> Iterator[str]:
        """The parts of the type, one a line."""
        yield from ()


class AtomicType(DataType):
    """A number, text, date or the like.

    Args:
        name: Glue's name; by default the type's own
    """

    own_name = ""

    def __init__(self, name: str = "", spark_name: str = "") -> None:
        super().__init__(name or self.own_name, spark_name)

    def jsonValue(self) -> Any:  # noqa: N802
        """The type as AWS Glue writes it in JSON."""
        if found := re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", self.simpleString()):
            return {
                "dataType": "decimal",
                "precision": int(found[1]),
                "scale": int(found[2]),
            }
        return {"dataType": self.name}


class BinaryType(AtomicType):
    """Bytes."""

    own_name = "binary"


class BooleanType(AtomicType):
    """True or false."""

    own_name = "boolean"


class ByteType(AtomicType):
    """A whole number of 8 bits."""

    own_name = "byte"


class DateType(AtomicType):
    """A day."""

    own_name = "date"


class DecimalType(AtomicType):
    """A decimal number."""

    own_name = "decimal"

    def __init__(self, precision: int = 10, scale: int = 2) -> None:
        super().__init__(spark_name=f"decimal({precision},{scale})")
        self.precision, self.scale = precision, scale


class DoubleType(AtomicType):
    """A floating-point number of 64 bits."""

    own_name = "double"


class FloatType(AtomicType):
    """A floating-point number of 32 bits."""

    own_name = "float"


class IntegerType(AtomicType):
    """A whole number of 32 bits."""

    own_name = "int"


class LongType(AtomicType):
    """A whole number of 64 bits."""

    own_name = "long"


class NullType(AtomicType):
    """Nothing but null."""

    own_name = "null"


class ShortType(AtomicType):
    """A whole number of 16 bits."""

    own_name = "short"


class StringType(AtomicType):
    """Text."""

    own_name = "string"


class TimestampType(AtomicType):
    """A moment."""

    own_name = "timestamp"


class UnknownType(AtomicType):
    """What is not known yet."""

    own_name = "unknown"


class Field:
    """A named part of a struct.

    Args:
        dataType: its type, or a function that finds it out when it is wanted
    """

    def __init__(self, name: str, dataType: DataType | Callable[[], DataType]) -> None:  # noqa: N803
        self.name = name
        self._type = dataType

    @property
    def dataType(self) -> DataType:  # noqa: N802 - AWS's name
        """The type."""
        if not isinstance(self._type, DataType):
            self._type = self._type()
        return self._type

    def lines(self) -> Iterator[str]:
        """The field and its parts."""
        yield f"|-- {self.name}: {self.dataType.name}"
        for line in self.dataType.lines():
            yield f"|    {line}"

    def jsonValue(self) -> Any:  # noqa: N802
        """The field as AWS Glue writes it in JSON."""
        return {"name": self.name, "container": self.dataType.jsonValue()}


class StructType(DataType):
    """Named fields; the schema of a DynamicFrame is one."""

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__("struct")
        self.fields = list(fields)

    @property
    def field_map(self) -> dict[str, Field]:
        """The fields by name."""
        return {field.name: field for field in self.fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def simpleString(self) -> str:  # noqa: N802
        """Spark SQL's name of the type."""
        return f"struct<{','.join(f'{f.name}:{f.dataType.simpleString()}' for f in self.fields)}>"

    def jsonValue(self) -> Any:  # noqa: N802
        """The type as AWS Glue writes it in JSON."""
        return {"dataType": "struct", "fields": [field.jsonValue() for field in self.fields]}

    def lines(self) -> Iterator[str]:
        """The fields."""
        for field in self.fields:
            yield from field.lines()

    def treeString(self) -> str:  # noqa: N802
        """The schema as ``printSchema`` prints it."""
        return "\n".join(["root", *self.lines()]) + "\n"


class ChoiceType(DataType):
    """A field whose values are of several types."""

    def __init__(self, choices: Sequence[DataType]) -> None:
        super().__init__("choice")
        self.choices = {choice.name: choice for choice in choices}

    def simpleString(self) -> str:  # noqa: N802
        """Spark SQL's name of what ``toDF`` makes of it: a struct with a field for each type."""
        return f"struct<{','.join(f'{n}:{c.simpleString()}' for n, c in self.choices.items())}>"

    def jsonValue(self) -> Any:  # noqa: N802
        """The type as AWS Glue writes it in JSON."""
        return {"dataType": "choice", "choices": [c.jsonValue() for c in self.choices.values()]}

    def lines(self) -> Iterator[str]:
        """The types."""
        for name, choice in self.choices.items():
            yield f"|-- {name}"
            yield from (f"|    {line}" for line in choice.lines())


class ArrayType(DataType):
    """A list of values of one type."""

    def __init__(self, elementType: DataType) -> None:  # noqa: N803 - AWS's name
        super().__init__("array")
        self.elementType = elementType

    def simpleString(self) -> str:  # noqa: N802
        """Spark SQL's name of the type."""
        return f"array<{self.elementType.simpleString()}>"

    def jsonValue(self) -> Any:  # noqa: N802
        """The type as AWS Glue writes it in JSON."""
        return {"dataType": "array", "elementType": self.elementType.jsonValue()}

    def lines(self) -> Iterator[str]:
        """The element."""
        yield f"|-- element: {self.elementType.name}"
        yield from (f"|    {line}" for line in self.elementType.lines())


class MapType(DataType):
    """Values by text."""

    def __init__(self, valueType: DataType) -> None:  # noqa: N803 - AWS's name
        super().__init__("map")
        self.valueType = valueType

    def simpleString(self) -> str:  # noqa: N802
        """Spark SQL's name of the type."""
        return f"map<string,{self.valueType.simpleString()}>"

    def jsonValue(self) -> Any:  # noqa: N802
        """The type as AWS Glue writes it in JSON."""
        return {"dataType": "map", "valueType": self.valueType.jsonValue()}

    def lines(self) -> Iterator[str]:
        """The value."""
        yield "|-- keyType: string"
        yield f"|-- valueType: {self.valueType.name}"
        yield from (f"|    {line}" for line in self.valueType.lines())


def from_spark(kind: spark.DataType, *, choice: bool = False) -> DataType:
    """A Spark type as Glue's; a struct that stands for a choice becomes one again."""
    if isinstance(kind, spark.StructType):
        if choice:
            return ChoiceType([from_spark(field.dataType) for field in kind.fields])
        return StructType([Field(field.name, from_spark(field.dataType)) for field in kind.fields])
    if isinstance(kind, spark.ArrayType):
        return ArrayType(from_spark(kind.elementType))
    if isinstance(kind, spark.MapType):
        return MapType(from_spark(kind.valueType))
    if isinstance(kind, spark.DecimalType):
        return DecimalType(kind.precision, kind.scale)
    text = kind.simpleString()
    found = next((t for t in AtomicType.__subclasses__() if t.own_name == glue_name(text)), None)
    return found(spark_name=text) if found else AtomicType(glue_name(text), text)
