"""GET /api/v1/counts: how many comments each page shows."""

import pytest

from tests.support.contract import Api, Guest, Json


@pytest.mark.every("mode")
def test_counts_of_several_pages(api: Api, key: str, ann: Guest) -> None:
    keys = [f"{key}/{number}" for number in range(3)]
    for number, page in enumerate(keys[:2], 1):
        thread = api.snapshot("demo", page)["thread"]["id"]
        for _ in range(number):
            api.post(thread, token=ann.token).ok(201)
    answer = api.get("/api/v1/counts", site="demo", key=keys).ok()
    assert answer == {"counts": {keys[0]: 1, keys[1]: 2, keys[2]: 0}}


@pytest.mark.every("mode")
def test_asking_makes_no_thread(url: str, api: Api, key: str) -> None:
    assert api.get("/api/v1/counts", site="demo", key=key).ok() == {"counts": {key: 0}}
    with Api(url, origin=None) as program:
        program.get("/api/v1/threads", site="demo", key=key).refused(404, "not_found")
        assert program.get("/api/v1/counts", site="demo", key=key).ok() == {"counts": {key: 0}}


def test_a_page_named_twice_is_counted_once(api: Api, key: str) -> None:
    assert api.get("/api/v1/counts", site="demo", key=[key, key]).ok() == {"counts": {key: 0}}


def test_answers_are_under_the_keys_that_were_asked(api: Api, key: str, thread: Json, ann: Guest) -> None:
    api.post(thread["id"], token=ann.token).ok(201)
    spaced = f" {key} "
    assert api.get("/api/v1/counts", site="demo", key=spaced).ok() == {"counts": {spaced: 1}}


def test_a_key_that_cannot_be_takes_no_count_from_the_others(api: Api, key: str) -> None:
    assert api.get("/api/v1/counts", site="demo", key=["/\u202a", key]).ok() == {"counts": {key: 0}}


@pytest.mark.parametrize(
    "query",
    [{}, {"site": "demo"}, {"key": "/a"}, {"site": "demo", "key": [f"/{n}" for n in range(601)]}],
    ids=["nothing", "no key", "no site", "601 keys"],
)
def test_counts_name_a_site_and_up_to_a_hundred_keys(api: Api, query: Json) -> None:
    api.get("/api/v1/counts", **query).refused(400, "bad_request")


def test_counts_of_an_unknown_or_foreign_site(api: Api) -> None:
    api.get("/api/v1/counts", site="nowhere", key="/a").refused(404, "not_found")
    api.get("/api/v1/counts", site="other", key="/a").refused(403, "forbidden")
