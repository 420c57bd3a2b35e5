"""Runs in a child before anything else (as its ``sitecustomize``): what it asks of the network.

``AIMANET_WATCH`` names a file that gets a line for each host looked up or connected to from Python,
by the child or by its own children; with ``AIMANET_WATCH_DENY`` each of them fails, as without a
network. With ``AIMANET_SEALED`` the kernel ends a process that makes any socket but one within this
machine, whoever asks for it, Python or C++ (Linux on x86-64 and ARM; no right is needed for it).
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import platform
import signal
import struct
import sys

_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # machine's number, socket()
CAN_SEAL = sys.platform == "linux" and platform.machine() in _CALLS

_LOCAL_KINDS = (1, 16)  # AF_UNIX, and AF_NETLINK: questions to the kernel
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _TRAP = 0x7FFF0000, 0x00030000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


def watch(log: str, deny: bool) -> None:
    """Notes what is asked for; it cannot be taken off again."""
    own = ("localhost", "127.0.0.1", "::1")

    def heard(event: str, args: tuple[object, ...]) -> None:
        if event == "socket.getaddrinfo":
            host = args[0]
        elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
            host = args[1][0]
        else:
            return
        host = host.decode() if isinstance(host, bytes) else str(host)
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{host}\n")
        if deny and host not in own:
            raise OSError("no network in this test")

    sys.addaudithook(heard)


def seal() -> None:
    """From here on, a socket to another machine is the end of the process (SIGSYS)."""
    machine, call = _CALLS[platform.machine()]
    program = [
        (_LOAD, 0, 0, 4),  # which machine's numbers
        (_EQUAL, 0, 5, machine),
        (_LOAD, 0, 0, 0),  # which call
        (_EQUAL, 0, 3, call),
        (_LOAD, 0, 0, 16),  # its first argument, the kind of socket
        (_EQUAL, 1, 0, _LOCAL_KINDS[0]),
        (_EQUAL, 0, 1, _LOCAL_KINDS[1]),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _TRAP),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    head = struct.pack("@HP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    faulthandler.register(signal.SIGSYS, all_threads=True, chain=True)  # which code it was
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SECCOMP, _FILTER, head, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel lets nobody seal a process")


if __name__ == "sitecustomize":
    if os.environ.get("AIMANET_WATCH"):
        watch(os.environ["AIMANET_WATCH"], bool(os.environ.get("AIMANET_WATCH_DENY")))
    if os.environ.get("AIMANET_SEALED"):
        seal()
