"""The hosting contract: model_fn, input_fn, predict_fn, output_fn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference
from recommender.errors import ArtifactError, RequestError
from recommender.hyperparameters import Hyperparameters
from recommender.requests import MAX_BODY_BYTES
from recommender.serving import Recommender
from tests.unit.recommender.cases import checkerboard_rows, ratings_of, write_artifact

SIZE = 20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    folder = tmp_path_factory.mktemp("model")
    ratings = ratings_of([*checkerboard_rows(SIZE), (0, 1001, 4.5, 1), (55, 1001, 4.5, 1)])
    settings = Hyperparameters(factors=4, regularization=1.0, recency=0.0, threads=1)
    write_artifact(folder, ratings, settings, 'Amélie, "{}"'.format, {})
    return inference.model_fn(str(folder))


def ask(model: Recommender, *instances: dict[str, Any]) -> list[dict[str, Any]]:
    body = json.dumps({"instances": list(instances)}).encode()
    queries = inference.input_fn(body, "application/json; charset=utf-8")
    answer = inference.output_fn(inference.predict_fn(queries, model), "application/json")
    predictions: list[dict[str, Any]] = json.loads(answer)["predictions"]
    return predictions


def movies(prediction: dict[str, Any]) -> list[int]:
    return [entry["movie_id"] for entry in prediction["recommendations"]]


def test_a_known_user_gets_the_right_answer_first(model: Recommender) -> None:
    (prediction,) = ask(model, {"user_id": 104, "k": 3})
    assert prediction["user_id"] == 104
    assert prediction["reason"] == f"rated {SIZE // 2 - 1} movies"
    assert len(prediction["recommendations"]) == 3
    first = prediction["recommendations"][0]
    assert (first["movie_id"], first["title"]) == (1004, 'Amélie, "1004"')
    scores = [entry["score"] for entry in prediction["recommendations"]]
    assert scores == sorted(scores, reverse=True)


def test_user_zero_is_a_user_like_any_other(model: Recommender) -> None:
    (prediction,) = ask(model, {"user_id": 0})
    assert prediction["reason"] == "rated 1 movies"
    assert 1001 not in movies(prediction)


def test_an_unknown_user_gets_popular_movies(model: Recommender) -> None:
    for user in (999, -1, 10**30):
        (prediction,) = ask(model, {"user_id": user, "k": 2})
        assert prediction["reason"] == "unknown user: popular movies"
        assert prediction["recommendations"][0]["movie_id"] == 1001
        assert len(prediction["recommendations"]) == 2


def test_k_above_the_catalogue_gives_all_unseen_and_no_filler(model: Recommender) -> None:
    (prediction,) = ask(model, {"user_id": 104, "k": 10**6})
    listed = movies(prediction)
    assert len(listed) == len(set(listed)) == SIZE - (SIZE // 2 - 1)
    assert all(entry["score"] > -1e30 for entry in prediction["recommendations"])


def test_given_movies_are_folded_in(model: Recommender) -> None:
    by_ids, by_ratings, mixed = ask(
        model,
        {"movie_ids": [1000, 1002, 1004], "k": 5},
        {"ratings": [{"movie_id": m, "rating": 5} for m in (1001, 1003, 1005)], "k": 5},
        {"movie_ids": [1000, 1002, 77], "k": 5},
    )
    assert by_ids["reason"] == "folded in from 3 movies given"
    assert by_ids["user_id"] is None
    assert all(movie % 2 == 0 for movie in movies(by_ids))
    assert all(movie % 2 == 1 for movie in movies(by_ratings))
    assert not {1000, 1002, 1004} & set(movies(by_ids))
    assert mixed["reason"] == "folded in from 2 movies given (1 unknown movies left out)"


def test_a_user_with_given_movies_gets_neither_back(model: Recommender) -> None:
    (prediction,) = ask(model, {"user_id": 104, "movie_ids": [1001], "k": 50})
    assert 1001 not in movies(prediction)
    assert movies(prediction)[0] % 2 == 1
    assert not {movie for movie in movies(prediction) if movie % 2 == 0} - {1004}


def test_only_unknown_movies_give_popular_ones(model: Recommender) -> None:
    (prediction,) = ask(model, {"movie_ids": [5, 6], "k": 1})
    assert prediction["reason"] == "none of the 2 movies given is known: popular movies"
    assert movies(prediction) == [1001]


def test_a_batch_keeps_its_order(model: Recommender) -> None:
    instances = [{"user_id": user, "k": 1} for user in (119, 9, 100)] * 100
    predictions = ask(model, *instances)
    assert [p["user_id"] for p in predictions] == [119, 9, 100] * 100
    assert predictions[:3] == [ask(model, instance)[0] for instance in instances[:3]]


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not JSON"),
    "not JSON": (b"{instances", "not JSON"),
    "not UTF-8": (b"\xff\xfe", "not JSON"),
    "NaN": (b'{"instances":[{"user_id":NaN}]}', "not JSON"),
    "deep": (b"[" * 200_000, "not JSON"),
    "a list": (b"[]", "no list of instances"),
    "no instances": (b'{"instances":[]}', "no list of instances"),
    "a number": (b'{"instances":[1]}', "not an object"),
    "nothing asked": (b'{"instances":[{"k":1}]}', "no user_id, ratings or movie_ids"),
    "k zero": (b'{"instances":[{"user_id":1,"k":0}]}', r"instances\[0\].k is 0; valid: 1"),
    "k negative": (b'{"instances":[{"user_id":1},{"user_id":1,"k":-3}]}', r"instances\[1\].k"),
    "k fraction": (b'{"instances":[{"user_id":1,"k":1.5}]}', "whole number"),
    "k true": (b'{"instances":[{"user_id":1,"k":true}]}', "whole number"),
    "user text": (b'{"instances":[{"user_id":"1"}]}', "user_id is \"1\"; valid: a whole number"),
    "unknown field": (b'{"instances":[{"user":1}]}', "valid fields"),
    "both lists": (b'{"instances":[{"ratings":[],"movie_ids":[]}]}', "one of them"),
    "empty list": (b'{"instances":[{"movie_ids":[]}]}', "list of 1 to"),
    "stars": (b'{"instances":[{"ratings":[{"movie_id":1,"rating":9}]}]}', "0.5 to 5.0"),
    "huge stars": (b'{"instances":[{"ratings":[{"movie_id":1,"rating":1e999}]}]}', "0.5 to"),
    "no stars": (b'{"instances":[{"ratings":[{"movie_id":1}]}]}', "is not"),
    "twice": (b'{"instances":[{"movie_ids":[1,1]}]}', "a second time"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_is_named(name: str) -> None:
    body, named = BAD[name]
    with pytest.raises(RequestError, match=named) as caught:
        inference.input_fn(body, "application/json")
    assert caught.value.status_code == 400
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 500


def test_limits_have_their_own_status() -> None:
    with pytest.raises(RequestError) as huge:
        inference.input_fn(b" " * (MAX_BODY_BYTES + 1), "application/json")
    many = json.dumps({"instances": [{"user_id": 1}] * 1001})
    with pytest.raises(RequestError) as long:
        inference.input_fn(many, "application/json")
    with pytest.raises(RequestError) as media:
        inference.input_fn(b"1", "text/csv")
    with pytest.raises(RequestError) as accept:
        inference.output_fn([], "text/csv")
    statuses = [error.value.status_code for error in (huge, long, media, accept)]
    assert statuses == [413, 413, 415, 406]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["instances", "user_id", "k", "ratings", "movie_ids", "movie_id"]), inner
    ),
)


@given(st.lists(_JSON, min_size=1, max_size=3))
def test_any_json_is_answered_or_refused(model: Recommender, instances: list[Any]) -> None:
    try:
        queries = inference.input_fn(json.dumps({"instances": instances}))
    except RequestError:
        return
    assert len(inference.predict_fn(queries, model)) == len(instances)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"has no manifest\.json"):
        inference.model_fn(str(tmp_path))
