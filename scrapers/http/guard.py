"""Which network addresses the client speaks to: those of the public internet."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from cityflux.core.model.errors import Forbidden, HostDown, TooSlow

# The well-known prefix by which IPv6-only networks reach IPv4 hosts (RFC 6052, section 2.1).
_NAT64 = IPv6Network("64:ff9b::/96")


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
    ip = _unwrapped(ip_address(address))
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local
    return ip.is_global and not special and not getattr(ip, "is_site_local", False)


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo_client = ip.teredo[1] if ip.teredo else None
    return ip.ipv4_mapped or ip.sixtofour or teredo_client or ip


def _reason(error: OSError | UnicodeError) -> str:
    return getattr(error, "strerror", None) or str(error)
