"""Which origins may use which site."""

from collections.abc import Collection

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from hubbub.commands.sites import ChangeSite
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Site, SiteSettings
from hubbub.storage.sites import all_sites, put_site
from tests.unit.samples import SITE
from tests.unit.services.conftest import Services

OTHER = Site("other", ("https://other.example", "loopback"), SiteSettings(images=True))


def refusal(services: Services, site: str, origin: str | None) -> str | None:
    """How a page at `origin` is refused."""
    try:
        services.sites.check_origin(site, origin)
    except Refused as refused:
        return refused.code
    return None


async def test_a_site_is_known_once_it_is_loaded_or_put(services: Services) -> None:
    assert services.sites.get(SITE).origins == ("https://news.example",)
    with pytest.raises(Refused) as caught:
        services.sites.get("other")
    assert caught.value.code is ErrorCode.NOT_FOUND
    await services.sites.put(OTHER)
    assert services.sites.get("other") == OTHER


async def test_a_site_put_again_is_changed_at_once(services: Services) -> None:
    await services.sites.put(OTHER)
    await services.sites.put(Site("other", ("https://new.example",)))
    assert services.sites.get("other") == Site("other", ("https://new.example",))
    assert refusal(services, "other", "https://other.example") is ErrorCode.FORBIDDEN


async def test_readers_are_told_what_a_site_offers(services: Services) -> None:
    view = services.sites.view(SITE)
    assert (view.name, view.title, view.votes, next(iter(view.reactions))) == (SITE, None, "up", "like")
    assert services.sites.tag(SITE) == services.sites.tag("unknown") == ""
    tags = set()
    for change in (
        ChangeSite(SITE, votes="both"),
        ChangeSite(SITE, reactions={"wow": "😮"}),
        ChangeSite(SITE, title="News"),
    ):
        await services.sites.carry_out(change)
        tags.add(services.sites.tag(SITE))
    assert len(tags) == 3
    assert services.sites.view(SITE).title == "News"


async def test_a_change_is_told_once_and_the_same_again_is_none(services: Services) -> None:
    told: list[tuple[str, ...]] = []

    async def changed(names: Collection[str]) -> None:
        told.append((*names, *services.sites.get("other").origins))

    await services.sites.put(OTHER)
    services.sites.changed = changed
    await services.sites.put(OTHER)
    await services.sites.load()
    assert told == []
    await services.sites.put(Site("other", ("https://new.example",), OTHER.settings))
    assert told == [("https://new.example",)]
    await services.sites.carry_out(ChangeSite("other", title="News"))
    assert told[1:] == [("other", "https://new.example")]


async def test_sites_are_read_again_only_where_one_was_changed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(db: Connection) -> list[Site]:
        read.append(len(found := all_sites(db)))
        return found

    monkeypatch.setattr("hubbub.services.sites.all_sites", counted)
    await services.sites.load()
    await services.sites.load()
    assert read == []
    await services.worker.database.write(put_site, OTHER)  # by another node
    await services.sites.load()
    assert read == [2]
    assert services.sites.get("other") == OTHER


async def test_a_page_may_use_its_own_site_alone(services: Services) -> None:
    await services.sites.put(OTHER)
    assert refusal(services, SITE, "https://news.example") is None
    assert refusal(services, SITE, "https://other.example") is ErrorCode.FORBIDDEN
    assert refusal(services, "other", "http://localhost:5173") is None
    assert refusal(services, SITE, "http://localhost:5173") is ErrorCode.FORBIDDEN


@pytest.mark.parametrize("origin", ["null", "", "https://news.example.evil", "http://news.example"])
async def test_look_alikes_may_nothing(services: Services, origin: str) -> None:
    assert refusal(services, SITE, origin) is ErrorCode.FORBIDDEN
    assert not services.sites.knows_origin(origin)


async def test_a_program_may_read_any_site_and_the_servers_own_pages_show_any(services: Services) -> None:
    services.sites.own_origins = frozenset({"http://127.0.0.1:8000"})
    assert refusal(services, SITE, None) is None
    assert refusal(services, SITE, "http://127.0.0.1:8000") is None
    assert refusal(services, SITE, "http://127.0.0.1:8001") is ErrorCode.FORBIDDEN
    assert services.sites.knows_origin("http://127.0.0.1:8000")


async def test_a_page_of_no_site_is_not_found(services: Services) -> None:
    assert refusal(services, "none", "https://news.example") is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("origin", ["https://a.example;reboot", "https://$(reboot)", "null", "https://a.example/`x`"])
async def test_what_the_log_tells_to_type_can_be_typed(services: Services, origin: str) -> None:
    with capture_logs() as lines:
        services.sites.tell(origin, SITE)
        services.sites.tell(f"{origin}&", None, own=True)
        services.sites.tell("https://new.example", "a; reboot")
    hints = [line["hint"] for line in lines]
    assert ["can't be allowed" in hint for hint in hints] == [True, True, False]
    assert hints[2].endswith("hubbub site add SITE --origin https://new.example")


async def test_an_origin_is_known_if_any_site_allows_it(services: Services) -> None:
    assert services.sites.knows_origin("https://news.example")
    assert not services.sites.knows_origin("https://other.example")
    await services.sites.put(OTHER)
    assert services.sites.knows_origin("https://other.example")
    assert services.sites.knows_origin("http://[::1]:1")
