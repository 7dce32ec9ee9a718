"""How pip finds packages on this machine, handed on to an emulator that may have to ask it.

The emulator's own environment has no proxy and nothing of pip's, so that nothing in it leaves the
machine by accident; modules that a Glue job names are the one thing that is fetched for it.
"""

from __future__ import annotations

import json
import os

VARIABLE = "LAKE_PIP_SETTINGS"
OFFLINE = "LAKE_OFFLINE"
_NAMES = (
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    # Not those that say where pip installs.
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CERT"),
    *("PIP_CONFIG_FILE", "PIP_TRUSTED_HOST", "PIP_TIMEOUT", "PIP_RETRIES", "PIP_CACHE_DIR"),
)


def variables() -> dict[str, str]:
    """For the environment of an emulator that is started.

    Values with credentials are left out: what runs in the emulator can read its environment. pip's
    own file of settings, or ~/.netrc, is the place for them.
    """
    found = {name: os.environ[name] for name in _NAMES if name in os.environ}
    found = {name: value for name, value in found.items() if "@" not in value}
    offline = {OFFLINE: os.environ[OFFLINE]} if OFFLINE in os.environ else {}
    return {VARIABLE: json.dumps(found), **offline}


def environment() -> dict[str, str]:
    """For pip, from within the emulator."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **json.loads(os.environ.get(VARIABLE, "{}"))}


def offline() -> bool:
    """Whether downloads are forbidden."""
    return os.environ.get(OFFLINE, "").lower() in ("1", "true", "yes", "on")
