"""HTML and SVG as text, with everything that is not ours escaped."""

from __future__ import annotations

import html

from pipeline.text.printable import printable

__all__ = ["element", "safe"]


def safe(value: object) -> str:
    """Text of data: escaped for elements and quoted attributes, control characters made visible."""
    return html.escape(printable(str(value)), quote=True)


def element(tag: str, *content: str, **attributes: object) -> str:
    """An element of markup that is safe already; attributes are escaped here.

    An attribute's trailing underscore is dropped and other ones become hyphens: ``class_`` is
    ``class``, ``text_anchor`` is ``text-anchor``. One that is None is left out.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{safe(_number(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{given}>{''.join(content)}</{tag}>"


def _number(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
