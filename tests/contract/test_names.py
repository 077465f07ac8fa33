"""Names to pick from, and whose a name is."""

import pytest

from tests.support.contract import Api


@pytest.mark.every("mode")
def test_three_names_are_drawn_to_pick_from(api: Api) -> None:
    drawn = [name for _ in range(3) for name in api.get("/api/v1/sites/demo/nicks").ok()["nicks"]]
    assert len(drawn) == 9
    assert len(set(drawn)) > 3, "drawn anew each time"
    assert api.session(name=drawn[0]).author["name"] == drawn[0]


def test_names_are_drawn_for_pages_of_the_site_alone(api: Api) -> None:
    api.get("/api/v1/sites/other/nicks").refused(403, "forbidden")
    api.get("/api/v1/sites/nowhere/nicks").refused(404, "not_found")
