"""Network addresses: parsing X-Forwarded-For, and what a client counts as for limits."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from hubbub.settings import UNIX

Address = IPv4Address | IPv6Address

_HOP = re.compile(r"""\[([^]]+)](?::\d{1,5})?|([\d.]+)(?::\d{1,5})?|([^][]*)""")


class Proxies:
    """The trusted proxies: networks, and `unix` for every client of a Unix socket."""

    def __init__(self, names: Sequence[str]) -> None:
        self.unix = UNIX in names
        self._networks = [ip_network(name, strict=False) for name in names if name != UNIX]

    def __contains__(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


@lru_cache(4096)
def parse(address: str) -> Address | None:
    """Parses an address; None if it is none. An IPv4 address that a dual-stack socket shows as IPv6 becomes IPv4."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def hops_of(forwarded: Iterable[str]) -> list[str]:
    """The entries of X-Forwarded-For, the nearest proxy's last, without empty ones."""
    entries = (hop.strip(' \t"') for line in forwarded for hop in line.split(","))
    return [hop for hop in entries if hop]


def read_hop(hop: str) -> Address | None:
    """The address in an entry, with or without brackets and a port; None if it is no address."""
    found = _HOP.fullmatch(hop)
    return None if found is None else parse(found[1] or found[2] or found[3])


@lru_cache(4096)
def network_of(address: Address | None) -> str:
    """What limits count by: the IPv4 address, or the IPv6 /64, since a client has at least that."""
    if address is None:
        return "unknown"
    return str(address) if address.version == 4 else str(ip_network(f"{address}/64", strict=False))
