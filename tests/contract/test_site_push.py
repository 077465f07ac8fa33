"""A change of a site's settings reaches the pages that are open."""

import uuid
from contextlib import ExitStack

import pytest

from tests.support.contract import PAGE, Api, Live, Wire, eventually
from tests.support.tokens import mint


@pytest.mark.every("mode", "encoding")
def test_who_follows_threads_of_a_site_hears_of_its_settings(url: str, wire: Wire, secret: str, key: str) -> None:
    site, operator = f"s{uuid.uuid4().hex[:8]}", mint(secret, "operator", site="*")
    with Api(url, token=operator) as api, ExitStack() as stack:
        api.call("PUT", f"/api/v1/sites/{site}", {"origins": [PAGE]}).ok()
        for node in url.split():
            with Api(node) as page:
                eventually(lambda page=page: page.get("/api/v1/counts", site=site, key=key).status == 200, "the site")  # type: ignore[misc]  # see mypy
        readers = [stack.enter_context(Live(node, wire)) for node in url.split()]
        for reader in readers:
            joined = reader.do("join", site=site, key=key)
            before, thread = joined["site"], joined["thread"]
            reader.do("join", site=site, key=f"{key}/second")
        api.call("PATCH", f"/api/v1/sites/{site}", {"title": "News", "votes": "both", "images": True}).ok()
        for node, reader in zip(url.split(), readers, strict=True):
            told = {**before, "title": "News", "votes": "both", "images": True}
            assert reader.push("site") == {"push": "site", "site": told}
            assert reader.do("join", site=site, key=key)["site"] == told
            with Api(node) as page:  # who polls learns of them with the next events
                events = page.get(f"/api/v1/threads/{thread['id']}/events", epoch=thread["epoch"], site=1)
            assert events.ok()["site"] == told
            assert not [one for one in reader.pushes if one["push"] == "site"], "once, however many threads one follows"
