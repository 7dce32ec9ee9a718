"""Steps that clean texts.

AWS Glue DataBrew Developer Guide, REMOVE_COMBINED.
"""

from __future__ import annotations

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .columns import column, named

_SPECIAL = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"""
_PUNCTUATION = "[.!,?]"
_QUOTES = "['\"]"


def remove_combined(
    frame: DataFrame,
    source_column: str,
    remove_special_chars: bool = False,
    remove_custom_chars: bool = False,
    remove_numbers: bool = False,
    remove_letters: bool = False,
    remove_custom_value: bool = False,
    remove_all_whitespace: bool = False,
    remove_all_quotes: bool = False,
    remove_all_punctuation: bool = False,
    collapse_consecutive_whitespace: bool = False,
    remove_leading_trailing_whitespace: bool = False,
    remove_leading_trailing_quotes: bool = False,
    remove_leading_trailing_punctuation: bool = False,
    custom_chars: str = "",
    custom_value: str = "",
) -> DataFrame:
    """REMOVE_COMBINED: a text without some characters; each flag says which.

    Args:
        frame: the rows
        source_column: the column; what is no text becomes one
        remove_special_chars: ASCII's signs
        remove_custom_chars: each character of `custom_chars`
        remove_numbers: digits
        remove_letters: a to z, A to Z
        remove_custom_value: `custom_value`, wherever it stands
        remove_all_whitespace: blanks of all kinds
        remove_all_quotes: single and double ones
        remove_all_punctuation: ``. ! , ?``
        collapse_consecutive_whitespace: several blanks are one
        remove_leading_trailing_whitespace: at both ends
        remove_leading_trailing_quotes: at both ends
        remove_leading_trailing_punctuation: at both ends
        custom_chars: for `remove_custom_chars`
        custom_value: for `remove_custom_value`
    """
    own_chars = f"[{re.escape(custom_chars)}]" if custom_chars else ""
    removed = (
        (remove_custom_value and custom_value, re.escape(custom_value)),
        (remove_custom_chars and custom_chars, own_chars),
        (remove_special_chars, _SPECIAL),
        (remove_all_punctuation, _PUNCTUATION),
        (remove_all_quotes, _QUOTES),
        (remove_numbers, "[0-9]"),
        (remove_letters, "[A-Za-z]"),
        (remove_all_whitespace, r"\s"),
        (remove_leading_trailing_whitespace, _ends(r"\s")),
        (remove_leading_trailing_quotes, _ends(_QUOTES)),
        (remove_leading_trailing_punctuation, _ends(_PUNCTUATION)),
    )
    value: Column = column(frame, source_column).cast("string")
    for wanted, pattern in removed:
        if wanted:
            value = F.regexp_replace(value, pattern, "")
    if collapse_consecutive_whitespace:
        value = F.regexp_replace(value, r"\s{2,}", " ")
    return frame.withColumn(named(frame, source_column), value)


def _ends(characters: str) -> str:
    return f"^{characters}+|{characters}+$"
