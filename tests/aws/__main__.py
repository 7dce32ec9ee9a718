"""`make test-aws`: a whole lake in an account of yours, from plan to destroy, recorded.

It costs what `lake plan` shows. The account is asked for, the lake is destroyed in any case, and
what AWS answered is kept without what says whose account it was, as a cassette.
The data is generated, so that a cassette holds none of MovieLens.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from pipeline.cli.commands import app
from pipeline.errors import LakeError
from pipeline.target import open_target
from tests.aws.cassette import CASSETTES, Cassette
from tests.aws.sanitise import Caller, sanitised
from tests.aws.session import Session
from tests.integration.pipeline import movielens_data


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-aws", description=__doc__)
    parser.add_argument("--yes-account", metavar="ID:REGION", help="confirm without being asked")
    given: str | None = parser.parse_args().yes_account
    try:
        target = open_target("aws")
    except LakeError as error:
        print(error, file=sys.stderr)
        return 1
    confirmed = f"{target.account}:{target.region}"
    with tempfile.TemporaryDirectory() as folder:
        movielens_data.write_folder(Path(folder))
        if _lake(["plan", "--target", "aws", "--movielens", folder], show=True)[0]:
            return 1
        print(f"A whole lake is made in {target.describe()}, run, paused, run and destroyed.")
        if (given or input("Type the account id to go on: ").strip()) not in (
            confirmed,
            None if given else target.account,
        ):
            print(f"Not confirmed; nothing was done. Valid is {confirmed}.", file=sys.stderr)
            return 1
        cassette = Cassette(target.region)
        with cassette.recording():
            faults = Session(_lake, folder, confirmed, _say).play(cassette)
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    identity = target.session.client("sts").get_caller_identity()
    keys = target.session.get_credentials().get_frozen_credentials()
    secrets = tuple(key for key in (keys.access_key, keys.secret_key, keys.token) if key)
    caller = Caller(identity["Account"], identity["Arn"], identity["UserId"], secrets)
    path = CASSETTES / f"{datetime.now(UTC):%Y-%m-%d}-{target.region}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(sanitised(cassette, caller).as_dict(), indent=1) + "\n")
    print(f"All commands ended well. {len(cassette.exchanges)} answers are in {path}: read them")
    print("before you publish them. README.md and docs/aws.md can name this run now.")
    return 0


def _say(text: str) -> None:
    print(f"== {text}", flush=True)


def _lake(words: list[str], *, show: bool = False) -> tuple[int, str]:
    out = StringIO()
    try:
        if show:
            app(words)
        else:
            with redirect_stdout(out):
                app(words)
    except SystemExit as ended:
        code = ended.code
        return (code if isinstance(code, int) else int(bool(code))), out.getvalue()
    return 0, out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
