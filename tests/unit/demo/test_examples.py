"""The snippets of /examples are those of docs/embedding.md, each where a reader looks for it."""

import re

import pytest

from hubbub.demo.examples import DOCUMENTED_HOST, EXAMPLES, FILES, Example
from tests.support.processes import ROOT

DOCS = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")
WAYS = DOCS.partition("## Ways onto a page\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_documentation_has_the_very_code(example: Example) -> None:
    section = WAYS.partition(f"### {example.title}\n")[2].partition("\n### ")[0]
    assert f"```{example.language}\n{example.code}```" in section
    assert DOCUMENTED_HOST in example.code


def test_every_way_of_the_documentation_is_an_example() -> None:
    assert re.findall("^### (.*)", WAYS, re.MULTILINE) == [example.title for example in EXAMPLES]


def test_every_file_is_an_example() -> None:
    assert {path.name for path in FILES.iterdir()} == {example.file for example in EXAMPLES}
