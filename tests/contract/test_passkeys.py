"""Passkeys: they bring an author to any device, on their own site and by their own key alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.conftest import OTHER_PAGE
from tests.contract.test_own_data import exported
from tests.support.authenticator import Authenticator
from tests.support.contract import PAGE, Answer, Api, Guest, Json
from tests.support.tokens import mint


def make(api: Api, token: str, **odd: object) -> Authenticator:
    """A passkey that is kept for an author."""
    device = Authenticator(PAGE, **odd)  # type: ignore[arg-type]  # a test's own words
    keep(api, token, device).ok(201)
    return device


def keep(api: Api, token: str, device: Authenticator, kind: str = "webauthn.create") -> Answer:
    """Asks to keep a passkey."""
    options = api.call("POST", "/api/v1/me/passkeys/options", {}, token=token).ok()["options"]
    return api.call("POST", "/api/v1/me/passkeys", {"passkey": device.create(options, kind)}, token=token)


def ask(api: Api, site: str = "demo") -> Json:
    """How to sign in."""
    options: Json = api.call("POST", "/api/v1/sessions/options", {"site": site}, token=None).ok()["options"]
    return options


def enter(api: Api, used: Json, site: str = "demo") -> Answer:
    """Signs in."""
    return api.call("POST", "/api/v1/sessions", {"site": site, "passkey": used}, token=None)


@pytest.mark.every("mode")
def test_a_passkey_brings_an_author_to_another_device(api: Api, thread: Json) -> None:
    ann = api.session(name="Ann", website="https://ann.example")
    device = make(api, ann.token)
    assert enter(api, device.get(ask(api))).ok(201)["author"]["name"] == "Ann"
    api.post(thread["id"], token=ann.token).ok(201)
    made = enter(api, device.get(ask(api))).ok(201)
    assert made["author"] == {**ann.author, "comments": 1, "original": "Ann"}
    api.post(thread["id"], token=made["token"]).ok(201)
    (shown,) = api.call("GET", "/api/v1/me/passkeys", token=made["token"]).ok()["passkeys"]
    assert (shown["id"], shown["host"]) == (device.create({"user": {"id": ""}, "challenge": ""})["id"], "localhost")
    assert shown["used_at"] > shown["at"]


def test_what_a_page_asks_for(api: Api) -> None:
    ann = api.session(name="Ann")
    device = make(api, ann.token)
    options = api.call("POST", "/api/v1/me/passkeys/options", {}, token=ann.token).ok()["options"]
    assert options["rp"]["id"] == ask(api)["rpId"] == "localhost"
    assert (options["user"]["id"], options["user"]["name"]) == (device.user_handle, "Ann")
    assert ann.author["id"] not in str(options)
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert [one["id"] for one in options["excludeCredentials"]] == [device.get(ask(api))["id"]]
    asked = api.send("POST", "/api/v1/sessions/options", b'{"site":"demo"}', {"Origin": None}).ok()
    assert "rpId" not in asked["options"], "a program has no host: the browser takes the page's"


@pytest.mark.every("mode")
def test_a_challenge_is_good_once(api: Api) -> None:
    ann = api.session(name="Ann")
    options = api.call("POST", "/api/v1/me/passkeys/options", {}, token=ann.token).ok()["options"]
    for device, status in ((Authenticator(PAGE), 201), (Authenticator(PAGE), 401)):
        body = {"passkey": device.create(options)}
        assert api.call("POST", "/api/v1/me/passkeys", body, token=ann.token).status == status
    used = make(api, ann.token).get(ask(api))

    def one(_: int) -> int:
        with Api(api.url) as page:
            return enter(page, used).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [201, 401, 401, 401]


def test_a_challenge_is_for_what_it_was_asked_for(api: Api, bob: Guest) -> None:
    ann = api.session(name="Ann")
    device = make(api, ann.token)
    theirs = api.call("POST", "/api/v1/me/passkeys/options", {}, token=bob.token).ok()["options"]
    body = {"passkey": Authenticator(PAGE).create(theirs)}
    api.call("POST", "/api/v1/me/passkeys", body, token=ann.token).refused(401, "unauthorized")
    enter(api, device.get(theirs)).refused(401, "unauthorized")
    enter(api, device.get({"challenge": ""})).refused(401, "unauthorized")
    enter(api, device.get(ask(api)), "other").refused(403, "forbidden")
    enter(api, device.get(ask(api), "webauthn.create")).refused(401, "unauthorized")
    keep(api, ann.token, Authenticator(PAGE), "webauthn.get").refused(400, "bad_request")


def test_a_passkey_is_used_on_pages_of_its_host_alone(api: Api) -> None:
    ann = api.session(name="Ann")
    device = make(api, ann.token)
    for origin in (OTHER_PAGE, "https://evil.example", "http://localhost.evil:9999", "http://localhost:9998", "null"):
        device.origin = origin
        enter(api, device.get(ask(api))).refused(403, "forbidden")
        keep(api, ann.token, Authenticator(origin)).refused(403, "forbidden")
    device.origin = "https://evil.example"
    with Api(api.url, origin=None) as program:
        enter(program, device.get(ask(program))).refused(403, "forbidden")
    device.origin, device.host = PAGE, "evil.example"
    enter(api, device.get(ask(api))).refused(401, "unauthorized")
    keep(api, ann.token, Authenticator(PAGE, "evil.example")).refused(400, "bad_request")
    device.host, device.framed = "", True
    enter(api, device.get(ask(api))).refused(403, "forbidden")
    device.framed = False
    enter(api, device.get(ask(api))).ok(201)


def test_a_passkey_is_for_the_host_of_its_page(api: Api) -> None:
    with Api(api.url, origin=OTHER_PAGE) as page:
        eve = page.session("other", name="Eve")
        device = Authenticator(OTHER_PAGE, "localhost")
        keep(page, eve.token, device).refused(400, "bad_request")
        device.host = ""
        (kept,) = keep(page, eve.token, device).ok(201)["passkeys"]
        assert kept["host"] == ask(page, "other")["rpId"] == "other.example"
        enter(page, device.get(ask(page, "other")), "other").ok(201)
        device.host = "localhost"
        enter(page, device.get(ask(page, "other")), "other").refused(401, "unauthorized")


def test_what_was_not_asked_for_is_not_kept(api: Api) -> None:
    ann = api.session(name="Ann")
    keep(api, ann.token, Authenticator(PAGE, algorithm=-35)).refused(400, "bad_request")
    options = api.call("POST", "/api/v1/me/passkeys/options", {}, token=ann.token).ok()["options"]
    renamed = Authenticator(PAGE).create(options) | {"id": "AAAA"}
    api.call("POST", "/api/v1/me/passkeys", {"passkey": renamed}, token=ann.token).refused(400, "bad_request")


def test_this_servers_own_page_may_be_in_a_frame(api: Api) -> None:
    with Api(api.url, origin=api.url.split()[0].replace("127.0.0.1", "localhost")) as frame:
        ann = frame.session(name="Ann")
        assert frame.origin is not None
        device = Authenticator(frame.origin, framed=True)
        keep(frame, ann.token, device).ok(201)
        enter(frame, device.get(ask(frame))).ok(201)


def test_a_passkey_of_one_site_opens_no_other(api: Api, secret: str) -> None:
    own = api.url.split()[0].replace("127.0.0.1", "localhost")
    with Api(api.url, origin=own) as page:
        device = Authenticator(own)
        keep(page, page.session(name="Ann").token, device).ok(201)
        enter(page, device.get(ask(page, "other")), "other").refused(401, "unauthorized")
        enter(page, device.get(ask(page, "other"))).refused(401, "unauthorized")
        stranger = mint(secret, "guest", site="other")
        shown = page.call("GET", "/api/v1/me/passkeys", token=stranger)
        assert shown.body["passkeys"] == []


def test_a_passkey_is_its_authors_alone(api: Api, bob: Guest) -> None:
    ann = api.session(name="Ann")
    device, theirs = make(api, ann.token), make(api, bob.token)
    keep(api, bob.token, Authenticator(PAGE, id=device.id)).refused(409, "conflict")
    stolen = Authenticator(PAGE, id=device.id, user_handle=device.user_handle)
    enter(api, stolen.get(ask(api))).refused(401, "unauthorized")
    theirs.user_handle = device.user_handle
    enter(api, theirs.get(ask(api))).refused(401, "unauthorized")
    enter(api, Authenticator(PAGE).get(ask(api))).refused(401, "unauthorized")
    absent = Authenticator(PAGE, id=device.id, key=device.key, flags=0)
    enter(api, absent.get(ask(api))).refused(401, "unauthorized")


def test_a_counter_that_goes_back_tells_of_a_copy(api: Api) -> None:
    ann = api.session(name="Ann")
    device = make(api, ann.token, sign_count=5)
    for count, status in ((5, 401), (7, 201), (7, 401), (6, 401), (0, 401), (8, 201)):
        device.sign_count = count
        assert enter(api, device.get(ask(api))).status == status, count


def test_a_removed_passkey_is_void_and_the_others_stay(api: Api) -> None:
    ann, eve = api.session(name="Ann"), api.session(name="Eve")
    first, second = make(api, ann.token), make(api, ann.token)
    remove = {"id": first.get(ask(api))["id"]}
    assert len(api.call("DELETE", "/api/v1/me/passkeys", remove, token=eve.token).ok()["passkeys"]) == 0
    enter(api, first.get(ask(api))).ok(201)
    assert len(api.call("DELETE", "/api/v1/me/passkeys", remove, token=ann.token).ok()["passkeys"]) == 1
    enter(api, first.get(ask(api))).refused(401, "unauthorized")
    enter(api, second.get(ask(api))).ok(201)


@pytest.mark.every("mode")
def test_passkeys_are_exported_and_erased_with_their_author(api: Api, thread: Json) -> None:
    ann = api.session(name="Ann")
    api.post(thread["id"], token=ann.token).ok(201)
    device = make(api, ann.token)
    listed = api.call("GET", "/api/v1/me/passkeys", token=ann.token).ok()["passkeys"]
    assert exported(api, ann.token)[2:] == [{"passkey": one} for one in listed]
    api.call("POST", "/api/v1/me/erase", {}, token=ann.token).ok()
    assert len(exported(api, ann.token)) == 1
    enter(api, device.get(ask(api))).refused(401, "unauthorized")


def test_staff_and_strangers_keep_none(api: Api, moderator: str) -> None:
    for path in ("/api/v1/me/passkeys/options", "/api/v1/me/passkeys"):
        api.call("POST", path, {}, token=moderator).refused(403, "forbidden")
        api.call("POST", path, {}, token=None).refused(401, "unauthorized")


@pytest.mark.parametrize("wrong", ["", "!", "AAAA", "e30", "bnVsbA", "WzFd", "gYGBgYGBgYGBgYGB" * 500])
def test_bytes_that_are_none_of_an_authenticator_are_refused(api: Api, wrong: str) -> None:
    ann = api.session(name="Ann")
    device = make(api, ann.token)
    options = api.call("POST", "/api/v1/me/passkeys/options", {}, token=ann.token).ok()["options"]
    for field in ("clientDataJSON", "attestationObject"):
        made = Authenticator(PAGE).create(options)
        made["response"][field] = wrong
        api.call("POST", "/api/v1/me/passkeys", {"passkey": made}, token=ann.token).refused(400, "bad_request")
    for field in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        used = device.get(ask(api))
        used["response"][field] = wrong
        assert enter(api, used).status in ((201,) if field == "userHandle" and not wrong else (400, 401)), field
