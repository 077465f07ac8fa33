"""How long texts take to become HTML: `python -m tests.bench.bench_markup [--seconds N] [--seed N]`.

Prints the slowest of some hundred pathological texts of 10,000 characters, then of those that a random search for
slower ones finds in the time given. The times are CPU times, each the least of several runs.
"""

import argparse
import platform
import random
import time
from collections.abc import Iterator

from hubbub.markup import MarkupError, render

SIZE = 10_000
SIGNS = [*"[]()<>*_~`\\&#!-+=|:;'\"./\n\t a", "é", "\u0301", "😀", "\xa0", "אְ"]
MARKUP = [
    "1. ",
    "- ",
    "> ",
    "* ",
    "\n\n",
    "    ",
    "  \n",
    "```",
    "~~~",
    "**",
    "***",
    "__",
    "~~",
    "![",
    "](",
    "](u)",
    "# ",
]
LINES = [
    "\n# ",
    "\n---\n",
    "\n===\n",
    "\n- ",
    "\n> ",
    "\n1. ",
    "\n  - ",
    "\n    ",
    "- a\n",
    "> a\n",
    "a\n",
    "|a",
    "|-\n",
]
LINKS = [
    "[x]",
    "[x]: http://a.b\n",
    "[a](http://b)",
    "![a](http://b)",
    "http://a.b/",
    "https://a.b?&",
    "<a@b.c>",
    "<http://a>",
]
TYPED = [
    "<u>",
    "</u>",
    "<b>",
    "<i>",
    "</b>",
    "<br>",
    "<div>\n",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "<?",
    "<![CDATA[",
    "]]>",
]
REFERENCES = [
    "&amp;",
    "&#1;",
    "&#x301;",
    "&#9;",
    "&nbsp;",
    '<a href="',
    '">',
    "<a href=x>",
    "='",
    '="',
    "://",
    "http://",
]
SCRIPTS = ["**「", "」**は", "は**「", "~~「", "看http://a.b/a", "日", "를 ", "，", "\u202a1\u202c"]
ASIDE = [
    "http://a.b/_*~[",
    "&hl;",
    "http://[::",
    "C:\\_*",
    "\\\\a_",
    "¯\\_",
    "\\\n",
    "[y]: u\n",
    "]:",
    "[y]: 'u\n",
    "``` a b\n",
    "<big>",
]
ATOMS = [*SIGNS, *MARKUP, *LINES, *LINKS, *TYPED, *REFERENCES, *SCRIPTS, *ASIDE]


def repeated(unit: str, size: int = SIZE) -> str:
    """`unit` again and again, cut to `size` characters."""
    return (unit * (size // len(unit) + 1))[:size]


def runs(sign: str, between: str) -> str:
    """Runs of a sign, each one longer than the one before."""
    text = "".join(sign * length + between for length in range(1, 150))
    return text[:SIZE]


def pathological() -> Iterator[tuple[str, str]]:
    """Texts that are known to be slow in one CommonMark engine or another, by name."""
    for unit in ATOMS:
        yield repr(unit), repeated(unit)
    for unit in [
        "[a](",
        "*a ",
        "**a",
        "*a **a ",
        "_a* ",
        "a***",
        "*_",
        "[*_a",
        "[ (](",
        "[](",
        "[a](<b",
        "![[]()",
        "[a][",
        "``\\",
    ]:
        yield repr(unit), repeated(unit)
    for unit in [
        "a <?",
        "a <!A",
        "a <![CDATA[",
        "[a](b 'c",
        ">a\n\n",
        "> -\n\n",
        ">- >-\n\n",
        "<b><i></b></i>",
        "[t](/u) ",
        "`a`",
    ]:
        yield repr(unit), repeated(unit)
    half = SIZE // 2
    yield "nested brackets", "[" * half + "]" * half
    yield "nested strong", "*a **a " * (half // 7) + "b" + " a** a*" * (half // 7)
    yield "nested emphasis, mixed", ("*_" * half)[: half - 1] + "a" + ("_*" * half)[:half]
    yield "deep quote, lazy lines", ">" * half + "x\n" + "x\n" * (half // 2 - 1)
    yield "deep list, lazy lines", "- " * (half // 2) + "x\n" + "x\n" * (half // 2 - 1)
    yield "deep list, blank lines", "* " * (half // 2) + "a\n" + "\n" * (half - 2)
    yield "lists by indentation", "".join("  " * depth + "- a\n" for depth in range(95))
    yield "reference used often", "[x]: https://" + "x" * (SIZE // 4) + "\n\n" + "[x]" * (SIZE // 4 - 10)
    yield "backticks of all lengths", runs("`", "e")
    yield "tildes of all lengths", runs("~", " ")
    yield "typed tags, then paragraphs", "<u><b><i><s><small><big>" * 3 + "\n\n" + repeated("a\n\n", SIZE - 80)
    yield "typed tags that close nothing", "<div>\n" + "<small>" * 20 + repeated("</u>", SIZE - 150)
    yield "links, then headings", repeated("[a](http://b.c) x&y <z ", 4_800) + repeated("a\n===\n# \n", 5_200)
    yield "address with brackets", "http://a.b/" + "(" * half + ")" * (half - 11)
    yield "marks in a row", "a" + "\u0301\u0316" * (half - 1)
    yield (
        "dense prose",
        repeated(
            "Some **bold**, *em* text with [a link](https://a.b/c) and `code`.\n\n- one\n- two\n\n> said\n\n", 8_000
        ),
    )


def cost(text: str) -> tuple[float, str]:
    """CPU milliseconds from text to safe HTML, and what came of it."""
    best, outcome = float("inf"), "shown"
    for _ in range(7):
        begun = time.thread_time()
        try:
            render(text)
        except MarkupError:
            outcome = "refused"
        best = min(best, time.thread_time() - begun)
    return best * 1_000, outcome


def invented(rng: random.Random) -> str:
    """A text of up to four repeated units of up to eight atoms."""
    parts = []
    for _ in range(rng.choice([1, 1, 2, 3, 4])):
        unit = "".join(rng.choice(ATOMS) for _ in range(rng.choice([1, 2, 2, 3, 4, 5, 8])))
        parts.append(repeated(unit, rng.randint(1, SIZE)))
    return "".join(parts)[:SIZE].ljust(SIZE, "a")


def slowest(texts: Iterator[tuple[str, str]], count: int) -> list[tuple[float, str, str]]:
    """The slowest texts: milliseconds, outcome, name."""
    return sorted(((*cost(text), name) for name, text in texts), reverse=True)[:count]


def search(seconds: float, seed: int) -> Iterator[tuple[str, str]]:
    """Random texts, until the time is over."""
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text = invented(rng)
        yield repr(text[:40]), text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{SIZE:,} characters, Python {platform.python_version()}, CPU ms from text to safe HTML\n")
    for title, texts in (("known", pathological()), ("found by search", search(options.seconds, options.seed))):
        print(f"slowest {title}")
        for milliseconds, outcome, name in slowest(texts, 8):
            print(f"  {milliseconds:6.2f}  {outcome:8} {name}")


if __name__ == "__main__":
    main()
