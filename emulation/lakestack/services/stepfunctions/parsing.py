"""What LocalStack's parser says of a definition, without what it is made of.

`schema`, `fields` and `transitions` find nearly everything before, in AWS's words; this is for the
rest.
"""

from __future__ import annotations

import re

_SYNTAX = re.compile(r'ASLParserException \[?["\']?line (\d+):(\d+), at (.*?), ', re.DOTALL)
_ERROR = re.compile(r"Error=\w+ Args=\[['\"](.*?)['\"]\] in definition", re.DOTALL)
_OWN = re.compile(r"<class '[\w.]+\.(\w+)'>")
_MOST = 200


def in_words(message: str) -> str:
    """The reason of a refusal, in a sentence.

    Args:
        message: the parser's
    """
    if found := _SYNTAX.match(message):
        line, column = int(found[1]), int(found[2]) + 1
        return (
            f"SCHEMA_VALIDATION_FAILED: {found[3]} is not valid at line: {line}, column: {column}"
        )
    if found := _ERROR.match(message):
        text = _OWN.sub(lambda name: name[1], found[1]).partition(" in props")[0]
        return f"SCHEMA_VALIDATION_FAILED: {text.partition(': with state')[0][:_MOST]}"
    return message.removeprefix("Invalid State Machine Definition: '").removesuffix("'")
