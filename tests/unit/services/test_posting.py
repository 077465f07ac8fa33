"""Commands of commenters: checked, cleaned and rendered, or refused."""

from collections.abc import Awaitable

import pytest

from hubbub.commands.posting import EditComment, PostComment
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Role, Site, SiteSettings
from hubbub.services.posting import preview
from hubbub.services.rate_limits import CHANGES_AUTHOR, POSTS_ADDRESS, POSTS_AUTHOR, PREVIEWS_ADDRESS
from tests.unit.samples import ANN, BOB, MAY, OPERATOR, SITE, THREAD, actor, caller, post, site, uuid
from tests.unit.services.conftest import Services

EVE = actor("eve", Role.OWNER, "other")


async def refused(work: Awaitable[object]) -> Refused:
    """How `work` is refused."""
    with pytest.raises(Refused) as caught:
        await work
    return caught.value


def posting(
    services: Services,
    who: Actor | None = ANN,
    body: str = "Hello *there*",
    *,
    address: str = "192.0.2.1",
    thread: str = THREAD,
    parent: str | None = None,
) -> Awaitable[PostComment]:
    """A new comment."""
    return services.post(caller(who, None, address), thread, uuid(0xAB), body, parent)


async def test_a_comment_becomes_a_command(services: Services) -> None:
    command = await posting(services)
    html = "<p>Hello <em>there</em></p>"
    assert command == PostComment(uuid(0xAB), THREAD, ANN, "Hello *there*", html, None)
    assert services.worker.published == [], "it is for the caller to append"


async def test_a_body_is_cleaned_before_it_is_kept(services: Services) -> None:
    command = await posting(services, body=" \r\na\r\nb\n ")
    assert command.body == "a\nb"


async def test_ids_in_capitals_are_the_same_ids(services: Services) -> None:
    command = await services.post(caller(), THREAD, uuid(0xAB).upper(), "x", uuid(0xCD).upper())
    assert (command.id, command.parent) == (uuid(0xAB), uuid(0xCD))


@pytest.mark.parametrize(
    ("who", "code"), [(None, ErrorCode.UNAUTHORIZED), (EVE, ErrorCode.FORBIDDEN), (OPERATOR, None)]
)
async def test_who_may_post(services: Services, who: Actor | None, code: ErrorCode | None) -> None:
    if code is None:
        assert (await posting(services, who)).actor == who
    else:
        assert (await refused(posting(services, who))).code is code


async def test_an_unknown_thread(services: Services) -> None:
    assert (await refused(posting(services, thread="none"))).code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n ",
        "x" * 10_001,
        "a\x00b",
        "a\u0007b",
        "e" + "\u0301" * 20,
        "\ud800",
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "[x](&#106;avascript:alert(1))",
        "> ",
    ],
    ids=lambda body: ascii(body)[:40],
)
async def test_a_body_that_cannot_be_shown_is_refused_with_a_sentence(services: Services, body: str) -> None:
    found = await refused(posting(services, body=body))
    assert found.code is ErrorCode.BAD_REQUEST
    assert found.message.endswith(".")


async def test_images_only_where_the_site_allows_them(services: Services) -> None:
    body = "![cat](https://cats.example/cat.png)"
    assert "<img" not in (await posting(services, body=body)).html
    await services.sites.put(Site(SITE, ("https://news.example",), SiteSettings(images=True)))
    assert "<img" in (await posting(services, body=body)).html


async def test_an_author_has_a_pace(services: Services) -> None:
    for number in range(POSTS_AUTHOR.burst):
        await posting(services, address=f"192.0.2.{number}")
    found = await refused(posting(services, address="192.0.2.99"))
    assert (found.code, found.retry_after) == (ErrorCode.RATE_LIMITED, POSTS_AUTHOR.seconds)
    await posting(services, BOB)
    services.now[0] += POSTS_AUTHOR.seconds
    await posting(services)


async def test_an_address_has_a_pace(services: Services) -> None:
    for number in range(POSTS_ADDRESS.burst):
        await posting(services, actor(f"guest{number}"))
    found = await refused(posting(services, BOB))
    assert (found.code, found.retry_after) == (ErrorCode.RATE_LIMITED, POSTS_ADDRESS.seconds)
    await posting(services, BOB, address="192.0.2.2")


async def test_an_edit_becomes_a_command(services: Services) -> None:
    await services.worker.command_bus.submit(post(0xAB))
    command = await services.edit(caller(), uuid(0xAB).upper(), " **new** ")
    html = "<p><strong>new</strong></p>"
    assert command == EditComment(uuid(0xAB), THREAD, ANN, "**new**", html)


async def test_edits_are_refused(services: Services) -> None:
    await services.worker.command_bus.submit(post(1))
    edit = services.edit
    assert (await refused(edit(caller(None), uuid(1), "x"))).code is ErrorCode.UNAUTHORIZED
    assert (await refused(edit(caller(None), uuid(9), "x"))).code is ErrorCode.UNAUTHORIZED, (
        "not even said whether there is one"
    )
    assert (await refused(edit(caller(), uuid(9), "x"))).code is ErrorCode.NOT_FOUND
    for who in (BOB, EVE):
        assert (await refused(edit(caller(who), uuid(1), "x"))).code is ErrorCode.FORBIDDEN
    assert (await refused(edit(caller(), uuid(1), " "))).code is ErrorCode.BAD_REQUEST


async def test_changes_have_a_pace(services: Services) -> None:
    await services.worker.command_bus.submit(post(1))
    for _ in range(CHANGES_AUTHOR.burst):
        await services.edit(caller(), uuid(1), "x")
    assert (await refused(services.edit(caller(), uuid(1), "x"))).code is ErrorCode.RATE_LIMITED
    await services.edit(caller(MAY), uuid(1), "x")


async def test_a_page_of_another_site_writes_nothing_even_with_the_right_token(services: Services) -> None:
    await services.sites.put(site("other", "https://other.example"))
    await services.worker.command_bus.submit(post(1))
    for origin, code in (("https://news.example", None), ("https://other.example", ErrorCode.FORBIDDEN)):
        page = caller(ANN, origin)
        for work in (
            services.post(page, THREAD, uuid(2), "x", None),
            services.edit(page, uuid(1), "x"),
        ):
            if code is None:
                await work
            else:
                assert (await refused(work)).code is code


async def test_a_preview_shows_what_a_post_would(services: Services) -> None:
    body = "![cat](https://cats.example/cat.png)"
    for images in (False, True):
        await services.sites.put(Site(SITE, ("https://news.example",), SiteSettings(images=images)))
        assert await preview(services, caller(None), THREAD, body) == (await posting(services, body=body)).html
    for wrong in ("", "[x](javascript:alert(1))"):
        found = await refused(preview(services, caller(None), THREAD, wrong))
        assert found.message == (await refused(posting(services, body=wrong))).message


async def test_previews_are_for_pages_of_the_site(services: Services) -> None:
    await services.sites.put(site("other", "https://other.example"))
    found = await refused(preview(services, caller(None, "https://other.example"), THREAD, "x"))
    assert found.code is ErrorCode.FORBIDDEN
    assert (await refused(preview(services, caller(), "none", "x"))).code is ErrorCode.NOT_FOUND


async def test_previews_have_a_pace_of_their_own(services: Services) -> None:
    for _ in range(PREVIEWS_ADDRESS.burst):
        await preview(services, caller(), THREAD, "x")
    found = await refused(preview(services, caller(BOB), THREAD, "x"))
    assert (found.code, found.retry_after) == (ErrorCode.RATE_LIMITED, PREVIEWS_ADDRESS.seconds)
    await posting(services)
