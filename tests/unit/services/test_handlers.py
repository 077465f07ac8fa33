"""Every request that writes is prepared for those who may, and refused to all others."""

from collections.abc import Awaitable, Callable

import pytest

from hubbub.commands.moderation import RemoveComment, RestoreComment
from hubbub.commands.threads import CloseThread, ReopenThread
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import Role
from hubbub.protocol.requests.threads import Pin, ThreadBody
from hubbub.services.rate_limits import CHANGES_ADDRESS, CHANGES_AUTHOR
from hubbub.services.threads import prepare_put_thread
from tests.unit.samples import ANN, BOB, MAY, OLA, OPERATOR, SITE, THREAD, actor, caller, post, site, uuid
from tests.unit.services.conftest import Services, code

EVE = actor("eve", Role.OWNER, "other")
Act = Callable[[Services, Actor | None], Awaitable[object]]


ACTS: dict[str, tuple[Act, set[str]]] = {  # what, and who may
    "close": (lambda s, who: s.close(caller(who), THREAD, None), {"may", "ola", "ops"}),
    "reopen": (lambda s, who: s.reopen(caller(who), THREAD), {"may", "ola", "ops"}),
    "restore": (lambda s, who: s.restore(caller(who), uuid(1)), {"may", "ola", "ops"}),
    "remove": (lambda s, who: s.remove(caller(who), uuid(1), None), {"ann", "may", "ola", "ops"}),
    "pin": (lambda s, who: s.prepare(caller(who), Pin(0, THREAD, uuid(1))), {"may", "ola", "ops"}),
    "put": (lambda s, who: prepare_put_thread(s, caller(who), SITE, "/page", ThreadBody()), {"ola", "ops"}),
}


@pytest.mark.parametrize("act", ACTS)
async def test_who_may_what(services: Services, act: str) -> None:
    """Ann wrote the comment, just now."""
    await services.worker.command_bus.submit(post(1))
    do, may = ACTS[act]
    assert await code(do(services, None)) is ErrorCode.UNAUTHORIZED
    assert await code(do(services, EVE)) is ErrorCode.FORBIDDEN
    for who in (ANN, BOB, MAY, OLA, OPERATOR):
        assert await code(do(services, who)) is (None if who.id in may else ErrorCode.FORBIDDEN), who.id


async def test_commands(services: Services) -> None:
    await services.worker.command_bus.submit(post(0xAB))
    capitals = uuid(0xAB).upper()
    assert await services.close(caller(MAY), THREAD, " a\tb ") == CloseThread(THREAD, MAY, "a b")
    assert await services.close(caller(MAY), THREAD, "  ") == CloseThread(THREAD, MAY, None)
    assert await services.reopen(caller(MAY), THREAD) == ReopenThread(THREAD, MAY)
    assert await services.remove(caller(MAY), capitals, "spam") == RemoveComment(uuid(0xAB), THREAD, MAY, "spam")
    assert await services.restore(caller(MAY), capitals) == RestoreComment(uuid(0xAB), THREAD, MAY)


async def test_what_is_not_there(services: Services) -> None:
    assert await code(services.close(caller(MAY), "none", None)) is ErrorCode.NOT_FOUND
    assert await code(services.reopen(caller(MAY), "none")) is ErrorCode.NOT_FOUND
    assert await code(services.remove(caller(MAY), uuid(9), None)) is ErrorCode.NOT_FOUND
    assert await code(services.restore(caller(MAY), uuid(9))) is ErrorCode.NOT_FOUND
    assert await code(prepare_put_thread(services, caller(OLA), "none", "/page", ThreadBody())) is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("reason", ["x" * 501, "a\nb", "a\x00b", "a\u202eb"], ids=lambda reason: ascii(reason)[:20])
async def test_a_reason_that_cannot_be_shown(services: Services, reason: str) -> None:
    await services.worker.command_bus.submit(post(1))
    assert await code(services.close(caller(MAY), THREAD, reason)) is ErrorCode.BAD_REQUEST
    assert await code(services.remove(caller(MAY), uuid(1), reason)) is ErrorCode.BAD_REQUEST


async def test_removals_have_a_pace(services: Services) -> None:
    await services.worker.command_bus.submit(post(1))
    for _ in range(CHANGES_AUTHOR.burst):
        await services.remove(caller(), uuid(1), None)
    assert await code(services.remove(caller(), uuid(1), None)) is ErrorCode.RATE_LIMITED


@pytest.mark.parametrize("act", ["edit", "remove", "restore"])
async def test_whoever_has_no_right_costs_storage_nothing_for_long(services: Services, act: str) -> None:
    """However many tokens an address has, and whether or not there is the comment; another address is not hurt."""

    async def change(name: str, address: str) -> str | None:
        who = caller(actor(name), None, address)
        if act == "edit":
            return await code(services.edit(who, uuid(9), "x"))
        if act == "remove":
            return await code(services.remove(who, uuid(9), None))
        return await code(services.restore(who, uuid(9)))

    for number in range(CHANGES_ADDRESS.burst):
        assert await change(f"guest{number}", "192.0.2.1") is ErrorCode.NOT_FOUND
    assert await change("guest", "192.0.2.1") is ErrorCode.RATE_LIMITED
    assert await change("guest", "192.0.2.2") is ErrorCode.NOT_FOUND
    services.now[0] += CHANGES_ADDRESS.seconds
    assert await change("guest", "192.0.2.1") is ErrorCode.NOT_FOUND


async def test_a_page_of_another_site_moderates_nothing_even_with_the_right_token(services: Services) -> None:
    await services.sites.put(site("other", "https://other.example"))
    await services.worker.command_bus.submit(post(1))
    page = caller(OLA, "https://other.example")
    for work in (
        services.close(page, THREAD, None),
        services.reopen(page, THREAD),
        services.remove(page, uuid(1), None),
        services.restore(page, uuid(1)),
        prepare_put_thread(services, page, SITE, "/page", ThreadBody()),
    ):
        assert await code(work) is ErrorCode.FORBIDDEN
