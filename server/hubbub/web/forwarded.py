"""Network addresses: what a proxy says of its client, and by what limits count."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from hubbub.settings import UNIX

Address = IPv4Address | IPv6Address

_HOP = re.compile(r"""\[([^]]+)](?::\d{1,5})?|([\d.]+)(?::\d{1,5})?|([^][]*)""")


class Proxies:
    """Those whose word counts: networks, and `unix` for whoever comes over a Unix socket."""

    def __init__(self, names: Sequence[str]) -> None:
        self.unix = UNIX in names
        self._networks = [ip_network(name, strict=False) for name in names if name != UNIX]

    def __contains__(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


@lru_cache(4096)
def parse(address: str) -> Address | None:
    """An address, IPv4 as such even where a dual-stack socket shows it as IPv6; None for what is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def hops_of(forwarded: Iterable[str]) -> list[str]:
    """The entries of X-Forwarded-For, which proxies write in many ways, the nearest last; empty ones are none."""
    entries = (hop.strip(' \t"') for line in forwarded for hop in line.split(","))
    return [hop for hop in entries if hop]


def read_hop(hop: str) -> Address | None:
    """The address in an entry, with or without brackets and a port; None where it says something else."""
    found = _HOP.fullmatch(hop)
    return None if found is None else parse(found[1] or found[2] or found[3])


@lru_cache(4096)
def network_of(address: Address | None) -> str:
    """IPv6 clients own a /64 at least, so limits count by that."""
    if address is None:
        return "unknown"
    return str(address) if address.version == 4 else str(ip_network(f"{address}/64", strict=False))
