"""How a page of comments looks. Each choice is one of a few values, since finished pages are kept by them."""

from typing import NamedTuple

from starlette.requests import Request

from hubbub.domain.errors import bad_request
from hubbub.domain.model import Theme


class Look(NamedTuple):
    """What the address of a frame may say. `auto` follows the reader's system."""

    theme: str = Theme.PAPER
    scheme: str = "auto"
    layout: str = "newest"

    @property
    def query(self) -> dict[str, str]:
        """What an address says of it: all that is not the default."""
        return {name: value for name, value in self._asdict().items() if value != self._field_defaults[name]}


VALUES = {
    "theme": tuple(Theme),
    "scheme": ("auto", "light", "dark"),
    "layout": ("newest", "oldest", "threaded", "chat"),
}


def look_of(request: Request) -> Look:
    """What the query says; Refused `bad_request` for a value that there is not."""
    asked = {name: value for name in VALUES if (value := request.query_params.get(name))}
    for name, value in asked.items():
        if value not in VALUES[name]:
            raise bad_request(f"`{name}` is one of: {', '.join(VALUES[name])}.")
    return Look(**asked)
