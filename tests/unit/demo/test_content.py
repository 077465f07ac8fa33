"""The demo is a newspaper: enough articles, one closed, one long thread, and every text can be shown."""

import re
from urllib.parse import urlsplit

import pytest

from hubbub.demo.content import DemoArticle, DemoThread, Scene, articles, example_threads, scenes
from hubbub.demo.examples import EXAMPLES
from hubbub.domain.sizes import PAGE_COMMENTS
from hubbub.domain.text import clean_body, clean_line, clean_website
from hubbub.domain.votes import REACTIONS
from hubbub.markup import render, render_article

ARTICLES = articles()
each_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.key)


def test_there_is_a_paper_to_read() -> None:
    assert len(ARTICLES) >= 4
    assert sum(article.closed for article in ARTICLES) == 1
    assert not ARTICLES[0].closed, "the moderator's link leads to the first one, to be closed there"
    assert len({article.key for article in ARTICLES}) == len(ARTICLES)
    assert max(len(article.comments) for article in ARTICLES) > PAGE_COMMENTS
    assert any(comment.removed for article in ARTICLES for comment in article.comments)


@each_article
def test_an_article_is_of_newspaper_length(article: DemoArticle) -> None:
    assert 250 <= len(article.body.split()) <= 500
    assert render_article(article.body)
    assert article.published.endswith("Z")


@pytest.mark.parametrize("thread", [*ARTICLES, *example_threads()], ids=lambda thread: thread.key)
def test_comments_can_be_shown_and_answer_earlier_ones(thread: DemoThread) -> None:
    assert thread.comments
    for number, comment in enumerate(thread.comments, 1):
        assert render(clean_body(comment.text))
        assert clean_line(comment.name, "name", 50) == comment.name
        assert comment.reply_to is None or 1 <= comment.reply_to < number
        assert comment.role in ("guest", "moderator")


@each_article
def test_every_link_leads_to_nobody(article: DemoArticle) -> None:
    for link in [article.source_url, *(comment.website for comment in article.comments if comment.website)]:
        assert (urlsplit(clean_website(link) or "").hostname or "").endswith((".example", "example.org"))


@pytest.mark.parametrize("scene", scenes(), ids=lambda scene: scene.key)
def test_a_script_is_about_comments_that_are_there(scene: Scene) -> None:
    (article,) = [article for article in ARTICLES if article.key == scene.key]
    known: set[str | int | None] = set(range(1, len(article.comments) + 1))
    for before, step in zip([None, *scene.steps], scene.steps, strict=False):
        assert (step.of in known) == (step.does in ("edit", "remove", "vote", "react")) or step.does == "post"
        assert step.does != "react" or step.reaction in REACTIONS
        if step.does == "post":
            assert step.of is None or step.of in known
            assert step.label
            assert step.label not in known
            assert render(clean_body(step.text))
            assert clean_line(step.name, "name", 50) == step.name
            assert before is None or before.does != "post", "two comments would come within six seconds"
            known.add(step.label)
        assert (step.does == "close") <= (scene.closing is not None)


def test_every_thread_of_the_examples_is_one_of_theirs() -> None:
    named = {key for one in EXAMPLES for key in re.findall(r'(?:key=|value=)"?(/2026[^"&]*)', one.code)}
    assert named == {thread.key for thread in example_threads()}


def test_every_open_article_has_a_script() -> None:
    assert {scene.key for scene in scenes()} == {article.key for article in ARTICLES if not article.closed}
