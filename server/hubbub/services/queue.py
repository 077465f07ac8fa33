"""The queue: what waits for a site's staff."""

from uuid import UUID

from hubbub.domain.actor import check
from hubbub.domain.cursors import make_cursor, read_cursor
from hubbub.domain.model import State
from hubbub.domain.permissions import Permission
from hubbub.protocol.answers import QueueAnswer
from hubbub.protocol.views import CardView, PageView, held_view
from hubbub.services.base import Services
from hubbub.services.caller import Caller
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.storage.held import Card, count_held, read_queue

_ORDER = "held queue"
_BITS = 43  # of an id in each number of a cursor, which has 53 at most


async def queue(services: Services, caller: Caller, site: str, limit: int, cursor: str | None) -> QueueAnswer:
    """What of a site is held, oldest first, for its staff alone. Raises Refused."""
    services.limits.check((REQUESTS_ADDRESS, caller.address))
    services.sites.check_origin(site, caller.origin)
    check(caller.actor, Permission.APPROVE, services.sites.get(site).name)
    after = None if cursor is None else _sort_key(cursor)
    cards = await services.database.read(read_queue, site, after, limit + 1)
    counts = await services.database.read(count_held, site)
    following = _cursor(cards[limit - 1]) if len(cards) > limit else None
    return QueueAnswer([_card_view(card) for card in cards[:limit]], {"held": counts.get(State.HELD, 0)}, following)


def _card_view(card: Card) -> CardView:
    comment = card.held.comment
    page = PageView(comment.thread, card.key, card.title, card.url)
    return CardView(held_view(comment, with_body=True), page, card.held.why)


def _cursor(card: Card) -> str:
    comment, number = card.held.comment, UUID(card.held.comment.id).int
    parts = [number >> shift & (1 << _BITS) - 1 for shift in (2 * _BITS, _BITS, 0)]
    return make_cursor(_ORDER, [comment.at, *parts])


def _sort_key(cursor: str) -> tuple[int, str]:
    at, *parts = read_cursor(cursor, _ORDER, 4)
    number = sum(part << shift for part, shift in zip(parts, (2 * _BITS, _BITS, 0), strict=True))
    return at, str(UUID(int=number % 2**128))
