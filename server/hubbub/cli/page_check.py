"""`hubbub doctor --page URL`: what keeps comments from a publisher's page, and the command or line that mends it."""

import hashlib
from collections.abc import Iterator
from typing import Literal
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

import httpx
import msgspec

from hubbub.cli.options import CliError
from hubbub.cli.page_policy import allows, missing, parse
from hubbub.cli.page_source import Attributes, Page, client, fetch, origin_of, read_page
from hubbub.web.pages.assets import CLIENT


class PageFinding(msgspec.Struct, frozen=True):
    """One line. `bad` keeps comments out, `note` may surprise."""

    level: Literal["ok", "note", "bad"]
    what: str
    advice: str = ""


def check_page(url: str) -> list[PageFinding]:
    """All that is found on a page."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CliError(f"{url} is no address of a page, such as https://news.example/article")
    if parts.username or parts.password:
        raise CliError("an address with a password is not fetched: check the page as its readers see it")
    with client() as http:
        try:
            fetched = fetch(http, url)
        except CliError as error:
            return [PageFinding("bad", str(error), "Open it in a browser first.")]
        if fetched.status >= 400:
            return [PageFinding("bad", f"{fetched.url} answers {fetched.status}.", "Check what its readers see.")]
        return list(_check(http, read_page(fetched)))


def _check(http: httpx.Client, page: Page) -> Iterator[PageFinding]:
    yield PageFinding("ok", f"{page.url} is there.")
    elements = page.threads + page.counts
    if not elements and not page.frames:
        yield PageFinding(
            "bad",
            "Neither <hubbub-thread> nor a frame of /embed is in its HTML; what a script adds later is not seen here.",
            'Add <hubbub-thread site="NAME"></hubbub-thread>, as docs/embedding.md shows.',
        )
    for tag in page.self_closed:
        said = f"<{tag} …/> is not closed: browsers take what follows for its content, and hide it."
        yield PageFinding("bad", said, f"Write <{tag} …></{tag}>.")
    if elements:
        yield from _scripts(http, page)
        # A front page counts the comments of many articles, all of one site.
        sites: dict[tuple[str | None, ...], Attributes] = {}
        for element in elements:
            sites.setdefault((_server_of(page, element), element.get("site"), element.get("thread")), element)
        for element in sites.values():
            yield from _element(http, page, element)
    for frame in page.frames:
        yield from _frame(http, page, frame)
    yield from _key(page)
    yield from _policy(page)


def _scripts(http: httpx.Client, page: Page) -> Iterator[PageFinding]:
    if not page.scripts:
        tag = '<script type="module" src="https://YOUR-SERVER/embed.js"></script>'
        yield PageFinding("bad", "No script of embed.js is in its HTML.", f"Add {tag}")
    for script in page.scripts:
        src, kind = script["src"], "module" if script.get("type") == "module" else "classic script"
        if page.url.startswith("https:") and src.startswith("http:"):
            yield PageFinding("bad", f"{src} is not https, and browsers keep it from a page that is.", "Use https://.")
        if script.get("type", "") not in ("", "module", "text/javascript", "application/javascript"):
            yield PageFinding("bad", f'{src} has type="{script["type"]}", and does not run.', 'Write type="module".')
        try:
            answer = fetch(http, src)
        except CliError as error:
            yield PageFinding("bad", str(error), "Start the server, or correct the address.")
            continue
        if answer.status != 200 or "javascript" not in answer.headers.get("content-type", ""):
            said = f"{src} answers {answer.status} ({answer.headers.get('content-type', 'no type')}): it is no script."
            yield PageFinding("bad", said, "Correct the address; a proxy has to pass it on as it is.")
        elif hashlib.sha256(answer.body).digest() != hashlib.sha256((CLIENT / "embed.js").read_bytes()).digest():
            said = f"{src} is there ({kind}), of another version than this command."
            yield PageFinding("note", said, "Upgrade one of them; do not copy the script to another place.")
        else:
            yield PageFinding("ok", f"{src} is there ({kind}), of this version.")


def _server_of(page: Page, element: Attributes) -> str | None:
    """Where an element's server is: its `host`, else where the script is."""
    if element.get("host"):
        return urljoin(page.url, element["host"]).rstrip("/")
    return page.scripts[0]["src"].partition("?")[0].removesuffix("/embed.js") if page.scripts else None


def _element(http: httpx.Client, page: Page, element: Attributes) -> Iterator[PageFinding]:
    server, site, origin = _server_of(page, element), element.get("site", ""), origin_of(page.url)
    if server is None:
        return
    if not site:
        if not element.get("thread"):
            yield PageFinding("bad", "An element names no site.", f'Write site="NAME". {_adding("NAME", origin)}')
        return
    yield from _site(http, server, site, _key_of(page, element), origin)


def _adding(site: str, origin: str) -> str:
    return f"Run on the server: hubbub site add {site} --origin {origin}"


def _site(http: httpx.Client, server: str, site: str, key: str, origin: str) -> Iterator[PageFinding]:
    """Asks the server itself, first as a program and then as the page."""
    url = f"{server}/api/v1/counts?{urlencode({'site': site, 'key': key})}"
    try:
        known, allowed = fetch(http, url), fetch(http, url, Origin=origin)
    except CliError as error:
        yield PageFinding("bad", str(error), "Start the server, or correct the address.")
        return
    if known.status == 404 and b'"not_found"' in known.body:
        yield PageFinding("bad", f'{server} has no site "{site}".', _adding(site, origin))
    elif known.status != 200:
        yield PageFinding("bad", f"{server} answers {known.status}, not as Hubbub does.", "Correct the address.")
    elif allowed.status == 403:
        yield PageFinding("bad", f'The site "{site}" does not allow pages of {origin}.', _adding(site, origin))
    elif allowed.status != 200:
        yield PageFinding("bad", f"{server} answers {allowed.status} to the page.", "Read the server's log.")
    else:
        yield PageFinding("ok", f'The site "{site}" on {server} allows pages of {origin}.')


def _frame(http: httpx.Client, page: Page, frame: str) -> Iterator[PageFinding]:
    origin, asked = origin_of(page.url), parse_qs(urlsplit(frame).query)
    site, server = asked.get("site", [""])[0], frame.partition("?")[0].removesuffix("/embed")
    if page.url.startswith("https:") and frame.startswith("http:"):
        yield PageFinding("bad", f"{frame} is not https, and browsers keep it from a page that is.", "Use https://.")
    if not site or not asked.get("key"):
        yield PageFinding("bad", f"{frame} names no site or no key.", "Write /embed?site=NAME&key=/path")
        return
    try:
        answer = fetch(http, frame)
    except CliError as error:
        yield PageFinding("bad", str(error), "Start the server, or correct the address.")
        return
    policies = [parse(text) for text in answer.headers.get_list("content-security-policy", split_commas=True)]
    if answer.status == 404:
        yield PageFinding("bad", f'{server} has no site "{site}".', _adding(site, origin))
    elif answer.status != 200:
        yield PageFinding("bad", f"{frame} answers {answer.status}.", "Read the server's log.")
    elif "x-frame-options" in answer.headers:
        yield PageFinding("bad", f"{frame} comes with X-Frame-Options.", "Have the proxy before Hubbub not add it.")
    elif not all(allows(policy, "frame-ancestors", origin, origin_of(frame)) for policy in policies):
        yield PageFinding("bad", f'The site "{site}" does not allow frames on {origin}.', _adding(site, origin))
    else:
        yield PageFinding("ok", f'The site "{site}" on {server} allows frames on {origin}.')


def _key_of(page: Page, element: Attributes) -> str:
    """As the widget finds it."""
    if element.get("key"):
        return element["key"]
    found = urlsplit(page.canonical or page.url)
    return (found.path or "/") + (f"?{found.query}" if page.canonical and found.query else "")


def _key(page: Page) -> Iterator[PageFinding]:
    here, canonical = urlsplit(page.url), urlsplit(page.canonical or page.url)
    for key in sorted({_key_of(page, one) for one in page.threads if not one.get("thread")}):
        yield PageFinding("ok", f"The key is {quote(key, safe='/?&=%#:;,+@!$()*~')}.")
    if canonical.hostname != here.hostname and {canonical.hostname, here.hostname} & {
        f"www.{here.hostname}",
        f"www.{canonical.hostname}",
    }:
        advice = f"Allow {origin_of(canonical.geturl())} too, or send readers to one of the two."
        yield PageFinding(
            "note", f"Its canonical address is on {canonical.hostname}, it is on {here.hostname}.", advice
        )
    if page.canonical or all(one.get("key") or one.get("thread") for one in page.threads):
        return
    advice = 'Add <link rel="canonical" href="…">, or a key.'
    if here.query:
        yield PageFinding("note", "Without a canonical address the key leaves out what follows “?”.", advice)
    if here.path != "/":
        other = here.path.rstrip("/") if here.path.endswith("/") else f"{here.path}/"
        yield PageFinding("note", f"Should the page be at {other} too, it has other comments there.", advice)


def _policy(page: Page) -> Iterator[PageFinding]:
    policies = [parse(text) for text in page.policies]
    if not policies:
        return
    origin, wanted = origin_of(page.url), [("frame-src", frame) for frame in page.frames]
    servers = {found for one in page.threads + page.counts if (found := _server_of(page, one))}
    for server in sorted(servers):
        socket = server.replace("http", "ws", 1)
        wanted += [("connect-src", f"{server}/api/v1/counts"), ("connect-src", f"{socket}/api/v1/live")]
    lacking = missing(policies, wanted, origin)
    for script in page.scripts:
        nonce = script.get("nonce") or None
        if not all(allows(policy, "script-src-elem", script["src"], origin, nonce) for policy in policies):
            lacking.setdefault("script-src", []).append(script["src"])
    for directive, urls in sorted(lacking.items()):
        sources = " ".join(dict.fromkeys(map(origin_of, urls)))
        said = f"Its Content-Security-Policy keeps comments out ({directive})."
        yield PageFinding("bad", said, f"Add to it: {directive} {sources}")
    for policy in policies:
        if "require-trusted-types-for" in policy and not {"hubbub", "*"} & set(policy.get("trusted-types", ["*"])):
            yield PageFinding("bad", "Its trusted-types do not name hubbub.", "Add to it: trusted-types hubbub")
    if not lacking:
        yield PageFinding("ok", "Its Content-Security-Policy lets comments through.")
