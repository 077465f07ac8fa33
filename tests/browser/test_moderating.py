"""Moderators in the page itself: the one-time link, and close, reopen, remove and restore by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room, moderator_storage
from tests.browser.widget import Widget, refuse_first, tab_until
from tests.support.server import Server

REFUSED = re.compile(r"status of 401")


def one_time_link(server: Server) -> tuple[str, str]:
    """The article's address and the fragment of the link, as `serve --demo` prints them."""
    printed = re.findall(r"moderate\s+(\S+)(#hubbub-claim=\S+)", server.log())
    assert printed, f"expected a link in {server.log()}"
    url, fragment = printed[-1]
    return url, fragment


def moderates(page: Page) -> Widget:
    """Waits until the page shows a moderator's controls."""
    widget = Widget(page).ready()
    expect(widget.button("Close comments")).to_be_visible()
    return widget


def test_the_link_signs_in_once(server: Server, readers: Readers) -> None:
    url, fragment = one_time_link(server)
    page = readers.open(url + fragment)
    widget = moderates(page)
    expect(widget.root.get_by_text("Posting as Moderator")).to_be_visible()
    expect(widget.name).to_be_hidden()
    expect(page).to_have_url(url)  # the code is taken out of the address
    page.reload()
    moderates(page)

    readers.allow(REFUSED)
    late = Widget(readers.open(url + fragment)).ready()
    expect(late.notice("problem")).to_be_visible()
    expect(late.button("Close comments")).to_have_count(0)
    expect(late.page).to_have_url(url)

    widget.button("Sign out").click()
    expect(widget.button("Close comments")).to_have_count(0)
    expect(widget.name).to_be_visible()


def test_the_link_works_in_a_page_that_is_open(server: Server, readers: Readers) -> None:
    """Pasted over the address of the same article it changes the fragment alone: nothing is loaded."""
    url, fragment = one_time_link(server)
    page = readers.open(url)
    Widget(page).ready()
    page.evaluate("(fragment) => { window.same = true; location.hash = fragment; }", fragment)
    widget = moderates(page)
    expect(widget.root.get_by_text("Posting as Moderator")).to_be_visible()
    assert page.evaluate("window.same"), "expected no reload"
    expect(page).to_have_url(url)  # the code is taken out of the address


def test_a_guest_sees_none_of_it(room: Room, readers: Readers) -> None:
    room.post("By Ann")
    guest = Widget(readers.open(room.url)).ready()
    expect(guest.comments).to_have_count(1)
    guest.say("By the guest")
    expect(guest.mine("By the guest", "Delete")).to_be_visible()
    guest.page.mouse.move(0, 0)  # what is pointed at stays, and others wait
    removed = room.post("To be removed")
    room.remove(removed)
    expect(guest.comment("Removed by a moderator")).to_be_visible()
    for name in ("Close comments", "Reopen comments", "Remove", "Restore", "Pin", "Unpin", "Sign out"):
        expect(guest.button(name, exact=False)).to_have_count(0)


def test_a_forged_role_shows_buttons_that_do_nothing(room: Room, readers: Readers) -> None:
    """What the page shows follows its storage; what happens follows the token alone."""
    room.post("By Ann")
    storage = {name: text.replace(room.moderator, room.ann.token) for name, text in moderator_storage(room).items()}
    widget = moderates(readers.open(room.url, storage))
    widget.button("Close comments").click()
    widget.button("Close comments").click()
    expect(widget.notice("problem")).to_be_visible()
    assert room.api.get("/api/v1/threads", thread=room.id).ok()["thread"]["state"] == "open"


@pytest.mark.parametrize("cmd", ["join", "close"])
def test_a_command_that_is_refused_for_now_signs_nobody_out(cmd: str, room: Room, readers: Readers) -> None:
    """Many readers behind one address: the moderator is told to wait, and is a moderator still."""
    page = readers.profile(moderator_storage(room)).new_page()
    refuse_first(page, cmd, "rate_limited", retry_after=2)
    page.goto(room.url)
    widget = moderates(page)
    widget.button("Close comments").click()
    widget.button("Close comments").click()
    if cmd == "close":
        expect(widget.notice("problem")).to_have_text("Too many at once. Try again in 2 seconds.")
        expect(widget.root.get_by_text("Posting as Mo")).to_be_visible()
        widget.button("Close comments").click()
    expect(widget.notice("closed")).to_be_visible()


def test_close_and_reopen_by_keyboard(room: Room, readers: Readers) -> None:
    guest = Widget(readers.open(room.url)).ready()
    page = readers.open(room.url, moderator_storage(room))
    desk = moderates(page)
    tab_until(page, "Close comments")
    page.keyboard.press("Enter")
    expect(desk.root.get_by_role("textbox", name="Reason (optional)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(desk.button("Close comments")).to_be_focused()
    assert not guest.notice("closed").is_visible()

    page.keyboard.press("Enter")
    page.keyboard.type("Settled")
    page.keyboard.press("Enter")
    for widget in (desk, guest):
        expect(widget.notice("closed")).to_have_text("Comments are closed. Settled")
    tab_until(page, "Reopen comments", key="Shift+Tab")
    page.keyboard.press("Space")
    for widget in (desk, guest):
        expect(widget.notice("closed")).to_be_hidden()
    expect(guest.area).to_be_editable()


def test_remove_and_restore_by_keyboard(room: Room, readers: Readers) -> None:
    room.post("Out of order")
    guest = Widget(readers.open(room.url)).ready()
    page = readers.open(room.url, moderator_storage(room))
    desk = moderates(page)
    tab_until(page, "Remove comment #1")
    page.keyboard.press("Enter")
    expect(desk.button("Keep")).to_be_focused()  # a hasty second Enter must not remove
    page.keyboard.press("Enter")
    expect(desk.mine("Out of order", "Remove")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    for widget in (desk, guest):
        expect(widget.comment("#1")).to_contain_text("Removed by a moderator")
        expect(widget.comment("Out of order")).to_have_count(0)
    tab_until(page, "Restore comment #1")
    page.keyboard.press("Enter")
    for widget in (desk, guest):
        expect(widget.comment("Out of order").locator(".name")).to_have_text("Ann")


def test_focus_is_never_lost_to_the_page(room: Room, readers: Readers) -> None:
    """After an action that redraws what had focus, the keyboard is still among the comments."""
    room.post("Out of order")
    page = readers.open(room.url, moderator_storage(room))
    desk = moderates(page)
    desk.mine("Out of order", "Remove").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(desk.comment("Removed by a moderator")).to_be_visible()
    expect(desk.root.locator(":focus")).to_have_count(1)
    desk.button("Restore", exact=False).press("Enter")
    expect(desk.comment("Out of order")).to_be_visible()
    expect(desk.root.locator(":focus")).to_have_count(1)
    desk.button("Close comments").press("Enter")
    page.keyboard.press("Enter")
    expect(desk.notice("closed")).to_be_visible()
    expect(desk.button("Reopen comments")).to_be_visible()
    expect(desk.root.locator(":focus")).to_have_count(1)


def test_a_moderators_comment_says_so(room: Room, readers: Readers) -> None:
    guest = Widget(readers.open(room.url)).ready()
    desk = moderates(readers.open(room.url, moderator_storage(room)))
    desk.say("Be kind")
    expect(guest.comment("Be kind").locator(".role")).to_have_text("Moderator")


def test_a_pinned_comment_is_marked_everywhere(room: Room, readers: Readers) -> None:
    room.post("Read the rules first")
    room.post("Hello")
    guest = Widget(readers.open(room.url)).ready()
    page = readers.open(room.url, moderator_storage(room))
    desk = moderates(page)
    tab_until(page, "Pin comment #1")
    page.keyboard.press("Enter")
    expect(desk.comment("Read the rules first")).to_be_focused()
    for widget in (guest, desk):
        expect(widget.comment("Read the rules first").get_by_text("Pinned")).to_be_visible()
    expect(guest.comment("Hello").get_by_text("Pinned")).to_have_count(0)

    later = Widget(readers.open(room.url)).ready()
    expect(later.comment("Read the rules first").get_by_text("Pinned")).to_be_visible()
    desk.mine("Read the rules first", "Unpin").click()
    for widget in (guest, desk, later):
        expect(widget.list.get_by_text("Pinned")).to_have_count(0)
