"""What authenticators say, read and verified (WebAuthn Level 3, 7.1 and 7.2), by Yubico's fido2. That is imported when
it is needed: few readers have a passkey, and every start would wait for it."""

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.protocol.webauthn import NewCredential, UsedCredential

if TYPE_CHECKING:
    from fido2.server import Fido2Server

ALGORITHMS = (-8, -7, -257)  # EdDSA, ES256 and RS256: each authenticator has one of them (WebAuthn, 5.4)


class ClientData(NamedTuple):
    """What the browser says: the challenge, the page's origin, and whether the page was in another origin's frame."""

    challenge: bytes
    origin: str
    framed: bool


class NewKey(NamedTuple):
    """The public key of a new passkey (base64url), and its sign counter."""

    key: str
    sign_count: int


def host_of(origin: str) -> str:
    """The relying party's id of a page: its host, which is a browser's default (WebAuthn, 5.4.2)."""
    return urlsplit(origin).hostname or ""


def read_client_data(encoded: str) -> ClientData:
    """What the browser says, not yet believed. Raises Refused `bad_request`."""
    from fido2.utils import websafe_decode
    from fido2.webauthn import CollectedClientData

    try:
        said = CollectedClientData(websafe_decode(encoded))
        return ClientData(said.challenge, str(said.origin), said.cross_origin is not False)
    except Exception:  # a stranger's bytes, in somebody else's code
        raise bad_request("`clientDataJSON` is not what a browser says of a passkey.") from None


def verify_new(made: NewCredential, client: ClientData) -> NewKey:
    """Verifies a passkey that was made for `client`, whose challenge and origin the caller has checked. Raises Refused
    `bad_request`."""
    from fido2.utils import websafe_encode

    response = {
        "clientDataJSON": made.response.client_data,
        "attestationObject": made.response.attestation_object,
    }
    try:
        said = _server(client).register_complete(
            _state(client), {"id": made.id, "rawId": made.id, "response": response, "type": "public-key"}
        )
        key = said.credential_data
        if key is None or websafe_encode(key.credential_id) != made.id or key.public_key[3] not in ALGORITHMS:
            raise ValueError("not the credential that was asked for")
    except Exception:  # a stranger's bytes, in somebody else's code
        raise bad_request("This passkey can't be kept: it is not what was asked for.") from None
    return NewKey(websafe_encode(key), said.counter)


def verify_used(used: UsedCredential, key: str, client: ClientData) -> int:
    """Verifies that the passkey with this public key signed the challenge of `client`; returns its sign counter. Raises
    Refused `unauthorized`."""
    from fido2.utils import websafe_decode
    from fido2.webauthn import AttestedCredentialData, AuthenticatorData

    response = {
        "clientDataJSON": used.response.client_data,
        "authenticatorData": used.response.authenticator_data,
        "signature": used.response.signature,
    }
    try:
        _server(client).authenticate_complete(
            _state(client),
            [AttestedCredentialData(websafe_decode(key))],
            {"id": used.id, "rawId": used.id, "response": response, "type": "public-key"},
        )
        return AuthenticatorData(websafe_decode(used.response.authenticator_data)).counter
    except Exception:  # a stranger's bytes, in somebody else's code
        raise Refused(ErrorCode.UNAUTHORIZED, "This passkey was refused: its answer does not fit.") from None


def _server(client: ClientData) -> "Fido2Server":
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestationConveyancePreference, PublicKeyCredentialRpEntity

    host = host_of(client.origin)
    party = PublicKeyCredentialRpEntity(name=host, id=host)
    return Fido2Server(party, AttestationConveyancePreference.NONE, lambda origin: origin == client.origin)


def _state(client: ClientData) -> dict[str, str | None]:
    from fido2.utils import websafe_encode

    return {"challenge": websafe_encode(client.challenge), "user_verification": None}
