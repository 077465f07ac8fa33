"""Who writes: sign-on from the publisher's page, and what a reader does about what is kept of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget, tab_until
from tests.support.contract import Api, eventually
from tests.support.pages import PageHost, snippet
from tests.support.sso import claims, keys, sign
from tests.support.tokens import mint


@pytest.fixture
def signs_on(room: Room) -> Iterator[None]:
    """The site takes its publisher's word."""
    key = {"algorithm": "EdDSA", "key": keys("EdDSA")[1]}
    operator = mint(room.server.data_dir, "operator", site="*")
    with Api(room.server.url, token=operator) as api:
        api.call("PATCH", "/api/v1/sites/demo", {"sso": {"main": key}}).ok()
        eventually(lambda: knows(room), "the server knows the key")
        yield
        api.call("PATCH", "/api/v1/sites/demo", {"sso": {"main": None}}).ok()


def knows(room: Room) -> bool:
    """Whether the server has taken in the key."""
    return room.api.call("POST", "/api/v1/sessions", {"site": "demo", "sso": token()}).status == 201


def token(**said: object) -> str:
    """What the publisher's server gives a page."""
    return sign(claims("demo", **said), "EdDSA", "main")  # type: ignore[arg-type]  # as in the claims


@pytest.mark.usefixtures("signs_on")
def test_a_publishers_reader_writes_under_their_name_in_all_threads_of_a_page(
    room: Room, readers: Readers, host: PageHost
) -> None:
    said = f'token="{token()}"'
    body = snippet(room.server.url, room.key, attributes=said)
    body += f'<hubbub-thread class="second" site="demo" key="{room.key}-2" {said}></hubbub-thread>'
    page = readers.open(host.article("/signed-on", body))
    first, second = (Widget(page, page.locator(f"hubbub-thread{which}")) for which in (":not(.second)", ".second"))
    for widget in (first, second):
        expect(widget.ready().root.locator(".who")).to_contain_text("Posting as Nina")
        expect(widget.button("Change")).to_be_hidden()
        widget.say("From the club")
        expect(widget.comment("From the club").locator(".name")).to_have_text("Nina")
    page.evaluate("document.querySelectorAll('hubbub-thread').forEach((one) => one.setAttribute('token', ''))")
    expect(first.root.locator(".who")).to_be_hidden()


@pytest.mark.usefixtures("signs_on")
def test_a_callback_signs_on_when_the_reader_asks_and_again_when_the_session_is_refused(
    room: Room, readers: Readers, host: PageHost
) -> None:
    script = f"""<script>
      const tokens = {json.dumps([token(), token()])};
      document.querySelector("hubbub-thread").signOn = async () => window.known && tokens.shift();
      addEventListener("hubbub:sign-in", () => {{ window.known = true; }});
    </script>"""
    page = readers.open(
        host.article("/callback", snippet(room.server.url, room.key, attributes='sign-in="Log in"') + script)
    )
    widget = Widget(page).ready()
    widget.area.focus()
    widget.button("Log in").click()
    expect(widget.root.locator(".who")).to_contain_text("Posting as Nina")
    expect(widget.button("Log in")).to_be_hidden()
    # The session is no longer good, as when the server's secret has changed.
    page.evaluate(
        """() => {
          for (const [name, kept] of Object.entries(localStorage))
            if (name.includes("session:"))
              localStorage[name] = JSON.stringify({ ...JSON.parse(kept), token: "x" + JSON.parse(kept).token });
        }"""
    )
    readers.allow(re.compile("401"))
    widget.say("Once again")
    expect(widget.comment("Once again").locator(".number")).to_be_visible()
    assert page.evaluate("tokens.length") == 0


def test_a_reader_goes_on_with_another_device_and_erases_all_from_there(
    room: Room, readers: Readers, tmp_path: Path
) -> None:
    first = Widget(readers.open(room.url)).ready()
    first.say("Written at home", name="Nina")
    expect(first.root.get_by_text("You have commented 1 time on")).to_be_visible()
    first.button("My data").click()
    with first.page.expect_download() as download:
        first.button("Download all that I wrote").click()
    download.value.save_as(tmp_path / "mine")
    assert "Written at home" in (tmp_path / "mine").read_text()
    first.button("Go on with another device").click()
    expect(first.root.locator(".mine b")).to_be_visible()
    assert violations(first.page) == []
    code = first.root.locator(".mine b").inner_text()

    second = Widget(readers.open(room.url)).ready()
    second.area.focus()
    tab_until(second.page, "More")
    second.page.keyboard.press("Enter")
    expect(second.button("My data")).to_be_visible()
    tab_until(second.page, "My data")
    second.page.keyboard.press("Enter")
    tab_until(second.page, "Code from another device")
    second.page.keyboard.type(code.lower())
    second.page.keyboard.press("Enter")
    expect(second.root.get_by_text("You are Nina here, too.")).to_be_visible()
    second.button("Erase all that I wrote").click()
    second.button("Erase all that I wrote").click()
    expect(second.root.get_by_text("1 comment erased.")).to_be_visible()
    for widget in (first, second):
        expect(widget.comment("Deleted by its author")).to_be_visible()
        expect(widget.comment("Written at home")).to_have_count(0)


def test_whom_a_reader_ignores_is_folded_in_place(room: Room, readers: Readers) -> None:
    room.post("Look at me", who=room.ann.token)
    widget = Widget(readers.open(room.url)).ready()
    dots = widget.root.get_by_label("Ignore Ann, #1")
    height = widget.comments.first.evaluate("(item) => item.offsetHeight")
    dots.click()
    assert widget.comments.first.evaluate("(item) => item.offsetHeight") == height
    widget.button("Ignore Ann").click()
    expect(widget.comments.first.locator(".body")).to_be_hidden()
    widget.page.reload()
    show = widget.button("Comment by someone you ignore · Show")
    show.click()
    expect(widget.comments.first.locator(".body")).to_be_visible()
    widget.button("Stop ignoring Ann").click()
    expect(show).to_have_count(0)
    expect(widget.comments.first.locator(".body")).to_be_visible()


def authenticator(page: Page) -> None:
    """Gives a page a device that keeps passkeys, and whose owner agrees to everything."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    options |= dict.fromkeys(("hasResidentKey", "hasUserVerification", "isUserVerified"), True)
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_brings_a_name_back_after_the_browser_forgot_it(room: Room, readers: Readers, host: PageHost) -> None:
    address = host.article("/passkey", snippet(room.server.url, room.key)).replace("127.0.0.1", "localhost")
    page = readers.profile().new_page()
    authenticator(page)
    page.goto(address)
    widget = Widget(page).ready()
    widget.say("Mine", name="Nina")
    widget.button("My data").click()
    widget.button("Keep this name with a passkey").click()
    expect(widget.root.get_by_text("With this passkey you are Nina")).to_be_visible()
    widget.button("Keep this name with a passkey").click()
    expect(widget.root.get_by_text("You have a passkey on this device already.")).to_be_visible()
    page.evaluate("localStorage.clear()")
    page.reload()
    widget.ready()
    widget.area.focus()
    widget.button("More").click()
    widget.button("My data").click()
    expect(widget.button("Keep this name with a passkey")).to_have_count(0)
    widget.button("I have a passkey").click()
    expect(widget.root.get_by_text("You are Nina here, too.")).to_be_visible()
    assert violations(page) == []
    widget.say("Still mine")
    expect(widget.comment("Still mine").locator(".number")).to_be_visible()
    mine = room.api.snapshot("demo", room.key)["comments"]
    assert len({comment["author"]["id"] for comment in mine}) == 1
    assert {comment["author"]["name"] for comment in mine} == {"Nina"}
    # In a frame too, where the page lets it.
    allow = "publickey-credentials-create; publickey-credentials-get"
    source = f"{room.server.url}/embed?site=demo&key={room.key}".replace("127.0.0.1", "localhost")
    page.evaluate(
        "(about) => document.body.append(Object.assign(document.createElement('iframe'), about))",
        {"allow": allow, "src": source, "height": 900},
    )
    framed = page.frame_locator("iframe").locator("hubbub-thread")
    framed.locator("textarea.field").focus()
    for label in ("More", "My data", "I have a passkey"):
        framed.get_by_role("button", name=label, exact=True).click()
    expect(framed.get_by_text("You are Nina here, too.")).to_be_visible()
    # Who has erased all is not let in by it.
    readers.allow(re.compile("401"))
    widget.button("Erase all that I wrote").click()
    widget.button("Erase all that I wrote").click()
    expect(widget.root.get_by_text("2 comments erased.")).to_be_visible()
    widget.button("I have a passkey").click()
    expect(widget.root.get_by_text("This passkey is not known here.")).to_be_visible()
