"""The zones of the council's share: whose each folder is and how sensitive its content may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zone:
    """A folder with one owner and one clearance; the longest path that fits a document is its zone.

    ``record_classes`` gives, for folders below ``path`` ("" for itself), the reference of the retention schedule.
    """

    name: str
    path: str
    owner: str
    clearance: str
    mode: str = "report"
    sealed: bool = False
    open_to_all: bool = False
    record_classes: tuple[tuple[str, str], ...] = ()

    @property
    def tier(self) -> int:
        """The clearance as a number."""
        return int(self.clearance[1])


def _zone(path: str, owner: str, clearance: str, classes: str = "", **more: object) -> Zone:
    """One zone; ``classes`` is ``folder:REF`` separated by commas, with an empty folder for the zone itself."""
    pairs = tuple((folder, ref) for folder, _, ref in (pair.partition(":") for pair in classes.split(",") if pair))
    return Zone(path.replace("/", " - "), path, owner, clearance, record_classes=pairs, **more)  # type: ignore[arg-type]


_MONITORING = "Monitoring Officer"
_ELECTIONS = "Returning Officer"
_CHILDREN = "Head of Children's Services"

ZONES = (
    _zone(
        "Democratic Services",
        "Head of Democratic Services",
        "T1",
        "Committees:DE-02,Committees/Drafts:DE-03,Scrutiny:DE-09,Petitions:DE-08,Correspondence:DE-07",
        mode="approve",
    ),
    _zone("Democratic Services/Exempt", "Head of Democratic Services", "T3", ":DE-12"),
    _zone("Democratic Services/Members", _MONITORING, "T2", ":DE-06"),
    _zone("Democratic Services/Correspondence", "Head of Democratic Services", "T2", ":DE-07"),
    _zone("Democratic Services/Petitions", "Head of Democratic Services", "T2", ":DE-08"),
    _zone("Democratic Services/Monitoring Officer", _MONITORING, "T4", ":DE-11"),
    _zone(
        "Human Resources",
        "Head of Human Resources",
        "T3",
        "Personal Files:HR-01,Casework:HR-11,Payroll:HR-04,Recruitment:HR-03",
    ),
    _zone("Licensing", "Licensing Manager", "T3", "Drivers:LI-01,Hearings:LI-05,Premises:LI-03"),
    _zone("Licensing/Safeguarding Review", "Chief Executive", "T4", ":DE-13"),
    _zone("Children's Services", _CHILDREN, "T4", "Cases:CF-04,Conferences:CF-04,Early Help:CF-17,Adoption:CF-05"),
    _zone("Adult Care", "Head of Adult Care", "T3", "Clients:AC-01,Closed:AC-01,Duty Inbox:AC-02,Blue Badge:AC-09"),
    _zone("Adult Care/Safeguarding", "Head of Adult Care", "T4", ":AC-01"),
    _zone("Housing", "Head of Housing", "T3", "Tenancies:HO-01,Homeless:HO-02"),
    _zone(
        "Revenues",
        "Head of Revenues and Benefits",
        "T3",
        "Council Tax:RB-01,Benefits:RB-03,Benefits/Overpayments:RB-04,Recovery:RB-06,Crisis Fund:RB-05",
    ),
    _zone("Revenues/Fraud", "Head of Revenues and Benefits", "T4", ":CA-04"),
    _zone("Planning", "Head of Planning", "T2", "Applications:PL-01,Local Plan:PL-09,Trees:PL-08", mode="approve"),
    _zone("Planning/Enforcement", "Head of Planning", "T3", ":PL-02"),
    _zone("Planning/Pre-application", "Head of Planning", "T3", ":PL-04"),
    _zone("Finance", "Head of Finance", "T3", "Invoices:FI-02,Budgets:FI-03,Audit:FI-10,Tenders:PC-01"),
    _zone("Legal", "Head of Legal Services", "T3", "Litigation:LE-01,Agreements:LE-02,Searches:LE-08"),
    _zone("Legal/Childcare", "Head of Legal Services", "T4", ":LE-04"),
    _zone("Elections", _ELECTIONS, "T3", ":EL-07"),
    _zone("Elections/Sealed Papers", _ELECTIONS, "T4", ":EL-01", sealed=True),
    _zone("IT", "Head of Information Technology", "T2", "Manuals:IT-04,Assets:IT-02"),
    _zone("Environmental Health", "Head of Environmental Health", "T3", "Food:CA-10,Noise:CA-11"),
    _zone("Communications", "Head of Communications", "T1", mode="approve"),
    _zone("Information Governance", "Data Protection Officer", "T3", "Requests:IM-01"),
    _zone("Shared", "Head of Customer Services", "T1", mode="move", open_to_all=True),
    _zone("Shared/All Staff", "Head of Customer Services", "T1", mode="approve", open_to_all=True),
    _zone("Email Archive", "Head of Information Technology", "T2"),
    _zone("Old Server", "Head of Information Technology", "T1", mode="approve", open_to_all=True),
    _zone("Whistle-blowing", _MONITORING, "T4", ":HR-12", sealed=True),
    _zone("Union Branch", "Branch Secretary", "T4", sealed=True),
    _zone("Ward Casework", "Each councillor", "T4", sealed=True),
)


def zone_of(path: str) -> Zone:
    """The zone of a path of the share: the longest that is the path or a folder above it."""
    inside = [zone for zone in ZONES if path == zone.path or path.startswith(f"{zone.path}/")]
    return max(inside, key=lambda zone: len(zone.path))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def zones_toml() -> str:
    """The zones as ``[[zone]]`` tables for ``strongroom.toml``."""
    return "\n".join(_table(zone) for zone in ZONES)


def _table(zone: Zone) -> str:
    lines = ["[[zone]]"]
    lines += [
        f"{key} = {_quoted(value)}"
        for key, value in (
            ("name", zone.name),
            ("path", zone.path),
            ("owner", zone.owner),
            ("clearance", zone.clearance),
            ("mode", zone.mode),
        )
    ]
    lines += [f"sealed = {str(zone.sealed).lower()}", f"open_to_all = {str(zone.open_to_all).lower()}"]
    if zone.record_classes:
        pairs = ", ".join(f"{_quoted(folder)} = {_quoted(ref)}" for folder, ref in zone.record_classes)
        lines.append(f"record_classes = {{ {pairs} }}")
    return "\n".join(lines) + "\n"
