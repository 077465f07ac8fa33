"""An authenticator in software (WebAuthn Level 3, 6), and the browser around it: makes passkeys and signs with them as
they do, or wrongly where a test says so."""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor

Json = dict[str, Any]
_PRESENT, _VERIFIED, _NEW_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey, used on a page at `origin`. Each field may be changed to what an attacker would have."""

    origin: str
    host: str = ""  # the relying party; that of the page unless said
    framed: bool = False
    sign_count: int = 0  # a passkey that is synchronised counts nothing
    user_handle: str | None = None
    algorithm: int = -7  # ES256 (COSE)
    flags: int = _PRESENT | _VERIFIED
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(SECP256R1()))

    def create(self, options: Json, kind: str = "webauthn.create") -> Json:
        """Makes the passkey, as `navigator.credentials.create` does: RegistrationResponseJSON."""
        self.user_handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: self.algorithm, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor.encode(cose)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(_NEW_KEY) + key}
        client_data = self._client_data(kind, options["challenge"])
        response = {"clientDataJSON": encode(client_data), "attestationObject": encode(cbor.encode(attestation))}
        return self._credential(response | {"transports": ["internal"], "publicKeyAlgorithm": self.algorithm})

    def get(self, options: Json, kind: str = "webauthn.get") -> Json:
        """Signs, as `navigator.credentials.get` does: AuthenticationResponseJSON."""
        client_data, data = self._client_data(kind, options["challenge"]), self._data()
        signature = self.key.sign(data + sha256(client_data).digest(), ECDSA(SHA256()))
        response = {"authenticatorData": encode(data), "signature": encode(signature)}
        return self._credential(response | {"clientDataJSON": encode(client_data), "userHandle": self.user_handle})

    def _data(self, flags: int = 0) -> bytes:
        host = self.host or urlsplit(self.origin).hostname or ""
        return sha256(host.encode()).digest() + bytes([self.flags | flags]) + self.sign_count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.framed}
        return json.dumps(said).encode()

    def _credential(self, response: Json) -> Json:
        name = encode(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes again."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
