"""The themes of hosted pages, and what the address of a frame says of its look."""

import pytest

from hubbub.commands.sites import ChangeSite
from hubbub.domain.model import Theme
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.web.pages.look import VALUES
from tests.integration.test_pages import hosted
from tests.integration.test_pages import running as running  # a fixture, used by its name
from tests.support.nodes import Running

FRAME = "/embed?site=news&key=/1"


async def test_a_site_chooses_the_theme_of_its_pages(running: Running) -> None:
    thread = await hosted(running)
    path = f"/t/{thread.id}"
    assert 'theme="paper"' in (await running.http.get(path)).text
    for theme in Theme:
        await running.node.sites.carry_out(ChangeSite("news", theme=theme))
        html = (await running.http.get(path)).text
        assert f'<html lang="en" dir="ltr" class="theme-{theme}">' in html
        assert f' theme="{theme}"' in html
        assert ("/assets/classic.css" in html) is (theme == Theme.CLASSIC)


async def test_a_frame_has_the_look_that_its_address_says(running: Running) -> None:
    await hosted(running)
    plain = (await running.http.get(FRAME)).text
    assert '<meta name="color-scheme" content="light dark">' in plain
    for name, values in VALUES.items():
        for value in values:
            html = (await running.http.get(f"{FRAME}&{name}={value}")).text
            shown = {"theme": f' theme="{value}"', "scheme": f" scheme-{value}", "layout": f' layout="{value}"'}
            assert shown[name] in html or value == "newest"
    assert '<meta name="color-scheme" content="dark">' in (await running.http.get(f"{FRAME}&scheme=dark")).text
    assert (await running.http.get(FRAME)).text == plain, "each look is kept by itself"


async def test_a_frame_keeps_its_look_from_page_to_page(running: Running) -> None:
    await hosted(running)
    html = (await running.http.get(f"{FRAME}&theme=classic&scheme=dark")).text
    assert 'action="/embed?site=news&amp;key=%2F1&amp;theme=classic&amp;scheme=dark"' in html


@pytest.mark.parametrize("name", VALUES)
async def test_a_look_that_there_is_not_is_refused(name: str, running: Running) -> None:
    answer = await running.http.get(f"{FRAME}&{name}=loud")
    assert answer.status_code == 400
    assert f"`{name}` is one of: " in answer.text


async def test_an_article_has_a_picture_and_a_theme_of_its_own(running: Running) -> None:
    body = ThreadBody(body="A text.", poster="/assets/wrong-bus.svg", poster_text='A "bus"', theme=Theme.CLASSIC)
    html = (await running.http.get(f"/t/{(await hosted(running, body)).id}")).text
    assert '<img class="poster" src="/assets/wrong-bus.svg" alt="A &#34;bus&#34;" dir="auto">' in html
    assert '<html lang="en" dir="ltr" class="theme-classic">' in html
    assert f'"image": "{running.node.home}/assets/wrong-bus.svg"' in html
    plain = (await running.http.get(f"/t/{(await hosted(running, ThreadBody(body='A text.'), '/2')).id}")).text
    assert "poster" not in plain
    assert 'class="theme-paper"' in plain
