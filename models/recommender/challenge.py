"""A model in use against what has come since, and against a model that knows it."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from recommender.artifact import Artifact, load
from recommender.confidence import weighting
from recommender.errors import ArtifactError
from recommender.evaluation import fit
from recommender.hyperparameters import Hyperparameters
from recommender.popularity import Popularity
from recommender.ratings import Ratings
from recommender.replay import arrivals, populations, replay
from recommender.statistics import bootstrap, compare

ARCHIVE = "model.tar.gz"
WINDOWS = 12
"""Parts of the new rows, about equally large, on which a model is replayed one by one."""
ASKED = 5
"""Users whose recommendations a smoke test asks for."""


def open_champion(channel: Path) -> Artifact:
    """The model in a channel that holds a training job's model.tar.gz.

    Raises:
        ArtifactError: there is none, or its files cannot be trusted
    """
    archive = channel / ARCHIVE
    if not archive.is_file():
        raise ArtifactError(f"the channel {channel} has no {ARCHIVE}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(archive) as packed:
                _unpack(packed, Path(folder).resolve())
        except (tarfile.TarError, OSError, EOFError) as error:
            raise ArtifactError(f"{ARCHIVE} of the champion is not readable: {error}") from None
        return load(Path(folder))


def _unpack(packed: tarfile.TarFile, folder: Path) -> None:
    """Write the plain files of an archive below a folder.

    Not by `extractall` with a filter, which Python has from 3.11.4 on only (Debian 12 has 3.11.2).

    Raises:
        tarfile.TarError: an entry is a link or a device, or leads out of the folder
    """
    for member in packed:
        target = (folder / member.name).resolve()
        if not (member.isfile() or member.isdir()) or not target.is_relative_to(folder):
            raise tarfile.TarError(f"{member.name!r} is no file of a model")
        content = packed.extractfile(member)
        if content is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)


def look(champion: Artifact, ratings: Ratings, k: int) -> dict[str, Any]:
    """What has come since the champion, and how well it does on the newest of it.

    Args:
        champion: the model in use
        ratings: all that there are now
        k: length of the lists

    Returns:
        `populations` of `recommender.replay`, ``slice`` (rows, users), ``replay`` and
        ``popular``: mean NDCG of the champion and of popular movies with its interval, None
        without a slice; ``birth``: the champion's own NDCG when it was made; ``ask``: ids of users;
        ``series``: the champion on each of `WINDOWS` parts of the new rows, oldest first
    """
    came = arrivals(champion, ratings)
    rows = ratings.rows(came.newest)
    found: dict[str, Any] = {
        **populations(champion, ratings, came.new),
        "slice": {"rows": len(rows), "users": len(np.unique(rows.user))},
        "k": k,
        "birth": champion.metrics.get(f"ndcg_at_{champion.settings.k}"),
        "replay": None,
        "popular": None,
        "ask": champion.user_ids[:ASKED].tolist(),
        "series": _series(champion, ratings.rows(came.new), k),
    }
    if len(rows):
        found["replay"] = asdict(bootstrap(replay(champion, rows, k)))
        found["popular"] = asdict(bootstrap(replay(_popularity(champion), rows, k)))
    return found


def challenge(champion: Artifact, ratings: Ratings, settings: Hyperparameters) -> dict[str, Any]:
    """Compare the champion with a challenger on the newest of what has come since the champion.

    The challenger of the comparison is fitted on all rows but the slice; the one that is saved, on
    all rows.

    Args:
        champion: the model in use
        ratings: all that there are now
        settings: of the challenger

    Returns:
        ``slice`` (rows, users), ``champion``, ``challenger`` and ``difference`` (challenger less
        champion) as mean NDCG with interval, ``wins`` and ``losses`` of the challenger, ``ask``

    Raises:
        DataError: nothing has come since the champion
    """
    came = arrivals(champion, ratings)
    rows, rest = ratings.rows(came.newest), ratings.rows(~came.newest)
    old = replay(champion, rows, settings.k)
    fitted = fit(rest, settings)
    challenger = Artifact(
        fitted.settings,
        weighting(rest, fitted.settings),
        {},
        fitted.model,
        ratings.user_ids,
        ratings.movie_ids,
        [],
        fitted.confidence,
    )
    new = replay(challenger, rows, settings.k)
    found = compare(new, old)
    return {
        "slice": {"rows": len(rows), "users": len(new)},
        "k": settings.k,
        "champion": asdict(bootstrap(old)),
        "challenger": asdict(bootstrap(new)),
        "difference": asdict(found.difference),
        "wins": found.wins,
        "losses": found.losses,
        "ask": ratings.user_ids[:ASKED].tolist(),
    }


def _series(champion: Artifact, new: Ratings, k: int) -> list[dict[str, Any]]:
    """NDCG over time: ``begin`` and ``end`` in seconds, rows, users, and the mean with interval."""
    if not len(new):
        return []
    ends = np.unique(np.quantile(new.time, np.arange(1, WINDOWS + 1) / WINDOWS, method="lower"))
    found, begin = [], int(new.time.min())
    for end in ends.tolist():
        rows = new.rows((new.time >= begin) & (new.time <= end))
        if len(rows):
            values = replay(champion, rows, k)
            about = {"begin": begin, "end": end, "rows": len(rows), "users": len(values)}
            found.append({**about, **asdict(bootstrap(values))})
        begin = end + 1
    return found


def _popularity(champion: Artifact) -> Artifact:
    """The champion with popular movies for everybody."""
    model = Popularity()
    model.fit(champion.seen)
    return replace(champion, model=model)
