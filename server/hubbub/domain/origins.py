"""Origins (RFC 6454) and the exact allowlist of a site."""

import re
from collections.abc import Collection
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK = "loopback"  # in a site's list: http(s) on any port of this machine, for trying things out
_LOCAL_NAME = re.compile(r"\.(?:localhost|local|internal|lan|home|corp|svc|test|home\.arpa)$")
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


def may_be_rebound(host: str) -> bool:
    """Whether a stranger may have pointed the name in a Host header at this machine (DNS rebinding). Not for an
    address, which is not looked up, and not for names without a dot and of local networks, which nobody can register
    (RFC 6761, RFC 6762, RFC 8375). Browsers always send a host."""
    name = host_name(host)
    try:
        ip_address(name)
    except ValueError:
        return "." in name and not _LOCAL_NAME.search(name)
    return False


def host_name(host: str) -> str:
    """The name or address in a Host header, in lower case, without brackets, port and last dot."""
    name = host.lower()
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0].rstrip(".")


@lru_cache(64)
def is_loopback(origin: str) -> bool:
    """Whether a well-formed origin names this machine itself (never a look-alike such as localhost.evil)."""
    try:
        return parse_origin(origin) == origin and urlsplit(origin).hostname in _LOOPBACK_HOSTS
    except ValueError:
        return False


def origin_allowed(origin: str, allowed: Collection[str]) -> bool:
    """Whether a browser's Origin header is in `allowed`, letter by letter, or is a loopback one where that is
    allowed."""
    return origin in allowed or (LOOPBACK in allowed and is_loopback(origin))
