"""Which zone a folder lies in: the deepest declared one, or the share as a whole."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace

from retention.catalogue.inventory import Place
from retention.config import MODES, Config, ZoneSettings
from retention.decide import Mode, Zone

UNZONED = "(no zone)"


@dataclass(frozen=True, slots=True)
class ZoneMap:
    """The zones of one share, ready for look-ups by folder."""

    share: str
    zones: tuple[Zone, ...]
    default: Zone
    _named: dict[str, Zone] = field(default_factory=dict)

    def zone(self, folder: bytes) -> Zone:
        """The deepest zone that holds a folder (a path below the share's root)."""
        for zone in self.zones:
            if not zone.path or folder == zone.path or folder.startswith(zone.path + b"/"):
                return zone
        return self.default

    def named(self, name: str) -> Zone:
        """A zone by its name; the share as a whole for an unknown one."""
        return self._named.get(name, self.default)

    def place(self, folder: bytes) -> Place:
        """What the catalogue keeps of a folder's zone."""
        zone = self.zone(folder)
        return Place(zone.name, zone.sealed)


def zone_map(config: Config, share: str) -> ZoneMap:
    """The zones of one share; no zone allows more than the share's own mode."""
    most = next(one.mode for one in config.share if one.name == share)
    found = [_zone(settings, share, most) for settings in config.zone if settings.share in ("", share)]
    found.sort(key=lambda zone: len(zone.path), reverse=True)
    default = _zone(ZoneSettings(name=UNZONED), share, most)
    return ZoneMap(share, tuple(found), default, {zone.name: zone for zone in (default, *found)})


def digest(config: Config, share: str) -> str:
    """Changes whenever a share's zones do, so that the catalogue's folders are gone through again."""
    zones = zone_map(config, share)
    return hashlib.blake2b(repr((zones.default, zones.zones)).encode(), digest_size=16).hexdigest()


def _zone(settings: ZoneSettings, share: str, most: str) -> Zone:
    mode = MODES[min(MODES.index(settings.mode), MODES.index(most))]
    return Zone(
        name=settings.name,
        share=share,
        path=os.fsencode(settings.path.strip("/")),
        owner=settings.owner,
        clearance=settings.clearance,
        mode=Mode(mode),
        sealed=settings.sealed,
        record_classes=dict(settings.record_classes),
        exposure=settings.open_to_all,
    )


def report_only(zones: ZoneMap) -> ZoneMap:
    """The same zones with nothing allowed but reporting."""
    still = tuple(replace(zone, mode=Mode.REPORT) for zone in zones.zones)
    default = replace(zones.default, mode=Mode.REPORT)
    return ZoneMap(zones.share, still, default, {zone.name: zone for zone in (default, *still)})
