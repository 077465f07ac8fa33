"""The pages of a site are under its title."""

from pathlib import Path

from hubbub.commands.sites import ChangeSite
from hubbub.demo import install
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role, Site
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.caller import Caller
from hubbub.services.threads import prepare_put_thread
from tests.support.nodes import running_node

OWNER = Caller(Actor("owner", "news", Role.OWNER, "Ola"), None, "test")
ORIGINS = ("https://news.example",)


async def test_pages_show_the_title_of_their_site_and_a_change_of_it(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, http):
        await node.sites.put(Site("news", ORIGINS))
        body = ThreadBody(title="Cats", body="An article.")
        done = await node.command_bus.submit(await prepare_put_thread(node, OWNER, "news", "/1", body))
        assert done.thread is not None
        article = f"/t/{done.thread.id}"
        assert '<title dir="auto">Hubbub</title>' in (await http.get("/")).text
        assert "– Hubbub</title>" in (await http.get(article)).text
        await node.sites.carry_out(ChangeSite("news", title="The <Courier>", tagline="News & more"))
        front = (await http.get("/")).text
        assert '<h1 class="nameplate" dir="auto">The &lt;Courier&gt;</h1>' in front
        assert "<bdi>News &amp; more</bdi>" in front
        assert '<meta name="description" content="News &amp; more">' in front
        assert "– The &lt;Courier&gt;</title>" in (await http.get(article)).text


async def test_the_demo_has_a_title_even_where_an_older_version_made_it(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, http):
        await node.sites.put(Site("demo", ("loopback",)))
        await install(node)
        assert "The Saltmere Courier" in (await http.get("/")).text
        assert node.sites.get("demo").origins == ("loopback",)
