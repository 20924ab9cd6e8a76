"""Which network addresses the client speaks to: those of the public internet."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from cityflux.core.model.errors import Forbidden, HostDown, TooSlow

# The well-known prefix by which IPv6-only networks reach IPv4 hosts (RFC 6052, section 2.1).
_NAT64 = IPv6Network("64:ff9b::/96")
# The present global unicast space (RFC 4291, section 2.4).
_UNICAST = IPv6Network("2000::/3")
# IANA's special-purpose registries (RFC 6890 and its updates) and multicast; `ipaddress` knows
# other ranges in each version of Python. Of what lies within one another the smaller one counts.
_SPECIAL = {
    ip_network(each): is_reachable
    for is_reachable, networks in (
        (
            False,
            "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 "
            "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 "
            "198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
            "2001::/23 2001:db8::/32 3fff::/20",
        ),
        (
            True,
            "192.0.0.9/32 192.0.0.10/32 "
            "2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 2001:20::/28 "
            "2001:30::/28",
        ),
    )
    for each in networks.split()
}


def resolve(host: str, port: int, timeout: float) -> list[str]:
    """The IP addresses of a host, in the order in which the system prefers them.

    Raises:
        HostDown: when the name does not resolve.
        TooSlow: when that takes longer than ``timeout`` seconds.
    """
    found: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result([str(entry[4][0]) for entry in entries])
        except (OSError, UnicodeError) as error:
            found.set_exception(error)

    # In a thread of its own, because getaddrinfo knows no time limit.
    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    try:
        return found.result(timeout)
    except TimeoutError:
        raise TooSlow(
            f"the name {host} was not resolved within {timeout:.3g} s; check the name server"
        ) from None
    except (OSError, UnicodeError) as error:
        raise HostDown(
            f"the name {host} does not resolve ({_reason(error)}); check the spelling "
            "and the network"
        ) from None


def refuse_private(host: str, addresses: list[str]) -> None:
    """Make sure that a host is on the public internet with every one of its addresses.

    Raises:
        Forbidden: when one of them is private, loopback, link-local, multicast or reserved.
    """
    for address in addresses:
        if not is_public(address):
            raise Forbidden(
                f"{host} is at {address}, which is not on the public internet; "
                f"if that is meant, name {host} in allow_hosts"
            )


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet; an IPv4 address in IPv6 counts as itself."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = _unwrapped(ip)
        return all(map(_is_public, inner)) if inner else ip in _UNICAST and _is_public(ip)
    return _is_public(ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    within = [network for network in _SPECIAL if ip in network]
    return not within or _SPECIAL[max(within, key=lambda network: network.prefixlen)]


def _unwrapped(ip: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses by which an address is reached: of Teredo the server and the client."""
    if ip in _NAT64:
        return [IPv4Address(int(ip) & 0xFFFFFFFF)]
    return [each for each in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if each]


def _reason(error: OSError | UnicodeError) -> str:
    return getattr(error, "strerror", None) or str(error)
