"""Which addresses are on the public internet, by IANA's registries and not by Python's version."""

from __future__ import annotations

import csv
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path

import pytest

from cityflux.scrapers.http.guard import is_public

_ROWS = [
    row
    for row in Path(__file__).with_name("special_purpose.csv").read_text("utf-8").splitlines()
    if not row.startswith("#")
]
SPECIAL: dict[IPv4Network | IPv6Network, bool] = {
    ip_network(row["network"]): row["globally_reachable"] == "True" for row in csv.DictReader(_ROWS)
}
#: How an IPv4 address stands within an IPv6 one.
WRAPPED = {
    "mapped (RFC 4291)": lambda v4: 0xFFFF << 32 | v4,
    "NAT64 (RFC 6052)": lambda v4: 0x64FF9B << 96 | v4,
    "6to4 (RFC 3056)": lambda v4: 0x2002 << 112 | v4 << 80 | 1,
    "Teredo (RFC 4380)": lambda v4: 0x20010000 << 96 | 0x08080808 << 64 | v4 ^ 0xFFFFFFFF,
}


#: Their rows of the registry: what is reached is the address within.
TRANSLATED = {
    ip_network(each) for each in ("::ffff:0:0/96", "64:ff9b::/96", "2001::/32", "2002::/16")
}


@pytest.mark.parametrize("network", [each for each in SPECIAL if each not in TRANSLATED], ids=str)
def test_the_registry_decides(network: IPv4Network | IPv6Network) -> None:
    for address in (network[0], network[network.num_addresses // 2], network[-1]):
        rows = [each for each in SPECIAL if address in each]
        if max(rows, key=lambda each: each.prefixlen) == network:
            assert is_public(str(address)) is SPECIAL[network], address


@pytest.mark.parametrize("way", WRAPPED)
def test_an_address_within_another_counts_as_itself(way: str) -> None:
    for network in SPECIAL:
        if network.version == 4:
            address = IPv6Address(WRAPPED[way](int(network[0])))
            assert is_public(str(address)) is is_public(str(network[0])), address
    assert is_public(str(IPv6Address(WRAPPED[way](int(IPv4Address("8.8.8.8"))))))


@pytest.mark.parametrize(
    "address",
    [
        "224.0.0.1",
        "239.255.255.255",
        "ff02::1",
        "ff0e::1",
        "fec0::1",  # site-local, deprecated (RFC 3879)
        "::127.0.0.1",  # IPv4-compatible, deprecated (RFC 4291)
        "::8.8.8.8",
        "64:ff9b:1::8.8.8.8",
        "4000::1",  # not assigned
        "fe80::1%lo",
        "2001:0:7f00:1:0:0:f7f7:f7f7",  # Teredo with a server on loopback
    ],
)
def test_what_stands_in_no_row_and_is_not_public_either(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "126.1.1.1",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
        "2606:4700::1111",
        "2001:db7::1",
        "2001:db9::1",
        "2620::1",
        "2a00::1",
    ],
)
def test_what_lies_beside_the_special_ranges_is_public(address: str) -> None:
    assert is_public(address)
