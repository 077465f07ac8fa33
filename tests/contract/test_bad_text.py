"""Texts that can only deceive or damage, in comments, names and websites: refused, or shown as harmless text."""

import re
import uuid
from collections.abc import Iterator

import pytest

from tests.support.contract import Api, Guest, Json, unharmed
from tests.support.speaker import Speaker

DECEIVING = {
    "NUL": "a\x00b",
    "a control": "a\x1bb",
    "DEL": "a\x7fb",
    "a C1 control": "a\x85b\x9f",
    "a tag character": "a\U000e0041",
    "a noncharacter": "a\ufffe",
    "a noncharacter of plane 16": "a\U0010ffff",
    "an interlinear mark": "a\ufff9b",
    "zalgo": "Z" + "\u0301\u0316\u0338" * 10,
    "zalgo of joined marks": "Z" + "\u0301\u200d" * 30,
}
# Refused in what stands on one line; dropped from comments, into which phones paste them.
TURNING = {
    "a bidi override": "a\u202etxt.exe",
    "a bidi embedding": "a\u202ab",
    "a bidi isolate": "a\u2066b",
    "an unclosed bidi isolate": "a\u2067",
}
EMPTY = {
    "nothing": "",
    "white space": " \t\n ",
    "no-break spaces": "\u00a0\u3000",
    "zero-width spaces": "\u200b\u200b",
    "a lone joiner": "\u200d",
    "a Hangul filler": "\u3164",
    "a Braille blank": "\u2800",
    "a lone mark": "\u0301",
}
LINKS = {
    "a script": "[x](javascript:alert(1))",
    "capitals": "[x](JaVaScRiPt:alert(1))",
    "a tab": "[x](<java\tscript:alert(1)>)",
    "a tab as an entity": "[x](java&#9;script:alert(1))",
    "a line break as an entity": "[x](java&#10;script:alert(1))",
    "a named tab": "[x](java&Tab;script:alert(1))",
    "a named line break": "[x](java&NewLine;script:alert(1))",
    "a letter as an entity": "[x](&#106;avascript:alert(1))",
    "a hexadecimal entity": "[x](&#x6a;avascript:alert(1))",
    "a colon as an entity": "[x](javascript&colon;alert(1))",
    "a control before it": "[x](&#1;javascript:alert(1))",
    "a space before it": "[x](< javascript:alert(1)>)",
    "an escape": "[x](j\\avascript:alert(1))",
    "an autolink": "<javascript:alert(1)>",
    "a reference": "[x]\n\n[x]: javascript:alert(1)",
    "data": "[x](data:text/html,<script>alert(1)</script>)",
    "data in base64": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "data in an autolink": "<data:text/html,x>",
    "vbscript": "[x](vbscript:msgbox(1))",
    "a file": "[x](file:///etc/passwd)",
    "an image": "![x](javascript:alert(1))",
    "an image of data": "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "a raw link": '<a href="javascript:alert(1)">x</a>',
    "a raw link with a tab": '<a href="java&#9;script:alert(1)">x</a>',
    "another host than it seems": "[x](https://good.example@evil.example)",
    "no scheme": "[x](//evil.example)",
}
HARMLESS = {
    "a script": "<script>alert(1)</script>",
    "an image": "<img src=x onerror=alert(1)>",
    "an SVG": "<svg/onload=alert(1)>",
    "a style": "<style>*{display:none}</style>",
    "an iframe": "<iframe srcdoc='<script>alert(1)</script>'>",
    "a comment": "<!--><img src=x onerror=alert(1)>-->",
    "CDATA": "<![CDATA[<script>alert(1)</script>]]>",
    "an entity": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "words": "javascript: is a word, and data: too",
    "10,000 brackets": "[" * 10_000,
    "10,000 closing brackets": "]" * 10_000,
    "10,000 stars": "*" * 9_999 + "a",
    "10,000 underscores": "_a" * 5_000,
    "5,000 quotes": ">" * 5_000 + "a",
    "10,000 backquotes": "`" * 9_999 + "a",
    "brackets and parentheses": "[a](" * 2_500,
    "5,000 lists": "- " * 5_000 + "a",
}
ALLOWED_TAGS = re.compile(
    r"</?(?:p|br|strong|em|u|s|del|ul|ol|li|blockquote|small|big|code|pre|a|img)(?: [a-z]+(?:=\"[^\"]*\")?)* ?/?>"
)


@pytest.fixture
def nothing_else(url: str, thread: Json, moderator: str) -> Iterator[None]:
    """Around a test of bad text: nothing stored, the process alive, another reader unharmed."""
    with unharmed(url, thread["id"], moderator):
        yield


@pytest.fixture
def mine(url: str, key: str, ann: Guest) -> str:
    """A comment to edit, in a thread of its own."""
    with Api(url) as api:
        thread = api.snapshot("demo", f"{key}/mine")["thread"]["id"]
        made: str = api.post(thread, "As it was", token=ann.token).ok(201)["comment"]["id"]
        return made


BODIES = {**DECEIVING, **EMPTY, **LINKS, "10,001 letters": "a" * 10_001, "60,000 letters": "a" * 60_000}


@pytest.mark.parametrize("text", BODIES.values(), ids=BODIES)
@pytest.mark.usefixtures("nothing_else")
def test_a_bad_comment(say: Speaker, thread: Json, mine: str, ann: Guest, text: str) -> None:
    say.refused("bad_request", "post", ann.token, thread=thread["id"], id=str(uuid.uuid4()), body=text)
    say.refused("bad_request", "edit", ann.token, comment=mine, body=text)


@pytest.mark.parametrize("text", TURNING.values(), ids=TURNING)
def test_harmless_without_what_turns_the_direction(say: Speaker, thread: Json, ann: Guest, text: str) -> None:
    body = say.post(thread["id"], ann.token, text)["body"]
    assert body == re.sub("[\u202a-\u202e\u2066-\u2069]", "", text)


NAMES = {
    **DECEIVING,
    **TURNING,
    "51 letters": "a" * 51,
    "two lines": "Ann\nAdmin",
    "only blanks": "\u3164",
    "only a joiner": "\u200d",
    "a script": "javascript:alert(1)",
    "a script with a tab": "java\tscript:alert(1)",
    "a script with entities": "&#106;avascript&colon;alert(1)",
    "a script in capitals": "JAVASCRIPT:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "data in base64": "data:text/html;base64,PHNjcmlwdD4=",
}
WEBSITES = {
    **DECEIVING,
    **TURNING,
    "a script": "javascript:alert(1)",
    "a script with a tab": "java\tscript:alert(1)",
    "a script with a line break": "java\nscript:alert(1)",
    "a script with entities": "&#106;avascript&colon;alert(1)",
    "a script that looks like a site": "javascript://a.example/%0aalert(1)",
    "data": "data:text/html,x",
    "vbscript": "vbscript:x",
    "a file": "file:///etc/passwd",
    "another scheme": "ftp://a.example",
    "no host": "https://",
    "a user name": "https://good.example@evil.example",
    "a space": "https://a.example/ b",
    "a quote": 'https://a.example/"onmouseover="alert(1)',
    "a tag": "https://a.example/<script>",
    "a backslash": "https://a.example\\@evil.example",
    "a port that is none": "https://a.example:99999",
    "too long": "https://a.example/" + "a" * 200,
    "words": "my home page",
}
EMAILS = {
    **DECEIVING,
    **TURNING,
    "no at": "ann",
    "no host": "ann@",
    "two lines": "ann@a.example\nBcc: x@b.example",
    "long": "a" * 250 + "@a.example",
}


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
@pytest.mark.usefixtures("nothing_else")
def test_a_bad_name(api: Api, text: str) -> None:
    api.call("POST", "/api/v1/sessions", {"site": "demo", "name": text}).refused(400, "bad_request")


@pytest.mark.parametrize("text", WEBSITES.values(), ids=WEBSITES)
@pytest.mark.usefixtures("nothing_else")
def test_a_bad_website(api: Api, text: str) -> None:
    api.call("POST", "/api/v1/sessions", {"site": "demo", "website": text}).refused(400, "bad_request")


@pytest.mark.parametrize("text", EMAILS.values(), ids=EMAILS)
@pytest.mark.usefixtures("nothing_else")
def test_a_bad_email(api: Api, text: str) -> None:
    api.call("POST", "/api/v1/sessions", {"site": "demo", "email": text}).refused(400, "bad_request")


@pytest.mark.parametrize("text", ["ab\ud800cd", "\udc00"], ids=["high", "low"])
@pytest.mark.usefixtures("nothing_else")
def test_a_lone_surrogate_in_a_comment(url: str, thread: Json, ann: Guest, text: str) -> None:
    """JSON alone can say it, as an escape."""
    with Api(url) as api:
        api.post(thread["id"], text, token=ann.token).refused(400, "bad_request")
        api.call("POST", "/api/v1/sessions", {"site": "demo", "name": text}).refused(400, "bad_request")


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless_texts_are_shown_as_text(say: Speaker, thread: Json, ann: Guest, text: str) -> None:
    """Or refused with a code, where showing them would cost too much."""
    outcome = say.say("post", ann.token, thread=thread["id"], id=str(uuid.uuid4()), body=text)
    if outcome.error is not None:
        assert outcome.code == "bad_request"
        return
    assert outcome.comment is not None
    html = outcome.comment["html"]
    tags = re.findall(r"<[^>]*>", html)
    assert all(ALLOWED_TAGS.fullmatch(tag) for tag in tags), html[:500]
    assert not re.search(r"<[^>]*(?:\son\w+|javascript:|data:|style)", html, re.IGNORECASE), html[:500]


@pytest.mark.every("mode", "encoding", "door")
def test_the_full_length_counts_characters(say: Speaker, thread: Json, ann: Guest) -> None:
    for text in ("a" * 10_000, "é" * 10_000, "😀" * 10_000):
        assert say.post(thread["id"], ann.token, text)["body"] == text
