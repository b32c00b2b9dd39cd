"""A vault in an S3 bucket."""

from __future__ import annotations

from retention.vault import Vault, VaultError, VaultSettings
from retention.vault.seal import Sealer


def open_s3(settings: VaultSettings, sealer: Sealer | None) -> Vault:
    """Open the bucket that is configured."""
    raise VaultError(f"S3 storage in {settings.region} is not ready{' for sealing' if sealer else ''}.")
