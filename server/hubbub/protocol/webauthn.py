"""What browsers and server say to each other about passkeys: the JSON forms of WebAuthn Level 3 (5.1.8 to 5.1.10).
Bytes are base64url without padding. Browsers add fields of their own, which are passed over."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

CREDENTIAL_CHARS = 1364  # of an id: 1,023 bytes (WebAuthn, 4)
Bytes = Annotated[str, msgspec.Meta(max_length=8192, pattern=r"^[A-Za-z0-9_-]*\Z")]
CredentialId = Annotated[str, msgspec.Meta(min_length=1, max_length=CREDENTIAL_CHARS, pattern=r"^[A-Za-z0-9_-]+\Z")]
PublicKey = Literal["public-key"]


class AttestationResponse(msgspec.Struct, frozen=True):
    """What an authenticator answers that has made a passkey."""

    client_data: Bytes = msgspec.field(name="clientDataJSON")
    attestation_object: Bytes = msgspec.field(name="attestationObject")


class NewCredential(msgspec.Struct, frozen=True):
    """A passkey that was made: RegistrationResponseJSON."""

    id: CredentialId
    response: AttestationResponse


class AssertionResponse(msgspec.Struct, frozen=True):
    """What an authenticator answers that has signed a challenge."""

    client_data: Bytes = msgspec.field(name="clientDataJSON")
    authenticator_data: Bytes = msgspec.field(name="authenticatorData")
    signature: Bytes
    user_handle: Bytes | None = msgspec.field(name="userHandle", default=None)


class UsedCredential(msgspec.Struct, frozen=True):
    """A passkey that was used: AuthenticationResponseJSON."""

    id: CredentialId
    response: AssertionResponse


class RelyingParty(msgspec.Struct, frozen=True):
    """Who asks: the page's host, by default, and the site's title."""

    name: str
    id: str | UnsetType = UNSET


class PasskeyUser(msgspec.Struct, frozen=True, rename="camel"):
    """Whose passkey it is."""

    id: str
    name: str
    display_name: str


class KeyParameters(msgspec.Struct, frozen=True):
    """A kind of key that is taken, by its number at COSE (IANA)."""

    alg: int
    type: PublicKey = "public-key"


class CredentialDescriptor(msgspec.Struct, frozen=True):
    """A passkey that is there."""

    id: str
    type: PublicKey = "public-key"


class AuthenticatorSelection(msgspec.Struct, frozen=True, rename="camel"):
    """A passkey is found without being named, so that somebody signs in who is nobody yet."""

    resident_key: Literal["required"] = "required"
    require_resident_key: bool = True
    user_verification: Literal["preferred"] = "preferred"


class PasskeyView(msgspec.Struct, frozen=True):
    """An author's passkey: the host whose pages it is for, when it was made and last used (RFC 3339)."""

    id: str
    host: str
    at: str
    used_at: str | None


class CreationOptions(msgspec.Struct, frozen=True, rename="camel"):
    """How to make a passkey: PublicKeyCredentialCreationOptionsJSON."""

    rp: RelyingParty
    user: PasskeyUser
    challenge: str
    pub_key_cred_params: list[KeyParameters]
    exclude_credentials: list[CredentialDescriptor]
    timeout: int
    authenticator_selection: AuthenticatorSelection = AuthenticatorSelection()
    attestation: Literal["none"] = "none"


class RequestOptions(msgspec.Struct, frozen=True, rename="camel"):
    """How to use one, whichever the reader picks: PublicKeyCredentialRequestOptionsJSON."""

    challenge: str
    timeout: int
    rp_id: str | UnsetType = UNSET
    user_verification: Literal["preferred"] = "preferred"
