"""Telling systemd how the service is doing (sd_notify), where it listens."""

from __future__ import annotations

import os
import socket


def notify(**state: str) -> bool:
    """Send lines such as ``READY=1`` to the socket in ``NOTIFY_SOCKET``.

    Returns:
        Whether anybody listens.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    name = "\0" + address[1:] if address.startswith("@") else address
    message = "\n".join(f"{key}={value}" for key, value in state.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.sendto(message.encode(), name)
        except OSError:
            return False
    return True
