"""How many files of 50 KB a second go into restricted storage and come back, with full durability; run: python -m bench.moves [folder].

Beside it stands what the same disk does in the same run with files that are only created, written and fsynced, by as many threads: a
move takes some sixteen such trips to the disk. With ``STRONGROOM_BENCH_S3=1`` it measures the S3 vault too, against a server
started for it on this machine (``swift`` or, where its packages are unpacked, ``radosgw``), beside the bare two writes, one reading
and two deletions of boto3 that a move and its return need at least.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.retention.moving import House, make_house

FILES, SIZE = 400, 50_000
HANDS = (1, 4, 16)


def rate(act: Callable[[int], object], count: int, threads: int) -> float:
    """How often something is done a second by some threads."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(act, range(count)))
    return count / (time.perf_counter() - begun)


def disk(base: Path, threads: int) -> float:
    """Files of the same size that this disk takes a second when each is fsynced."""
    base.mkdir()
    body = os.urandom(SIZE)

    def one(number: int) -> None:
        opened = os.open(base / str(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(opened, body)
        os.fsync(opened)
        os.close(opened)

    return rate(one, FILES, threads)


def measure(house: House, name: str, hands: int, count: int) -> float:
    """Move and return the files, print both rates and the processor time, and give the first."""
    orders = [house.file(b"%s/%d" % (name.encode(), number), os.urandom(SIZE)) for number in range(count)]
    crew = house.crew(hands)
    spent, begun = time.process_time(), time.perf_counter()
    gone = list(crew.restrict(orders))
    out, spent = count / (time.perf_counter() - begun), time.process_time() - spent
    moves = [house.journal.latest(order.item_id) for order in orders]
    begun = time.perf_counter()
    back = list(crew.restore(moves, "bench"))
    home = count / (time.perf_counter() - begun)
    house.catalogue.close()
    assert {receipt.step.value for receipt in gone + back} == {"removed", "returned"}
    sys.stdout.write(
        f"{name:>8}, {hands:>2} at once: {out:6.1f} moves/s out, {home:6.1f} home, {spent / count * 1000:5.1f} ms of processor a move"
    )
    return out


def main() -> None:
    """Measure the folder vault, and S3 when asked."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        base = Path(name)
        for hands in HANDS:
            out = measure(make_house(base / f"f{hands}"), "folder", hands, FILES)
            files = disk(base / f"d{hands}", hands)
            sys.stdout.write(f"; this disk: {files:7.1f} fsynced files/s, {files / out:4.1f} to a move\n")
        if os.environ.get("STRONGROOM_BENCH_S3"):
            _measure_s3(base)


def _measure_s3(base: Path) -> None:
    from retention.vault import VaultSettings, open_vault
    from tests.retention import rados_server, s3_server

    kind = rados_server if os.environ["STRONGROOM_BENCH_S3"] == "radosgw" else s3_server
    (base / "server").mkdir()
    server = kind.start(base / "server", tls=False)
    os.environ.update(AWS_ACCESS_KEY_ID=kind.USER, AWS_SECRET_ACCESS_KEY=kind.PASSWORD)
    try:
        told = VaultSettings(kind="s3", bucket="strongroom", endpoint=server.endpoint, region="us-east-1")
        vault: Any = open_vault(told)
        vault.client.create_bucket(Bucket="strongroom")
        for hands in HANDS:
            out = measure(make_house(base / f"s{hands}", vault=vault), "s3", hands, FILES // 4)
            bare = rate(lambda number: _bare(vault.client, f"bare/{number}"), FILES // 4, hands)
            sys.stdout.write(f"; bare boto3: {bare:6.1f} a second, ratio {out / bare:4.2f}\n")
    finally:
        server.stop()


def _bare(client: Any, key: str) -> None:
    """The requests that any store of this kind needs: a small and a large object written, the large one read, both deleted."""
    body = os.urandom(SIZE)
    client.put_object(Bucket="strongroom", Key=key + ".manifest", Body=body[:700])
    client.put_object(Bucket="strongroom", Key=key, Body=body)
    assert client.get_object(Bucket="strongroom", Key=key)["Body"].read() == body
    for name in (key, key + ".manifest"):
        client.delete_object(Bucket="strongroom", Key=name)


if __name__ == "__main__":
    main()
