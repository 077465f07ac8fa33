"""axe-core in a page: what it finds wrong for people who don't see, hear or point."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Frame, Page

AXE = Path(__file__).parents[2] / "client" / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _source() -> str:
    assert AXE.exists(), "axe-core is missing: run `npm --prefix client ci`"
    return AXE.read_text(encoding="utf-8")


def violations(page: Page | Frame, *, contrast: bool = False) -> list[str]:
    """All rules, the best practices too, on the page and inside shadow roots; one line a finding. `contrast` asks for
    that alone, where the same page was asked for all in other colours.
    """
    if not page.evaluate("!!window.axe"):
        page.evaluate(_source())  # through the debugger, which no Content-Security-Policy holds back
    asked = {"resultTypes": ["violations"], **({"runOnly": ["color-contrast"]} if contrast else {})}
    found = page.evaluate("(asked) => axe.run(document, asked)", asked)
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
