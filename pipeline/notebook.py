"""``make notebook``: Jupyter on the labs' notebooks, with everything set for a target.

The notebooks are plain boto3, which takes endpoint, region and credentials from its environment.
For the local target that holds the emulator's and nothing of the user's own, so that a notebook
cannot reach an account by accident; for `aws` it is the user's, without the overrides that the
target refuses.

    python -m pipeline.notebook --target local
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.errors import LakeError, SettingsError
from pipeline.liveness import require_answer
from pipeline.target import Target, open_target

__all__ = ["FOLDER", "environment", "main"]

PROJECT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = PROJECT / "docs" / "labs"
"""Where the notebooks are, and what Jupyter shows."""
_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def environment(target: Target, environ: Mapping[str, str]) -> dict[str, str]:
    """What a notebook's kernel gets, so that plain boto3 speaks to the target.

    Args:
        environ: the user's own, of which the rest is kept
    """
    region = {"AWS_REGION": target.region, "AWS_DEFAULT_REGION": target.region}
    given = {"LAKE_TARGET": target.name, **region}
    if target.endpoint is None:
        return {**environ, **given}
    kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **given,
        **dict.fromkeys(_CREDENTIALS, "test"),
        "AWS_ENDPOINT_URL": target.endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
        "no_proxy": "*",
    }


def command(home: Path, environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Jupyter's command and its part of the environment.

    It listens on loopback alone, asks for a token made for this start, and reads no settings of the
    user's, which could open it further (Jupyter Server, "Security in the Jupyter Server").

    Args:
        home: folder for Jupyter's own files
    """
    own = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_TOKEN": environ.get("JUPYTER_TOKEN") or secrets.token_hex(24),
    }
    words = [
        *(sys.executable, "-m", "jupyterlab"),
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.allow_remote_access=False",
        f"--ServerApp.root_dir={FOLDER}",
        "--LabApp.news_url=",  # no news: nothing leaves the machine
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",  # nor does it look for extensions
        "--LabApp.default_url=/lab/tree/lab4.ipynb",
    ]
    if os.geteuid() == 0:  # in a container, where the emulator is root too
        words.append("--allow-root")
    return words, own


def _arguments(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="python -m pipeline.notebook", description=__doc__)
    parser.add_argument("--target", default=os.environ.get("LAKE_TARGET") or "local")
    parser.add_argument("--region", help="of the aws target")
    return parser.parse_known_args(arguments)


def _require_jupyter() -> None:
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise SettingsError("This environment has no Jupyter.", "Install it with: make notebook")


def main(arguments: Sequence[str] | None = None) -> None:
    """Become Jupyter; further arguments are passed on to it."""
    given, passed_on = _arguments(arguments)
    try:
        _require_jupyter()
        target = open_target(given.target, region=given.region)
        require_answer(target)
        home = Path(os.environ.get("LAKE_HOME") or PROJECT / ".lake") / "jupyter"
        words, own = command(home, os.environ)
        for folder in ("config", "data"):
            (home / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    except LakeError as error:
        sys.exit(f"notebook: {error.message}\n  → {error.hint}")
    sys.stderr.write(f"{target.describe()}\n")
    sys.stderr.flush()
    kernel = {**environment(target, os.environ), **own}
    os.execve(sys.executable, [*words, *passed_on], kernel)  # noqa: S606 - a list of our own


if __name__ == "__main__":
    main()
