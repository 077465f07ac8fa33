"""Names to pick from, and whose a name is."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.contract import Answer, Api, Guest, Json, Live, eventually
from tests.support.tokens import mint

PAGE = "https://kept.example"
TITLE = "The Kept Paper"  # nobody may be called so, once a node has the settings


@pytest.fixture
def kept(url: str, secret: str) -> Iterator[tuple[Api, str]]:
    """A page of a new site that keeps names, with a moderator called Stella; the site's name."""
    site = f"s{uuid.uuid4().hex[:8]}"
    with Api(url, token=mint(secret, "operator", site="*")) as operator, Api(url, origin=PAGE) as page:
        operator.call("PUT", f"/api/v1/sites/{site}", {"origins": [PAGE]}).ok()
        operator.call("PATCH", f"/api/v1/sites/{site}", {"names": "kept", "title": TITLE}).ok()
        operator.call("PUT", f"/api/v1/sites/{site}/staff", {"name": "Stella", "role": "moderator"}).ok()
        for node in url.split():
            eventually(lambda node=node: knows(node, site), "every node knows the site")  # type: ignore[misc]  # see mypy
        yield page, site


def knows(node: str, site: str) -> bool:
    """Whether a node has taken in the site's settings and staff."""
    with Api(node, origin=PAGE) as page:
        answers = [page.call("POST", "/api/v1/sessions", {"site": site, "name": name}) for name in ("Stella", TITLE)]
        return [answer.status for answer in answers] == [409, 409]


def ask(api: Api, site: str, name: str, token: str | None = None) -> Answer:
    """A session under a name."""
    return api.call("POST", "/api/v1/sessions", {"site": site, "name": name}, token=token)


def write(api: Api, site: str, guest: Guest) -> Answer:
    """A comment on a new page of the site."""
    thread = api.snapshot(site, f"/{uuid.uuid4()}")["thread"]["id"]
    return api.post(thread, token=guest.token)


def suggested(answer: Answer) -> list[str]:
    """The names that are offered in the place of one that is taken."""
    answer.refused(409, "name_taken")
    offered: list[str] = answer.body["error"]["suggestions"]
    assert len(set(offered)) == 3
    return offered


@pytest.mark.every("mode")
def test_three_names_are_drawn_to_pick_from(api: Api) -> None:
    drawn = [name for _ in range(3) for name in api.get("/api/v1/sites/demo/nicks").ok()["nicks"]]
    assert len(drawn) == 9
    assert len(set(drawn)) > 3, "drawn anew each time"
    assert api.session(name=drawn[0]).author["name"] == drawn[0]


def test_names_are_drawn_for_pages_of_the_site_alone(api: Api) -> None:
    api.get("/api/v1/sites/other/nicks").refused(403, "forbidden")
    api.get("/api/v1/sites/nowhere/nicks").refused(404, "not_found")


@pytest.mark.every("mode")
def test_the_first_name_of_an_author_is_told_so_that_it_can_come_back(api: Api, thread: Json) -> None:
    def rename(token: str, name: str) -> Json:
        made: Json = api.call("POST", "/api/v1/sessions", {"site": "demo", "name": name}, token=token).ok(201)
        return made

    token = api.session().token
    for name, original in (("", None), ("Nina", "Nina"), ("Nino", "Nina"), ("", "Nina"), ("Nina", "Nina")):
        made = rename(token, name)
        api.post(thread["id"], token=made["token"]).ok(201)
        token = made["token"]
        assert rename(token, name)["author"]["original"] == original


@pytest.mark.every("mode")
def test_a_kept_name_is_its_first_authors(kept: tuple[Api, str]) -> None:
    page, site = kept
    nina, before = (page.session(site, name="Nina") for _ in range(2))
    write(page, site, nina).ok(201)
    for name in ("Nina", "N1NA", "Nіna"):
        for offered in suggested(ask(page, site, name)):
            ask(page, site, offered).ok(201)
    ask(page, site, "Nina", token=nina.token).ok(201)
    suggested(write(page, site, before))
    renamed = ask(page, site, "Nino", token=before.token).ok(201)
    write(page, site, Guest(renamed["token"], renamed["author"])).ok(201)
    write(page, site, nina).ok(201)


def hold(api: Api, site: str, token: str) -> str:
    """A new page of the site, where all comments are held; its thread."""
    thread: str = api.snapshot(site, f"/{uuid.uuid4()}")["thread"]["id"]
    api.call("PATCH", f"/api/v1/threads/{thread}", {"hold": "all"}, token=token).ok()
    return thread


def test_a_name_is_kept_while_its_comment_waits(kept: tuple[Api, str], secret: str) -> None:
    page, site = kept
    moderator = mint(secret, "moderator", site=site)
    thread = hold(page, site, moderator)
    for name, approved in (("Nina", True), ("Olga", False)):
        owner, before = (page.session(site, name=name) for _ in range(2))
        held = page.post(thread, token=owner.token).ok(201)["comment"]
        assert held["state"] == "held"
        suggested(ask(page, site, name.upper()))
        suggested(page.post(thread, token=before.token))
        ask(page, site, name, token=owner.token).ok(201)
        path = f"/api/v1/comments/{held['id']}"
        if approved:
            page.call("POST", f"{path}/approve", token=moderator).ok()
            suggested(write(page, site, before))
        else:
            page.call("DELETE", path, token=moderator).ok()
            write(page, site, before).ok(201)


@pytest.mark.every("mode")
@pytest.mark.parametrize("held", [False, True])
def test_of_many_who_take_a_name_at_once_one_gets_it(kept: tuple[Api, str], secret: str, held: bool) -> None:
    page, site = kept
    guests = [page.session(site, name="Zoe") for _ in range(8)]
    threads = [hold(page, site, mint(secret, "moderator", site=site)) for _ in guests if held]

    def one(number: int) -> int:
        with Api(page.url, origin=PAGE) as api:
            guest = guests[number]
            return api.post(threads[number], token=guest.token).status if held else write(api, site, guest).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [201] + [409] * 7


@pytest.mark.every("mode")
def test_a_refused_comment_goes_out_under_another_name(kept: tuple[Api, str]) -> None:
    page, site = kept
    nina, other = (page.session(site, name="Nina") for _ in range(2))
    write(page, site, nina).ok(201)
    thread = page.snapshot(site, "/page")["thread"]["id"]
    comment = str(uuid.uuid4())
    offered = suggested(page.post(thread, token=other.token, id=comment))
    renamed = ask(page, site, offered[0], token=other.token).ok(201)
    assert page.post(thread, token=renamed["token"], id=comment).ok(201)["comment"]["author"]["name"] == offered[0]


def test_the_live_socket_offers_names_too(kept: tuple[Api, str]) -> None:
    page, site = kept
    nina, other = (page.session(site, name="Nina") for _ in range(2))
    write(page, site, nina).ok(201)
    with Live(page.url, origin=PAGE) as live:
        live.do("hello", token=other.token)
        thread = live.do("join", site=site, key="/live")["thread"]["id"]
        refused = live.refused("name_taken", "post", thread=thread, id=str(uuid.uuid4()), body="Hello")
    assert len(refused["suggestions"]) == 3


def test_names_that_nobody_gave_are_nobodys(kept: tuple[Api, str]) -> None:
    page, site = kept
    for _ in range(2):
        write(page, site, page.session(site)).ok(201)


def test_where_names_are_free_guests_share_them_but_not_with_staff(api: Api, secret: str, thread: Json) -> None:
    name = f"Mx{uuid.uuid4().hex[:6]}"
    for _ in range(2):
        api.post(thread["id"], token=api.session(name=name).token).ok(201)
    owner = f"Own{uuid.uuid4().hex[:6]}"
    staff = {"name": owner, "role": "owner"}
    api.call("PUT", "/api/v1/sites/demo/staff", staff, token=mint(secret, "operator", site="*")).ok()
    for taken in (owner, owner.upper(), "Moderator"):
        suggested(ask(api, "demo", taken))
