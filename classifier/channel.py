"""Framed messages between a pool, its template and its workers: length, bytes, and sometimes one open descriptor."""

from __future__ import annotations

import array
import os
import socket
import struct

HEADER = struct.Struct("!I")
LARGEST_REQUEST = 64 << 10  # bytes; two fit a socket buffer, so that sending never waits for a hostile reader


def send(link: socket.socket, message: bytes, descriptor: int | None = None) -> None:
    """Send one message of at most ``LARGEST_REQUEST`` bytes, and a copy of an open descriptor with it.

    Raises OSError when the other side is gone or does not take the whole message.
    """
    if len(message) > LARGEST_REQUEST:
        raise ValueError(f"a message of {len(message)} bytes; the most is {LARGEST_REQUEST}")
    rights = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
    framed = HEADER.pack(len(message)) + message
    if link.sendmsg([framed], rights) != len(framed):
        raise OSError("the other side took half a message")


def receive(link: socket.socket) -> tuple[bytes, int | None]:
    """Wait for one message of a trusted sender; give its bytes and the descriptor that came with it, if any.

    Raises EOFError when the other side is gone.
    """
    space = socket.CMSG_SPACE(array.array("i", [0]).itemsize)
    head, rights, _, _ = link.recvmsg(HEADER.size, space, socket.MSG_CMSG_CLOEXEC)
    descriptors = [number for _, _, data in rights for number in array.array("i", data)]
    head += exactly(link, HEADER.size - len(head)) if head else b""
    if not head:
        raise EOFError
    (size,) = HEADER.unpack(head)
    return exactly(link, size), descriptors[0] if descriptors else None


def exactly(link: socket.socket, size: int) -> bytes:
    """Wait for exactly ``size`` bytes. Raises EOFError when the other side is gone before."""
    pieces = bytearray()
    while len(pieces) < size:
        piece = link.recv(size - len(pieces))
        if not piece:
            raise EOFError
        pieces += piece
    return bytes(pieces)


def write_all(link: socket.socket, message: bytes) -> None:
    """Send a message of any size by means of write(2): the only way of sending that a locked worker has left."""
    rest = memoryview(HEADER.pack(len(message)) + message)
    while rest:
        rest = rest[os.write(link.fileno(), rest) :]
