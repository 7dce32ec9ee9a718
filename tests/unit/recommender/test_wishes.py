"""What an instance may ask for beside its list, for every algorithm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inference
from recommender.artifact import Artifact
from recommender.confidence import weighting
from recommender.errors import RequestError
from recommender.evaluation import fit
from recommender.factory import MODELS
from recommender.hyperparameters import Hyperparameters
from recommender.movies import Movie, parse_genres, year_of
from recommender.ratings import half_stars
from recommender.serving import Recommender
from tests.unit.recommender.cases import Row, checkerboard_rows, ratings_of

SIZE = 20
EVEN, ODD = ("Comedy",), ("Horror", "Drama")


def recommender(algorithm: str, genres: bool = True) -> Recommender:
    """Even movies are comedies of the 1980s; two movies nobody rated."""
    rows: list[Row] = [*checkerboard_rows(SIZE), (55, 1001, 0.5, 1), (55, 1003, 4.5, 1)]
    rows += [(55, 1005, 4.5, 1)]
    ratings = ratings_of(rows)
    settings = Hyperparameters(
        algorithm=algorithm, factors=6, regularization=1.0, ease_penalty=1.0, threads=1
    )
    fitted = fit(ratings, settings)
    ids = ratings.movie_ids.tolist()
    return Recommender(
        Artifact(
            settings,
            weighting(ratings, settings),
            {},
            fitted.model,
            ratings.user_ids,
            ratings.movie_ids,
            [f"Movie {movie} ({(1980 if movie % 2 == 0 else 1990) + movie % 10})" for movie in ids],
            fitted.confidence,
            half_stars(ratings),
            [EVEN if movie % 2 == 0 else ODD for movie in ids] if genres else [],
            [Movie(7, "New joke (2001)", EVEN), Movie(8, "New fear (2002)", ODD)] if genres else [],
        )
    )


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> Recommender:
    return recommender(request.param)


def ask(model: Recommender, **instance: Any) -> dict[str, Any]:
    queries = inference.input_fn(json.dumps({"instances": [instance]}))
    (prediction,) = json.loads(inference.output_fn(inference.predict_fn(queries, model)))[
        "predictions"
    ]
    found: dict[str, Any] = prediction
    return found


def movies(prediction: dict[str, Any]) -> list[int]:
    return [entry["movie_id"] for entry in prediction["recommendations"]]


def test_without_wishes_an_answer_is_what_it_was(model: Recommender) -> None:
    plain = ask(model, user_id=104, k=5)
    assert set(plain["recommendations"][0]) == {"movie_id", "title", "score"}
    same = ask(model, user_id=104, k=5, diversity=0, explain=False, unrated=0, genres=[])
    assert same == plain


def test_similar_movies_are_of_the_same_taste(model: Recommender) -> None:
    found = ask(model, similar_to=1004, k=4)
    assert len(movies(found)) == 4
    assert all(movie % 2 == 0 and movie != 1004 for movie in movies(found))
    by_genre = model.artifact.model.name == "popularity"
    assert found["reason"].startswith("similar to Movie 1004")
    assert ("by genre" in found["reason"]) == by_genre
    assert not set(movies(ask(model, similar_to=1004, user_id=106, k=50))) & {1004, 1008}


def test_a_movie_nobody_rated_is_similar_by_genre(model: Recommender) -> None:
    found = ask(model, similar_to=8, k=3)
    assert found["reason"] == "similar to New fear (2002) by genre: nobody rated it"
    assert movies(found) and all(movie % 2 == 1 for movie in movies(found))
    unknown = ask(model, similar_to=99, k=2)
    assert unknown["reason"] == "unknown movie 99: popular movies"
    assert len(movies(unknown)) == 2


def test_reasons_are_liked_movies_of_the_user(model: Recommender) -> None:
    found = ask(model, user_id=104, k=1, explain=True)
    (entry,) = found["recommendations"]
    because = [movie["movie_id"] for movie in entry["because"]]
    if model.artifact.model.name == "popularity":
        assert because == []  # nobody's taste is behind it
        return
    assert entry["movie_id"] == 1004
    assert 1 <= len(because) <= 3
    assert all(movie % 2 == 0 and movie != 1004 for movie in because)


def test_a_disliked_movie_is_no_reason(model: Recommender) -> None:
    for asked in (
        {"user_id": 55},
        {"ratings": [{"movie_id": 1001, "rating": 0.5}, {"movie_id": 1003, "rating": 5}]},
    ):
        for entry in ask(model, **asked, k=5, explain=True)["recommendations"]:
            assert 1001 not in [movie["movie_id"] for movie in entry["because"]]
    unknown = ask(model, user_id=999, k=1, explain=True)
    assert unknown["recommendations"][0]["because"] == []


def test_filters_let_nothing_else_pass(model: Recommender) -> None:
    comedies = ask(model, user_id=105, k=50, genres=["comedy"])
    assert movies(comedies) and all(movie % 2 == 0 for movie in movies(comedies))
    assert "movies pass the filters" in comedies["reason"]
    nineties = ask(model, movie_ids=[1000], k=50, years=[1990, 1993])
    assert sorted(movies(nineties)) == [1001, 1003, 1011, 1013]
    assert movies(ask(model, user_id=999, k=5, years=[1800, 1810])) == []
    assert all(m % 2 for m in movies(ask(model, similar_to=1001, k=9, genres=["Drama"])))


def test_seen_movies_are_in_when_asked_for(model: Recommender) -> None:
    rated = {1000 + m for m in range(0, SIZE, 2)} - {1004}
    assert not rated & set(movies(ask(model, user_id=104, k=99)))
    assert rated < set(movies(ask(model, user_id=104, k=99, seen="include")))
    assert rated == set(movies(ask(model, user_id=104, k=99, seen="only")))


def test_diversity_changes_the_list_and_keeps_its_first(model: Recommender) -> None:
    plain = movies(ask(model, user_id=55, k=6))
    mixed = movies(ask(model, user_id=55, k=6, diversity=0.9))
    assert mixed[0] == plain[0]
    assert len(set(mixed)) == 6
    assert len({movie % 2 for movie in mixed}) == 2


def test_movies_nobody_rated_come_last_by_genre(model: Recommender) -> None:
    found = ask(model, user_id=104, k=5, unrated=1)
    assert len(movies(found)) == 5
    assert found["recommendations"][-1]["movie_id"] == 7
    assert found["recommendations"][-1]["by"] == "genre"
    assert "1 movies nobody rated, by the genres liked: Comedy" in found["reason"]
    assert not {7, 8} & set(movies(ask(model, user_id=104, k=99)))
    assert movies(ask(model, user_id=104, k=5, unrated=2, genres=["Horror"]))[-1] != 7
    assert set(movies(ask(model, user_id=999, k=3, unrated=2))) & {7, 8}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "similar to text": ({"similar_to": "x"}, r"similar_to is \"x\"; valid: a whole number"),
    "genres no list": ({"user_id": 1, "genres": "Comedy"}, "genres is .* a list"),
    "genre no text": ({"user_id": 1, "genres": [1]}, "a list of at most"),
    "one year": ({"user_id": 1, "years": [1990]}, r"valid: \[first, last\]"),
    "years turned": ({"user_id": 1, "years": [1999, 1990]}, "first not after last"),
    "year text": ({"user_id": 1, "years": ["1990", 1999]}, r"years\[0\] is .* a whole number"),
    "seen": ({"user_id": 1, "seen": True}, "seen is true; valid: exclude, include, only"),
    "diversity": ({"user_id": 1, "diversity": 1.5}, "diversity is 1.5; valid: 0 to 1"),
    "diversity true": ({"user_id": 1, "diversity": True}, "valid: 0 to 1"),
    "explain": ({"user_id": 1, "explain": "yes"}, "explain is .*; valid: true or false"),
    "unrated": ({"user_id": 1, "unrated": -1}, "unrated is -1; valid: 0 to"),
    "nobody": ({"genres": ["Comedy"]}, "no user_id, ratings or movie_ids"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_wish_that_cannot_be_met_is_named(name: str) -> None:
    instance, named = BAD[name]
    with pytest.raises(RequestError, match=named) as caught:
        inference.input_fn(json.dumps({"instances": [instance]}))
    assert caught.value.status_code == 400


def test_an_unknown_genre_is_named_with_the_known_ones(model: Recommender) -> None:
    with pytest.raises(RequestError, match="genres has 'Opera'; valid: Comedy, Drama, Horror"):
        ask(model, user_id=104, genres=["Opera"])


def test_a_model_without_genres_says_so() -> None:
    bare = recommender("als", genres=False)
    with pytest.raises(RequestError, match="the model knows no genres"):
        ask(bare, user_id=104, genres=["Comedy"])
    assert "0 movies nobody rated" in ask(bare, user_id=104, unrated=3)["reason"]
    assert len(movies(ask(bare, user_id=104, k=5, unrated=3))) == 5


@pytest.mark.parametrize("algorithm", [name for name in MODELS if name != "popularity"])
def test_shares_add_up_to_the_score(algorithm: str) -> None:
    """Exact where the score is a sum over the history; a blend's are of its parts' largest."""
    model = recommender(algorithm).artifact.model
    history = recommender(algorithm).artifact.seen[3].astype(np.float32)
    columns = np.arange(SIZE)
    shares = model.contributions(history, columns)
    assert shares.shape == (SIZE, history.nnz)
    if algorithm != "blend":
        assert np.allclose(shares.sum(axis=1), model.fold_in(history)[0], atol=1e-4)


def test_genres_and_years_are_read_as_movielens_writes_them() -> None:
    assert parse_genres("Action|Comedy|Action") == ("Action", "Comedy")
    assert parse_genres("(no genres listed)") == parse_genres("") == ()
    assert year_of("Toy Story (1995)") == 1995
    assert year_of("Fawlty Towers (1975-1979) ") == 1975
    assert year_of("2001: A Space Odyssey") is None


def test_the_default_behaviour_leaves_one_out(tmp_path: Path) -> None:
    """A model that overrides nothing gets likeness and shares of `fold_in` alone."""
    from recommender.behaviour import Behaviour

    ease = recommender("ease").artifact.model
    history = recommender("ease").artifact.seen[3].astype(np.float32)
    columns = np.arange(SIZE)
    plain = Behaviour.contributions(ease, history, columns)
    assert np.allclose(plain, ease.contributions(history, columns), atol=1e-5)
    alike = Behaviour.similarity(ease, np.array([4, 5]), SIZE)
    assert alike.shape == (2, SIZE)
    assert alike.min() >= 0 and alike.max() == 1 and alike[0, 4] == 0
