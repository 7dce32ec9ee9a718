"""Prints each place that has a word of the list; exit code 1 when there is one."""

from __future__ import annotations

import sys

from tests import prose

said = prose.complaints()
print("\n".join(said) or f"no words of {prose.PAGE.name}'s list")
sys.exit(1 if said else 0)
