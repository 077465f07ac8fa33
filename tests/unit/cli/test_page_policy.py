"""Which addresses a Content-Security-Policy lets through, by the examples of CSP 3."""

import pytest

from hubbub.cli.page_policy import allows, missing, parse

PAGE = "https://news.example"
SCRIPT = "https://c.example/embed.js"
SOCKET = "wss://c.example/api/v1/live"


@pytest.mark.parametrize(
    ("policy", "directive", "url", "allowed"),
    [
        ("img-src 'none'", "script-src-elem", SCRIPT, True),
        ("default-src 'self'", "script-src-elem", SCRIPT, False),
        ("default-src 'none'; script-src https://c.example", "script-src-elem", SCRIPT, True),
        ("script-src https://c.example; script-src-elem 'self'", "script-src-elem", SCRIPT, False),
        ("script-src c.example", "script-src-elem", SCRIPT, True),
        ("script-src *.example", "script-src-elem", SCRIPT, True),
        ("script-src *.c.example", "script-src-elem", SCRIPT, False),
        ("script-src https:", "script-src-elem", SCRIPT, True),
        ("script-src http:", "script-src-elem", SCRIPT, True),
        ("script-src https://c.example/js/", "script-src-elem", SCRIPT, False),
        ("script-src https://c.example/embed.js", "script-src-elem", SCRIPT, True),
        ("script-src https://c.example:8443", "script-src-elem", SCRIPT, False),
        ("script-src https://c.example:*", "script-src-elem", "https://c.example:8443/embed.js", True),
        ("script-src 'strict-dynamic' https://c.example", "script-src-elem", SCRIPT, False),
        ("script-src 'nonce-abc'", "script-src-elem", SCRIPT, False),
        ("connect-src https://c.example", "connect-src", SOCKET, False),
        ("connect-src wss://c.example", "connect-src", "https://c.example/api", True),
        ("connect-src 'self'", "connect-src", SOCKET, False),
        ("connect-src 'self'", "connect-src", "wss://news.example/api/v1/live", True),
        ("connect-src wss:", "connect-src", "http://c.example/api", False),
        ("child-src https://c.example", "frame-src", "https://c.example/embed", True),
        ("frame-src *", "frame-src", "https://c.example/embed", True),
    ],
)
def test_a_source_lets_through_what_it_names(policy: str, directive: str, url: str, allowed: bool) -> None:
    assert allows(parse(policy), directive, url, PAGE) is allowed


def test_a_nonce_lets_its_script_through() -> None:
    policy = parse("script-src 'nonce-abc' 'strict-dynamic'")
    assert allows(policy, "script-src-elem", SCRIPT, PAGE, "abc")
    assert not allows(policy, "script-src-elem", SCRIPT, PAGE, "other")


def test_every_policy_has_to_let_it_through() -> None:
    policies = [parse("connect-src *"), parse("connect-src 'self'")]
    assert missing(policies, [("connect-src", SOCKET)], PAGE) == {"connect-src": [SOCKET]}
    assert missing(policies[:1], [("connect-src", SOCKET)], PAGE) == {}


def test_the_first_directive_of_a_name_counts() -> None:
    assert parse("Script-Src a; script-src b;; ") == {"script-src": ["a"]}
