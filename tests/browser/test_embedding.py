"""The ways onto a page: several elements, a frame, counts, and publishers with a strict Content-Security-Policy."""

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Route, WebSocket, expect

import hubbub
from tests.browser.conftest import Readers
from tests.browser.rooms import Room, Rooms
from tests.browser.widget import Widget
from tests.support.contract import eventually
from tests.support.pages import PageHost, snippet

STATIC = Path(hubbub.__file__).parent / "static"
LOST_MS = 3000  # after 2 s a reader is told of a lost connection
LINE_CHARS = 8000  # of an address; nginx and others take 8 KB for the line it is in
SELF_MADE = """<script type="module">
  import "HOST/embed.js";
  const log = (window.__log = []);
  for (const name of ["ready", "comment", "closed", "reopened"])
    document.addEventListener(`hubbub:${name}`, () => log.push(name));
</script>"""


def test_one_socket_serves_a_page(rooms: Rooms, readers: Readers, host: PageHost) -> None:
    first, second = rooms.make(), rooms.make()
    url = first.server.url
    page = readers.profile().new_page()
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    elements = "\n".join(snippet(url, room.key) for room in (first, second, first))
    page.goto(host.article("/several", elements + f'<hubbub-count site="demo" key="{second.key}"></hubbub-count>'))
    widgets = [Widget(page, page.locator("hubbub-thread").nth(n)).ready() for n in range(3)]
    first.post("For the first")
    second.post("For the second")
    expect(widgets[1].comment("For the second")).to_be_visible()
    for widget in (widgets[0], widgets[2]):
        expect(widget.comment("For the first")).to_be_visible()
        expect(widget.comments).to_have_count(1)
    expect(page.locator("hubbub-count")).to_have_text("1 comment")
    assert len(sockets) == 1, "expected one connection for all elements"

    page.evaluate("document.querySelectorAll('hubbub-thread')[1].remove()")
    widgets[0].say("Still live")
    last = Widget(page, page.locator("hubbub-thread").nth(1))
    expect(last.comment("Still live")).to_be_visible()
    assert len(sockets) == 1


def test_each_thread_is_a_landmark_of_its_own(rooms: Rooms, readers: Readers, host: PageHost) -> None:
    titles = ("Ferry", "Pier", "Gulls")
    elements = [snippet(room.server.url, room.key) for room in (rooms.make(title=title) for title in titles)]
    page = readers.open(host.article("/landmarks", "\n".join(elements)))
    for n in range(3):
        Widget(page, page.locator("hubbub-thread").nth(n)).ready()
    for title in titles:
        expect(page.get_by_role("region", name=f"Comments on {title}", exact=True)).to_have_count(1)
    expect(page.get_by_role("banner")).to_have_count(0)


def test_nothing_is_fetched_until_the_thread_is_near(room: Room, readers: Readers, host: PageHost) -> None:
    page = readers.profile(viewport={"width": 800, "height": 600}).new_page()
    asked: list[str] = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(host.article("/far", f'<p style="height: 3000px">Long</p>{snippet(room.server.url, room.key)}<p>End'))
    page.wait_for_function("!!customElements.get('hubbub-thread')")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert [url for url in asked if room.server.url.split(":")[-1] in url] == [f"{room.server.url}/embed.js"]
    page.mouse.wheel(0, 2200)
    expect(Widget(page).root.locator("header")).to_be_attached()
    assert page.evaluate("scrollY + innerHeight") < 3000, "expected it to come before it is seen"


def test_counts_on_the_front_page_follow(room: Room, readers: Readers) -> None:
    room.post("One")
    context = readers.profile()
    page = context.new_page()
    page.clock.install()
    with page.expect_response("**/api/v1/counts?*"):  # the page's first question, not to be answered after its second
        page.goto(room.server.url)
    count = page.locator(f"hubbub-count[key='{room.key}']")
    expect(count).to_have_text("1 comment")
    room.fill(3)
    page.clock.fast_forward(61_000)
    expect(count).to_have_text("4 comments")


def test_many_long_keys_are_counted(rooms: Rooms, readers: Readers, host: PageHost) -> None:
    """More than a proxy takes in one request, and one that no server takes: all others have their count."""
    asked: list[str] = []
    page = readers.profile().new_page()
    page.on("request", lambda request: asked.append(request.url) if "/counts?" in request.url else None)
    keys = [f"/2026/11/22/{n}/{'long' * 22}" for n in range(100)]
    counts = [f'<hubbub-count site="demo" key="{key}"></hubbub-count>' for key in ["/" * 501, *keys]]
    script = f'<script type="module" src="{rooms.server.url}/embed.js"></script>'
    page.goto(host.article("/front", script + "\n".join(counts)))
    expect(page.locator("hubbub-count")).to_have_text(["", *["No comments"] * 100])
    assert max(map(len, asked)) < LINE_CHARS


def test_the_count_above_an_article_is_live(room: Room, readers: Readers) -> None:
    page = readers.open(room.url)
    Widget(page).ready()
    expect(page.locator("hubbub-count")).to_have_text("No comments")
    room.post("One")
    expect(page.locator("hubbub-count")).to_have_text("1 comment")


def framed(room: Room, key: str) -> str:
    """The example's frame, of a thread on the test's server."""
    text = (files("hubbub.demo") / "examples/frame.html").read_text()
    return text.replace("https://comments.example.org", room.server.url).replace("/2026/11/22/my-article", key)


def test_in_a_frame(room: Room, readers: Readers, host: PageHost) -> None:
    room.fill(5)
    page = readers.open(host.article("/framed", framed(room, room.key)))
    widget = Widget(page, page.frame_locator("iframe")).ready()
    hosted = Widget(readers.open(room.url)).ready()
    widget.say("From inside", name="Framed")
    expect(hosted.comment("From inside").locator(".name")).to_have_text("Framed")
    hosted.say("Into the frame")
    expect(widget.comment("Into the frame")).to_be_visible()
    frame = page.frames[1]
    fits = "document.documentElement.scrollHeight <= innerHeight + 1"
    for n in range(3):  # it grows with what comes
        room.post(f"Grow {n}")
    expect(widget.comment("Grow 2")).to_be_visible()
    eventually(lambda: bool(frame.evaluate(fits)), "the frame is as tall as its content")


def test_links_to_comments_in_a_frame_are_of_the_page_around_it(room: Room, readers: Readers, host: PageHost) -> None:
    room.fill(30)
    article = host.article("/linked", framed(room, room.key))
    page = readers.open(f"{article}#comment-3")
    widget = Widget(page, page.frame_locator("iframe")).ready()
    expect(widget.comment("Comment 3, which")).to_be_focused()
    expect(widget.comment("Comment 3, which")).to_be_in_viewport()
    widget.comment("Comment 5, which").get_by_role("link", name="#5").click()
    expect(page).to_have_url(f"{article}#comment-5")
    page.reload()
    expect(Widget(page, page.frame_locator("iframe")).ready().comment("Comment 5, which")).to_be_in_viewport()


def test_a_frame_of_a_thread_nobody_has_opened(room: Room, readers: Readers, host: PageHost) -> None:
    page = readers.open(host.article("/new", framed(room, f"{room.key}/new")))
    widget = Widget(page, page.frame_locator("iframe")).ready()
    expect(widget.root.get_by_text("No comments yet.").last).to_be_visible()
    widget.say("The first")
    widget.shows([1])


@pytest.mark.parametrize("how", ["", "async", "defer", 'type="module"', 'type="module" async'])
def test_the_script_works_however_it_is_included(room: Room, readers: Readers, host: PageHost, how: str) -> None:
    room.post("Shown")
    script = f'<script {how} src="{room.server.url}/embed.js"></script>'
    element = f'<hubbub-thread site="demo" key="{room.key}"></hubbub-thread>'
    page = readers.open(host.article(f"/how/{abs(hash(how))}", script * 2 + element))
    widget = Widget(page).ready()
    expect(widget.comment("Shown")).to_be_visible()
    widget.say("Written")
    expect(widget.comment("Written")).to_be_visible()


def test_it_finds_a_server_below_a_path(room: Room, readers: Readers, host: PageHost) -> None:
    """A proxy's work, done by the browser: requests below /talk go to the server."""
    context = readers.profile()
    asked: list[str] = []
    proxied = re.compile(rf"{host.url}/talk/([^?]*)")

    def forward(route: Route) -> None:
        asked.append(route.request.url)
        response = route.fetch(url=route.request.url.replace(f"{host.url}/talk", room.server.url))
        route.fulfill(response=response)

    context.route(proxied, forward)
    sockets: list[str] = []
    context.route_web_socket("**/*", lambda socket: sockets.append(socket.url))
    body = f'<script src="{host.url}/talk/embed.js"></script><hubbub-thread site="demo" key="/k"></hubbub-thread>'
    page = context.new_page()
    page.goto(host.article("/below", body + '<hubbub-count site="demo" key="/k"></hubbub-count>'))
    expect(page.locator("hubbub-count")).to_have_text("No comments")
    eventually(lambda: bool(sockets), "a live connection is tried")
    assert sockets[0] == f"{host.url.replace('http', 'ws', 1)}/talk/api/v1/live"
    assert [url for url in asked if "/api/v1/counts" in url]


def test_reading_works_while_the_part_for_writers_cannot_be_had(room: Room, readers: Readers, host: PageHost) -> None:
    readers.allow(re.compile("404"))
    room.post("Shown")
    context = readers.profile()
    away = re.compile(r"/write-\w+\.js")
    context.route(away, lambda route: route.fulfill(status=404))
    page = context.new_page()
    page.clock.install()
    page.goto(host.article("/read", snippet(room.server.url, room.key)))
    widget = Widget(page)
    expect(widget.comment("Shown")).to_be_visible()
    page.clock.run_for(6_000)
    expect(widget.root.get_by_text("You cannot write just now.")).to_be_visible()
    room.post("Live")
    expect(widget.comment("Live")).to_be_visible()
    context.unroute(away)
    page.clock.run_for(120_000)
    expect(widget.area).to_be_visible()
    expect(widget.root.get_by_text("You cannot write just now.")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1100])
def test_comments_hardly_move_when_the_form_comes(width: int, room: Room, readers: Readers, host: PageHost) -> None:
    room.post("Read at once")
    held: list[Route] = []
    context = readers.profile(viewport={"width": width, "height": 900})
    context.route(re.compile(r"/write-\w+\.js"), lambda route: held.append(route))
    page = context.new_page()
    page.goto(host.article("/stay", snippet(room.server.url, room.key)))
    widget = Widget(page)
    comment = widget.comment("Read at once")
    top = "(e) => e.getBoundingClientRect().top"
    expect(comment).to_be_visible()
    before = comment.evaluate(top)
    expect(widget.area).to_have_count(0)
    for route in held:
        route.continue_()
    expect(widget.area).to_be_visible()
    assert abs(comment.evaluate(top) - before) < 90  # px of about 300: the form's fields take one to three lines


def test_under_a_strict_policy(room: Room, readers: Readers, host: PageHost) -> None:
    """Nothing needs more than the lines docs/embedding.md asks for; a violation would stand on the console."""
    url = room.server.url
    policy = f"default-src 'self'; script-src {url}; connect-src {url} {url.replace('http', 'ws', 1)}"
    room.post("<u>Marked</u> up")
    headers = {"Content-Security-Policy": policy}
    page = readers.open(host.article("/strict", snippet(url, room.key), headers=headers))
    widget = Widget(page).ready()
    expect(widget.comment("Marked up").locator("u")).to_have_text("Marked")
    widget.say("Posted under the policy")
    widget.shows([2, 1])
    assert widget.area.evaluate("(area) => getComputedStyle(area).display") == "block", "expected the widget's style"
    widget.mine("Posted under the policy", "Delete").click()
    widget.button("Delete").click()
    expect(widget.comment("Deleted by its author")).to_be_visible()


def test_under_trusted_types(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("*Trusted*")
    headers = {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types hubbub"}
    page = readers.open(host.article("/trusted", snippet(room.server.url, room.key), headers=headers))
    expect(Widget(page).ready().comment("Trusted").locator("em")).to_have_text("Trusted")


def test_the_page_hears_of_events(room: Room, readers: Readers, host: PageHost) -> None:
    body = SELF_MADE.replace("HOST", room.server.url) + f'<hubbub-thread site="demo" key="{room.key}"></hubbub-thread>'
    page = readers.open(host.article("/events", body))
    widget = Widget(page).ready()
    room.post("One")
    expect(widget.comment("One")).to_be_visible()
    room.close()
    expect(widget.notice("closed")).to_be_visible()  # what comes in one frame with its opposite is no change
    room.reopen()
    eventually(lambda: len(page.evaluate("window.__log")) == 4, "four events")
    assert page.evaluate("window.__log") == ["ready", "comment", "closed", "reopened"]


def test_the_canonical_address_is_the_key(room: Room, readers: Readers, host: PageHost) -> None:
    """Without a key the article's canonical address says which thread, whatever the page's own address."""
    room.post("Found by path")
    element = snippet(room.server.url, room.key).replace(f'key="{room.key}"', "")
    head = f'<link rel="canonical" href="https://news.example{room.key}#part">'
    page = readers.open(host.article("/amp/other-address", element, head=head))
    expect(Widget(page).ready().comment("Found by path")).to_be_visible()


def test_a_page_may_style_it(room: Room, readers: Readers, host: PageHost) -> None:
    style = "<style>hubbub-thread { --hubbub-accent: rgb(1, 2, 3); --hubbub-text: rgb(4, 5, 6); }</style>"
    page = readers.open(host.article("/themed", style + snippet(room.server.url, room.key)))
    widget = Widget(page).ready()
    widget.area.focus()
    expect(widget.post_button).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(widget.root).to_have_css("color", "rgb(4, 5, 6)")


def test_a_foreign_site_name_is_refused_in_words(room: Room, readers: Readers, host: PageHost) -> None:
    body = snippet(room.server.url, room.key).replace('site="demo"', 'site="nowhere"')
    readers.allow(re.compile(r"\[hubbub\] .* has no site \"nowhere\""))
    page = readers.open(host.article("/nowhere", body))
    widget = Widget(page)
    expect(widget.notice("problem")).to_have_text("Comments are not available right now.")
    page.wait_for_timeout(LOST_MS)
    expect(widget.notice("offline")).to_be_hidden()


def test_every_page_runs_the_built_file(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    """Names are shortened there: what works in the sources alone would not be seen."""
    built = (STATIC / "embed.js").read_text(encoding="utf-8")
    assert not re.search(r"\b_[a-z]{3,}\b", built), "expected members of our own to have short names"
    for url in (room.server.url, room.url, f"{room.server.url}/embed?site=demo&key={room.key}", embedded()):
        page = readers.profile().new_page()
        with page.expect_response("**/embed.js") as response:
            page.goto(url)
        assert response.value.text() == built, url
