"""A worker's words, as its parent takes them: complete replies in turn, or none."""

import socket

from hypothesis import given
from hypothesis import strategies as st

from classifier import channel, child


def framed(kind: int, number: int, body: bytes) -> bytes:
    """Make one reply as a worker sends it."""
    message = child.STAMP.pack(kind, number) + body
    return channel.HEADER.pack(len(message)) + message


def heard(pieces: list[bytes]) -> list[tuple[int, int, bytes]]:
    """Hear a worker that speaks in these pieces."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    one = child.Child(1, ours)
    found = []
    with ours, theirs:
        for piece in pieces:
            theirs.sendall(piece)
            assert one.listen()
            found += one.replies()
    return found


replies = st.lists(
    st.tuples(st.sampled_from(b"vph"), st.integers(0, (1 << 32) - 1), st.binary(max_size=50)), max_size=5
)


@given(replies, st.integers(1, 40))
def test_replies_are_the_same_however_they_arrive(said: list[tuple[int, int, bytes]], step: int):
    """Cut into pieces of any length, the stream gives the replies that were sent, in order."""
    stream = b"".join(framed(*one) for one in said)

    assert heard([stream[start : start + step] for start in range(0, len(stream), step)]) == said


@given(st.binary(max_size=200))
def test_noise_is_waited_out_or_refused(noise: bytes):
    """Any bytes at all give replies, or a wait for more, or ValueError; nothing else."""
    one = child.Child(1, socket.socket())
    with one.link:
        one.said += noise
        try:
            found = one.replies()
        except ValueError:
            found = []

    assert sum(len(body) for _, _, body in found) <= len(noise)


def test_a_worker_takes_one_file_ahead_only_while_it_is_brisk():
    """A worker that is slow, full, unready or due to be replaced is given nothing more."""
    one = child.Child(1, socket.socket(), handle=99, ready=True)
    with one.link:
        fresh = one.may_take(10)
        one.hand.append(child.Held(child.Task(1, lambda: 0), 1, 1.0, 0, None))
        busy = one.may_take(10)
        one.brisk = True
        ahead = one.may_take(10)
        last = one.may_take(1)
        one.ready = False
        unready = one.may_take(10)

    assert (fresh, busy, ahead, last, unready) == (True, False, True, False, False)
