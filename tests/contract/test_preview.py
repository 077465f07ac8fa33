"""The preview of a comment is what its post shows."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.contract import Api, Guest, Json, Live

MARKUP = ["**", "*", "`", "~~", "[a](https://a.example)", "> ", "- ", "1. ", "<u>", "</u>", "![c](https://a.example/c)"]
PIECES = [*MARKUP, "word", "重要", "عربي", "😀", "&amp;", "<script>", "#1", "\\", " ", "\n", "\n\n", "\u200b", "\u202e"]
texts = st.one_of(st.text(st.characters(codec="utf-8"), max_size=40), st.lists(st.sampled_from(PIECES)).map("".join))


def previewed(api: Api, thread: str, text: str, token: str | None = None) -> Json:
    """The answer to a preview."""
    body: Json = api.call("POST", f"/api/v1/threads/{thread}/preview", {"text": text}, token=token).body
    return body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
@example("**bold** <i>and</i> https://a.example/?q=1&r=2")
@example("![cat](https://a.example/cat.png)")
@example(" \n")
@example("[x](javascript:alert(1))")
@example("x" * 10_001)
def test_a_preview_is_what_a_post_of_the_same_text_shows(api: Api, thread: Json, ann: Guest, text: str) -> None:
    posted = api.post(thread["id"], text, token=ann.token).body
    expected = {"html": posted["comment"]["html"]} if "comment" in posted else posted
    assert previewed(api, thread["id"], text) == expected


@pytest.mark.every("mode")
def test_nothing_of_a_preview_is_kept_or_shown(url: str, api: Api, thread: Json, ann: Guest) -> None:
    with Live(url) as reader:
        reader.do("join", thread=thread["id"])
        assert previewed(api, thread["id"], "*so*", ann.token) == {"html": "<p><em>so</em></p>"}
        api.post(thread["id"], token=ann.token).ok(201)
        (event,) = reader.events(thread["id"], 1)
    assert (event["kind"], event["comment"]["number"]) == ("comment.posted", 1)


def test_who_may_have_a_preview(url: str, api: Api, thread: Json, stranger: str) -> None:
    path = f"/api/v1/threads/{thread['id']}/preview"
    api.call("POST", path, {"text": "x"}, token="nonsense").refused(401, "unauthorized")
    api.call("POST", path, {"text": "x"}, token=stranger).ok()
    for body in ({}, {"text": 1}, {"text": "x", "extra": 1}):
        api.call("POST", path, body).refused(400, "bad_request")
    api.call("POST", "/api/v1/threads/nowhere/preview", {"text": "x"}).refused(404, "not_found")
    with Api(url, origin="https://elsewhere.example") as page:
        page.call("POST", path, {"text": "x"}).refused(403, "forbidden")
