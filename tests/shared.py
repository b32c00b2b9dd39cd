"""Where the development data lies, when it lies beside the checkout at all."""

import os
from pathlib import Path

import pytest

_PLACE = Path(os.environ.get("STRONGROOM_SHARED", Path(__file__).parents[2] / "shared"))
SHARED = _PLACE if (_PLACE / "data" / "README.md").exists() else None
needs_shared = pytest.mark.skipif(SHARED is None, reason="the development data is not beside this checkout")
