"""SageMaker script-mode entry point: look at what has come since a model was trained.

Reads SM_CHANNEL_TRAIN (all ratings of now) and SM_CHANNEL_CHAMPION (the model.tar.gz in use);
writes monitor.json to SM_OUTPUT_DATA_DIR and nothing to SM_MODEL_DIR; prints `metric name=value;`
lines. On failure as train.py.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from recommender.challenge import look, open_champion  # the package pins OpenBLAS before numpy
from recommender.channel import read_channel
from train import finish, folder, say


def run(environment: Mapping[str, str]) -> None:
    """The whole job; raises RecommenderError for what its user can put right."""
    champion = open_champion(folder(environment, "SM_CHANNEL_CHAMPION"))
    data = read_channel(folder(environment, "SM_CHANNEL_TRAIN"))
    found = look(champion, data.ratings, champion.settings.k)
    say(f"arrived {json.dumps(found['rows'])} slice {json.dumps(found['slice'])}")
    for name in ("replay", "popular"):
        if found[name] is not None:
            say(f"metric {name}_ndcg={found[name]['mean']:.6f};")
    output = folder(environment, "SM_OUTPUT_DATA_DIR")
    output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    (output / "monitor.json").write_text(text, encoding="utf-8")


def main() -> int:
    """Look; the exit status is that of `train.finish`."""
    environment = dict(os.environ)
    return finish(lambda: run(environment), environment)


if __name__ == "__main__":
    sys.exit(main())
