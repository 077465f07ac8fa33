"""What a page's Content-Security-Policy lets through (CSP 3), as far as comments need it."""

from collections.abc import Iterable
from urllib.parse import urlsplit

Policy = dict[str, list[str]]

_FALLBACKS = {
    "script-src-elem": ("script-src", "default-src"),
    "connect-src": ("default-src",),
    "frame-src": ("child-src", "default-src"),
}
_WIDER = {"http": ("https",), "ws": ("wss", "http", "https"), "wss": ("https",)}
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def parse(text: str) -> Policy:
    """Directive → its sources; the first of a name counts (CSP 3, 2.2.1)."""
    policy: Policy = {}
    for part in text.split(";"):
        name, *sources = part.split() or [""]
        if name:
            policy.setdefault(name.lower(), sources)
    return policy


def allows(policy: Policy, directive: str, url: str, page: str, nonce: str | None = None) -> bool:
    """Whether a policy lets `url` through for `directive` on a page at `page`."""
    names = (directive, *_FALLBACKS.get(directive, ()))
    sources = next((policy[name] for name in names if name in policy), None)
    if sources is None or (nonce and f"'nonce-{nonce}'" in sources):
        return True
    if directive == "script-src-elem" and "'strict-dynamic'" in sources:
        return False  # then hosts do not count
    return any(_matches(source, url, page) for source in sources)


def _matches(source: str, url: str, page: str) -> bool:
    """CSP 3, 6.7.2.6. Paths are compared as beginnings where they end in a slash."""
    wanted = urlsplit(url)
    if source == "*":
        return wanted.scheme in ("http", "https", "ws", "wss")
    if source == "'self'":  # of a page, its sockets too
        source = page.replace("http", "ws", 1) if wanted.scheme in ("ws", "wss") else page
    elif source.startswith("'"):
        return False
    elif source.endswith(":"):
        return _scheme_fits(source[:-1].lower(), wanted.scheme)
    parts = urlsplit(source if "://" in source else f"//{source}", scheme="")
    scheme = parts.scheme or urlsplit(page).scheme
    if not _scheme_fits(scheme, wanted.scheme) or not _host_fits(parts.hostname or "", wanted.hostname or ""):
        return False
    port = parts.netloc.rpartition(":")[2] if parts.netloc.rpartition(":")[1] else ""
    if port != "*" and (int(port) if port.isdigit() else None) not in _ports(wanted.port, wanted.scheme):
        return False
    path = parts.path
    return path in ("", "/", wanted.path) or (path.endswith("/") and wanted.path.startswith(path))


def _scheme_fits(allowed: str, wanted: str) -> bool:
    """CSP 3, 6.7.2.8: http lets https through too, and sockets the requests to their host; not the other way round."""
    return allowed == wanted or wanted in _WIDER.get(allowed, ())


def _host_fits(allowed: str, wanted: str) -> bool:
    if allowed.startswith("*."):
        return wanted.endswith(allowed[1:])
    return allowed.lower() == wanted


def _ports(port: int | None, scheme: str) -> tuple[int | None, ...]:
    usual = _PORTS.get(scheme)
    return (None, usual) if port in (None, usual) else (port,)


def missing(policies: Iterable[Policy], wanted: Iterable[tuple[str, str]], page: str) -> dict[str, list[str]]:
    """Directive → the addresses that any of the policies keeps out."""
    found: dict[str, list[str]] = {}
    for directive, url in wanted:
        if not all(allows(policy, directive, url, page) for policy in policies):
            found.setdefault(directive, []).append(url)
    return found
