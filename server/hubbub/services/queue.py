"""The queue: what waits for a site's staff, and what they took out of sight."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from hubbub.domain.actor import check
from hubbub.domain.cursors import make_cursor, read_cursor
from hubbub.domain.model import State
from hubbub.domain.permissions import Permission
from hubbub.domain.times import to_rfc3339
from hubbub.protocol.answers import QueueAnswer
from hubbub.protocol.views import ActorView, CardView, PageView, held_view, staff_view
from hubbub.services.base import Services
from hubbub.services.caller import Caller
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.storage.decided import count_decided
from hubbub.storage.held import count_held
from hubbub.storage.queue import Card, Found, read_decided, read_queue

_BITS = 43  # of an id in each number of a cursor, which has 53 at most
SortKey = tuple[int, str]  # a time (ms) and an id


async def queue(
    services: Services, caller: Caller, site: str, state: State, limit: int, cursor: str | None
) -> QueueAnswer:
    """What of a site is held, oldest first, or in another `state`, what was decided last first; for its staff alone.
    Raises Refused."""
    services.limits.check((REQUESTS_ADDRESS, caller.address))
    services.sites.check_origin(site, caller.origin)
    check(caller.actor, Permission.APPROVE, services.sites.get(site).name)
    after = None if cursor is None else _sort_key(cursor, state)
    read = _held if state is State.HELD else _decided
    cards, following = await read(services, site, state, after, limit)
    counts = await services.database.read(count_decided, site)
    counts = {name: counts.get(name, 0) for name in (State.SPAM.value, State.REMOVED.value)}
    counts = {State.HELD.value: await services.database.read(count_held, site), **counts}
    return QueueAnswer(cards, counts, None if following is None else _cursor(following, state))


async def _held(
    services: Services, site: str, _state: State, after: SortKey | None, limit: int
) -> tuple[list[CardView], SortKey | None]:
    cards = await services.database.read(read_queue, site, after, limit + 1)
    last = cards[limit - 1].comment if len(cards) > limit else None
    return [_held_card(card) for card in cards[:limit]], None if last is None else (last.at, last.id)


async def _decided(
    services: Services, site: str, state: State, after: SortKey | None, limit: int
) -> tuple[list[CardView], SortKey | None]:
    rows = await services.database.read(read_decided, site, state, after, limit + 1)
    last = rows[limit - 1].row if len(rows) > limit else None
    cards = [card for row in rows[:limit] if (card := _decided_card(row)) is not None]
    return cards, None if last is None else (last.at, last.comment)


def _held_card(card: Card) -> CardView:
    return CardView(held_view(card.comment, with_body=True), _page(card), _why(card))


def _decided_card(found: Found) -> CardView | None:
    row, card = found
    if card is None or card.comment.decision is None:
        return None
    by, at = ActorView(row.by_id, row.by), to_rfc3339(row.at)
    comment, reason = staff_view(card.comment), card.comment.decision.reason
    return CardView(comment, _page(card), _why(card), by, row.state, reason, at)


def _page(card: Card) -> PageView:
    return PageView(card.comment.thread, card.key, card.title, card.url)


def _why(card: Card) -> str | UnsetType:
    return UNSET if card.held is None else card.held.why


def _cursor(key: SortKey, state: State) -> str:
    at, number = key[0], UUID(key[1]).int
    parts = [number >> shift & (1 << _BITS) - 1 for shift in (2 * _BITS, _BITS, 0)]
    return make_cursor(f"{state} queue", [at, *parts])


def _sort_key(cursor: str, state: State) -> SortKey:
    at, *parts = read_cursor(cursor, f"{state} queue", 4)
    number = sum(part << shift for part, shift in zip(parts, (2 * _BITS, _BITS, 0), strict=True))
    return at, str(UUID(int=number % 2**128))
