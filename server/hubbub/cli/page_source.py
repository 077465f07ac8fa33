"""A publisher's page as `hubbub doctor --page` sees it: fetched with limits, and what in it is about comments."""

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from hubbub.cli.options import CliError

TIMEOUT = 10.0  # s, for each step
DEADLINE = 20.0  # s, for all of an answer, so that a server that drips is not waited for
BYTES = 4 * 1024 * 1024
REDIRECTS = 5

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer; `url` is where it came from in the end."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


def client() -> httpx.Client:
    """It follows a few redirects, and takes no credentials from the environment."""
    agent = {"User-Agent": "hubbub-doctor", "Accept": "*/*"}
    return httpx.Client(follow_redirects=True, max_redirects=REDIRECTS, timeout=TIMEOUT, trust_env=False, headers=agent)


def fetch(http: httpx.Client, url: str, **headers: str) -> Fetched:
    """What a GET brings, at most BYTES of it. CliError where it brings nothing, or in no time."""
    begun, body = time.monotonic(), b""
    try:
        with http.stream("GET", url, headers=headers) as answer:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > BYTES:
                    raise CliError(f"{url} has more than {BYTES // 1024 // 1024} MiB.")
                if time.monotonic() - begun > DEADLINE:
                    raise CliError(f"{url} takes more than {DEADLINE:g} s to answer.")
            return Fetched(str(answer.url), answer.status_code, answer.headers, body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CliError(f"{url} does not answer ({str(error) or type(error).__name__}).") from None


def origin_of(url: str) -> str:
    """As a browser says it: https://news.example, with a port where it is not the usual one."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


@dataclass(slots=True)
class Page(HTMLParser):
    """What a page has that is about comments. Addresses are whole."""

    url: str
    threads: list[Attributes] = field(default_factory=list)
    counts: list[Attributes] = field(default_factory=list)
    self_closed: list[str] = field(default_factory=list)
    scripts: list[Attributes] = field(default_factory=list)  # those of embed.js
    frames: list[str] = field(default_factory=list)  # those of /embed
    canonical: str | None = None
    policies: list[str] = field(default_factory=list)  # in <meta>

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that ends in "/>", which browsers pass over."""
        if tag.startswith("hubbub-"):
            self.self_closed.append(tag)
        self.handle_starttag(tag, attrs)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what is about comments."""
        found = {name: value or "" for name, value in attrs}
        if tag == "hubbub-thread":
            self.threads.append(found)
        elif tag == "hubbub-count":
            self.counts.append(found)
        elif tag == "script" and urlsplit(found.get("src", "")).path.endswith("/embed.js"):
            self.scripts.append({**found, "src": urljoin(self.url, found["src"])})
        elif tag in ("iframe", "amp-iframe") and urlsplit(found.get("src", "")).path.endswith("/embed"):
            self.frames.append(urljoin(self.url, found["src"]))
        elif tag == "link" and "canonical" in found.get("rel", "").lower().split() and found.get("href"):
            self.canonical = self.canonical or urljoin(self.url, found["href"])
        elif tag == "meta" and found.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(found.get("content", ""))


def read_page(fetched: Fetched) -> Page:
    """The page, with the policies of its headers."""
    page = Page(fetched.url, policies=fetched.headers.get_list("content-security-policy", split_commas=True))
    page.feed(fetched.text)
    page.close()
    return page
