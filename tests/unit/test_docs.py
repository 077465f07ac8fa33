"""The documentation's links lead somewhere, and every decision is in the index."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
DECISIONS = sorted((ROOT / "docs/decisions").glob("2*.md"))


def text_of(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def links_of(page: Path) -> list[str]:
    """Where the links of a page lead; examples in code are none."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text_of(page)))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), flags=re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    for link in links_of(page):
        if re.match("[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


PLACES = [ROOT, ROOT / "server/hubbub", ROOT / "tests", ROOT / "client/src"]


def files(name: str) -> list[Path]:
    """The files that a page means by `name`: a path from one of PLACES, or a bare name."""
    if "/" in name:
        return [place / name for place in PLACES if (place / name).exists()]
    return [path for place in ("server/hubbub", "tests", "client/src") for path in (ROOT / place).rglob(name)]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: str(page.name))
def test_files_and_tests_that_a_page_names_exist(page: Path) -> None:
    last: Path | None = None
    for name, test in re.findall(r"`([\w/-]+\.(?:py|ts))?(?:::(test_\w+))?`", text_of(page)):
        if name:
            assert files(name), f"there is no {name}"
            last = files(name)[0]
        if test:
            assert last is not None
            assert f"def {test}(" in last.read_text(encoding="utf-8"), f"{last} has no {test}"


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert [path.name for path in DECISIONS if f"({path.name})" not in index] == []


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_a_title_its_date_and_what_was_weighed(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert path.name[:10] in "\n".join(lines[1:4])


def test_the_limits_of_the_widgets_parts_are_those_that_its_build_holds() -> None:
    script = (ROOT / "client/size.mjs").read_text(encoding="utf-8")
    held = re.findall(r"^(?:const (?:READ|WRITE|LANGUAGE) =|  \w+:) ([\d_]+)", script, flags=re.MULTILINE)
    table = (ROOT / "docs/performance.md").read_text(encoding="utf-8").partition("| part | bytes | limit |")[2]
    told = re.findall(r"^\|.*\| ([\d,]+) \|$", table.partition("\n\n")[0], flags=re.MULTILINE)
    assert len(held) > 10
    assert sorted(int(limit.replace("_", "")) for limit in held) == sorted(
        int(limit.replace(",", "")) for limit in told
    )
