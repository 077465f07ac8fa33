"""httpx for plain HTTP on this machine: no proxies, and no certificates, which take as long to read as a small test."""

import ssl
from typing import Any

import httpx

_PLAIN: dict[str, Any] = {
    "trust_env": False,
    "timeout": 60.0,  # s until an answer counts as lost; on a busy machine, not a measure of speed
    "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
}


def get(url: str, **options: Any) -> httpx.Response:
    """As httpx.get."""
    return httpx.get(url, **_PLAIN, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """As httpx.post."""
    return httpx.post(url, **_PLAIN, **options)


def client(**options: Any) -> httpx.Client:
    """As httpx.Client."""
    return httpx.Client(**_PLAIN, **options)


def async_client(**options: Any) -> httpx.AsyncClient:
    """As httpx.AsyncClient, with its timeouts of 5 s."""
    return httpx.AsyncClient(**{**_PLAIN, "timeout": 5.0, **options})
