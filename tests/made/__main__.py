"""``python -m tests.made OUT --seed 2026`` makes the sample share; ``--zones FILE`` writes its zones as well."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.made import make, zones_toml


def main() -> int:
    """Make the share and tell what was made."""
    parser = argparse.ArgumentParser(prog="python -m tests.made", description="Make the sample share.")
    parser.add_argument("out", type=Path, help="an empty or missing folder")
    parser.add_argument("--seed", type=int, default=2026, help="another seed makes another council")
    parser.add_argument("--zones", type=Path, help="where to write the zones for strongroom.toml")
    parser.add_argument("--keep", action="store_true", help="be content when the folder is filled already")
    given = parser.parse_args()
    try:
        told = str(make(given.out, given.seed))
    except FileExistsError as error:
        if not given.keep:
            parser.error(str(error))
        told = f"{given.out} is there already and stays as it is"
    if given.zones:
        given.zones.write_text(zones_toml(), encoding="utf-8")
    sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
