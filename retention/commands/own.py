"""``python -m retention.commands.own FOLDER``: a configuration for a person's own folder, kept in the state folder."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from retention.commands.machine import write_config


def prepare(folder: str, state: Path, *, move: bool) -> Path:
    """Make (or find) the configuration of a folder; report only unless ``move``."""
    root = os.path.realpath(folder)
    mode = "move" if move else "report"
    home = state / f"own-{hashlib.blake2b(os.fsencode(root), digest_size=4).hexdigest()}"
    path = home / f"{mode}.toml"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_config(path, council="The Council", state=os.fspath(home.absolute()), root=root, mode=mode)
    return path


def main() -> int:
    """Print the configuration's path."""
    folder, move = sys.argv[1], len(sys.argv) > 2 and sys.argv[2].lower() in ("yes", "true", "1")
    if not Path(folder).is_dir():
        sys.stderr.write("strongroom: SHARE is not a folder that can be listed.\n")
        return 2
    sys.stdout.write(f"{prepare(folder, Path('state'), move=move).absolute()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
