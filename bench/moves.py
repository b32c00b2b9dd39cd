"""How many files of 50 KB a second go into restricted storage and come back, with full durability; run: python -m bench.moves [folder].

With ``STRONGROOM_BENCH_S3=1`` it measures the S3 vault too, against a server started for it on this machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.retention.moving import House, make_house

FILES, SIZE = 400, 50_000


def measure(house: House, name: str, threads: int) -> None:
    """Move and return the files and print both rates."""
    orders = [house.file(b"%s/%d" % (name.encode(), number), os.urandom(SIZE)) for number in range(FILES)]
    movers = [house.mover() for _ in range(threads)]
    rates = []
    for act in ("out", "home"):
        begun = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:

            def work(part: int, act: str = act) -> None:
                for order in orders[part::threads]:
                    if act == "out":
                        movers[part].restrict(order)
                    else:
                        movers[part].restore(house.journal.latest(order.item_id), "bench")

            list(pool.map(work, range(threads)))
        rates.append(FILES / (time.perf_counter() - begun))
    print(f"{name:>8} vault, {threads} thread(s): {rates[0]:6.1f} moves/s out, {rates[1]:6.1f} moves/s home")


def main() -> None:
    """Measure the folder vault, and S3 when asked."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as base:
        for threads in (1, 2, 4):
            measure(make_house(Path(base) / f"f{threads}"), "folder", threads)
        if os.environ.get("STRONGROOM_BENCH_S3"):
            _measure_s3(Path(base))


def _measure_s3(base: Path) -> None:
    from retention.vault import VaultSettings, open_vault
    from tests.retention import s3_server

    (base / "swift").mkdir()
    server = s3_server.start(base / "swift", tls=False)
    os.environ.update(AWS_ACCESS_KEY_ID=s3_server.USER, AWS_SECRET_ACCESS_KEY=s3_server.PASSWORD)
    try:
        told = VaultSettings(kind="s3", bucket="strongroom", endpoint=server.endpoint, region="us-east-1")
        vault = open_vault(told)
        vault.client.create_bucket(Bucket="strongroom")
        for threads in (1, 4):
            measure(make_house(base / f"s{threads}", vault=vault), "s3", threads)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
