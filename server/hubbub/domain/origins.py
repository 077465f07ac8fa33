"""Origins (RFC 6454) and the exact allowlist of a site."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK = "loopback"  # in a site's list: http(s) on any port of this machine, for trying things out
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def parse_origin(text: str) -> str:
    """`text` as an origin, scheme://host[:port] in lower case without a default port; ValueError if it is none."""
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not an origin such as https://news.example")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{text!r} has more than scheme, host and port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if not re.fullmatch(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", host):
        raise ValueError(
            f"give the host of {text!r} as browsers send it, such as news.example or xn--bcher-kva.example"
        )
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")


def is_loopback(origin: str) -> bool:
    """Whether a well-formed origin names this machine itself (never a look-alike such as localhost.evil)."""
    try:
        return parse_origin(origin) == origin and urlsplit(origin).hostname in _LOOPBACK_HOSTS
    except ValueError:
        return False


def origin_allowed(origin: str, allowed: Iterable[str]) -> bool:
    """Whether a browser's Origin header is in `allowed`, letter by letter, or is a loopback one where that is
    allowed."""
    return any(origin == entry or (entry == LOOPBACK and is_loopback(origin)) for entry in allowed)
