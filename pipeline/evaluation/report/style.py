"""The page's style: light and dark, narrow and wide; system fonts."""

from __future__ import annotations

from typing import Final

__all__ = ["STYLE", "style_of"]

_STYLES: Final = {
    "als": "s1",
    "ease": "s2",
    "bm25": "s3",
    "blend": "s4",
    "popularity": "s5",
}


def style_of(name: str) -> str:
    """The class of a model's colour: one name has one colour on the whole page."""
    return "s0" if name == "champion" else _STYLES.get(name, "s4")


STYLE: Final = """
:root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --ink: #1c2126;
  --soft: #59636e; --rule: #d9dde2; --grid: #eceef1;
  --c0: #1f5fc4; --c1: #b4540a; --c2: #14795a; --c3: #8440b8; --c4: #b3256b; --c5: #6a737d; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --card: #1c2024; --ink: #e8eaed; --soft: #a4adb8; --rule: #3a4149;
    --grid: #2a3036;
    --c0: #78aaff; --c1: #f2a25c; --c2: #5ecba1; --c3: #c89bf0; --c4: #f58ab8; --c5: #a4adb8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 72rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .25rem; padding-top: .75rem;
  border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 46rem; }
.note { color: var(--soft); font-size: .9rem; }
.warning { border-left: 4px solid var(--c1); padding: .25rem .75rem; }
.plots { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
figure { margin: 0; padding: .75rem; background: var(--card); border: 1px solid var(--rule);
  border-radius: .5rem; max-width: 34rem; }
figcaption { font-size: .9rem; font-weight: 600; margin-bottom: .25rem; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; }
.tick { fill: var(--soft); font-size: 10px; }
.label { fill: var(--ink); }
.grid { stroke: var(--grid); }
.axis { stroke: var(--soft); }
.mark { stroke: var(--soft); stroke-dasharray: 4 3; }
.line { fill: none; stroke-width: 2; stroke: currentColor; }
.whisker { stroke: currentColor; stroke-width: 2; opacity: .45; }
.dot { fill: currentColor; }
.s0 { color: var(--c0); } .s1 { color: var(--c1); } .s2 { color: var(--c2); }
.s3 { color: var(--c3); } .s4 { color: var(--c4); } .s5 { color: var(--c5); }
.s5 .line { stroke-dasharray: 5 4; }
.s0 .line { stroke-width: 2.75; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .5rem 0;
  padding: 0; font-size: .9rem; }
.key b { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%;
  background: currentColor; margin-right: .4rem; }
.key span { color: var(--ink); }
.scroll { overflow-x: auto; max-width: 100%; margin-top: 1rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
th { font-weight: 600; }
.wide th, .wide td { white-space: nowrap; }
.number { text-align: right; }
.people { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.people h4 { margin: .5rem 0 .25rem; font-size: .9rem; }
.people ol { margin: 0; padding-left: 1.5rem; font-size: .9rem; }
.people small { display: block; color: var(--soft); }
@media print { figure { break-inside: avoid; } }
"""
