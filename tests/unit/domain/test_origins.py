"""Origins: what is one, which is this machine, which is allowed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.domain.origins import LOOPBACK, is_loopback, origin_allowed, parse_origin


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://news.example", "https://news.example"),
        (" HTTPS://News.Example/ ", "https://news.example"),
        ("https://news.example:443", "https://news.example"),
        ("http://news.example:80", "http://news.example"),
        ("http://news.example:443", "http://news.example:443"),
        ("https://news.example:80", "https://news.example:80"),
        ("https://news.example:8443/", "https://news.example:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
    ],
)
def test_an_origin_is_written_as_browsers_send_it(typed: str, origin: str) -> None:
    assert parse_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "null",
        "news.example",
        "//news.example",
        "ftp://news.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://news.example/path",
        "https://news.example?q",
        "https://news.example#f",
        "https://user@news.example",
        "https://news.example:port",
        "https://news.example:99999",
        "https://[::1",
    ],
)
def test_anything_else_is_no_origin(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_origin(typed)


@pytest.mark.parametrize("typed", ["https://a b", "https://*.news.example", "https://müller.example", "https://a,b"])
def test_a_host_that_no_browser_sends_is_refused_rather_than_kept_in_vain(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_origin(typed)


@given(st.text(max_size=30).map("https://".__add__) | st.text(max_size=30))
@example("https://a b")
def test_what_is_parsed_is_a_single_word_and_stays_as_it_is(typed: str) -> None:
    try:
        origin = parse_origin(typed)
    except ValueError:
        return
    assert origin.split() == [origin], "a site's origins are stored with white space between them"
    assert parse_origin(origin) == origin


@pytest.mark.parametrize("origin", ["http://localhost", "https://localhost:3000", "http://127.0.0.1:8", "http://[::1]"])
def test_loopback(origin: str) -> None:
    assert is_loopback(origin)


LOOK_ALIKES = [
    "http://localhost.evil.example",
    "http://evil-localhost",
    "http://localhost@evil.example",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.2.nip.example",
    "http://[::2]",
    "http://localhost/path",
    "http://localhost#@evil.example",
    "http://localhost:99999",
    "ftp://localhost",
    "null",
    "",
]


@pytest.mark.parametrize("origin", LOOK_ALIKES)
def test_look_alikes_are_not_loopback(origin: str) -> None:
    assert not is_loopback(origin)
    assert not origin_allowed(origin, [LOOPBACK])


def test_loopback_is_allowed_only_where_the_site_says_so() -> None:
    assert origin_allowed("http://localhost:5173", ["https://news.example", LOOPBACK])
    assert not origin_allowed("http://localhost:5173", ["https://news.example"])


@pytest.mark.parametrize(
    "origin",
    [
        "http://news.example",
        "https://news.example:8443",
        "https://news.example.evil.example",
        "https://evilnews.example",
        "https://www.news.example",
        "https://news.example/",
        "https://NEWS.example",
        "https://news.example.",
        "https://news.examplé",
        "null",
        "",
        LOOPBACK,
    ],
)
def test_an_origin_is_allowed_letter_by_letter(origin: str) -> None:
    assert origin_allowed("https://news.example", ["https://news.example"])
    assert not origin_allowed(origin, ["https://news.example"])


def test_nothing_is_allowed_by_an_empty_list() -> None:
    assert not origin_allowed("https://news.example", [])
