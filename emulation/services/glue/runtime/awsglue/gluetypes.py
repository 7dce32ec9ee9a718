"""Types in mappings and casts: AWS Glue's names for them, as Spark SQL spells them."""

from __future__ import annotations

import re

# AWS Glue Developer Guide, "PySpark extension types" and "ApplyMapping class".
_SPARK_NAMES = {
    "long": "bigint",
    "integer": "int",
    "short": "smallint",
    "byte": "tinyint",
    "bool": "boolean",
    "null": "void",
}


def spark_type(glue_type: str) -> str:
    """Spell a Glue type for Spark SQL: ``long`` is ``bigint``, ``decimal(10,2)`` is itself."""
    name = glue_type.strip().lower()
    return re.sub(
        r"(?<![\w])[a-z]+(?![\w:])", lambda m: _SPARK_NAMES.get(m.group(), m.group()), name
    )


def is_complex(spark_name: str) -> bool:
    """Whether a type is an array, map or struct, which text holds as JSON."""
    return spark_name.startswith(("array", "map", "struct"))
