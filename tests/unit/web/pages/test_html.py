"""How the pages say things: summaries, counts, times, and who may frame them."""

import pytest

from hubbub.domain.model import Site
from hubbub.domain.origins import LOOPBACK
from hubbub.markup import render as render_markup
from hubbub.web.pages.html import SUMMARY_CHARS, ancestors_of, comment_count, day, directed, moment, render, summary_of


def test_the_summary_is_the_first_paragraph_without_its_markup() -> None:
    html = "<h2>Not this</h2><p>A <em>clock</em> &amp; a\nbell, 1 &lt; 2.</p><p>Nor this.</p>"
    assert summary_of(html) == "A clock & a bell, 1 < 2."


def test_a_long_summary_ends_with_a_sentence() -> None:
    first = "Here is a sentence of some length that can stand for all of the others in the article."
    assert len(f"{first} {first} {first} {first}") > SUMMARY_CHARS
    assert summary_of(f"<p>{first} {first} {first} {first}</p>") == f"{first} {first} {first}"


def test_a_long_sentence_ends_with_a_word() -> None:
    summary = summary_of("<p>" + "words, " * 100 + "</p>")
    assert summary.endswith("words …")
    assert len(summary) <= SUMMARY_CHARS + 2


@pytest.mark.parametrize("sentence", ["一句很长的话" * 9 + "。", "جملة طويلة " * 9 + "؟ ", "एक वाक्य " * 9 + "। "])
def test_a_summary_is_cut_in_every_script(sentence: str) -> None:
    assert summary_of(f"<p>{sentence * 20}</p>") == (sentence * (SUMMARY_CHARS // len(sentence))).rstrip()


def test_a_long_text_without_blanks_or_sentences_is_cut_anywhere() -> None:
    assert summary_of(f"<p>A {'字' * 300}</p>") == f"A {'字' * (SUMMARY_CHARS - 2)} …"


def test_lists_and_quotes_take_the_side_of_their_own_text() -> None:
    html = '<p>a &lt;ul&gt;</p><ol start="3"><li>b<ul><li>c</li></ul></li></ol><blockquote><p>d</p></blockquote>'
    assert directed(html) == (
        '<p>a &lt;ul&gt;</p><ol dir="auto" start="3"><li>b<ul dir="auto"><li>c</li></ul></li></ol>'
        '<blockquote dir="auto"><p>d</p></blockquote>'
    )


def test_an_address_that_looks_like_a_list_stays_in_its_attribute() -> None:
    html = render_markup("[a](https://a.example/&lt;ul&gt;/b) &lt;ul&gt; `<ol>`")
    assert directed(html) == html


def test_an_article_without_a_paragraph_has_no_summary() -> None:
    assert summary_of("<ul><li>one</li></ul>") == ""


@pytest.mark.parametrize(
    ("count", "said"), [(0, "No comments"), (1, "1 comment"), (2, "2 comments"), (4117, "4,117 comments")]
)
def test_comment_count(count: int, said: str) -> None:
    assert comment_count("en", count) == said


def test_times_are_told_in_utc() -> None:
    assert day("en", 1795391999000) == "22 November 2026"
    assert day("en", 1795392000000) == "23 November 2026"
    assert moment("en", "2026-11-02T09:05:59.999Z") == "2 November 2026, 09:05 UTC"


def test_the_origins_of_a_site_may_frame_it() -> None:
    site = Site("news", ("https://news.example", "http://intern.example:8080"))
    assert ancestors_of(site) == "'self' https://news.example http://intern.example:8080"


def test_loopback_is_any_port_of_this_machine() -> None:
    sources = ancestors_of(Site("demo", (LOOPBACK,))).split()
    assert set(sources) == {
        "'self'",
        "http://localhost:*",
        "https://localhost:*",
        "http://127.0.0.1:*",
        "https://127.0.0.1:*",
    }


@pytest.mark.parametrize(
    "origin", ["https://a.example; script-src *", "https://bücher.example", "https://a.example\r\nX: 1"]
)
def test_no_origin_can_add_to_the_policy(origin: str) -> None:
    assert ancestors_of(Site("news", (origin,))) == "'self'"


def test_a_template_escapes_what_it_shows() -> None:
    body = render("welcome.html", host="<script>", site_title="Hubbub")
    assert b"&lt;script&gt;/embed.js" in body
