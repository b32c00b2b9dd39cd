"""What grows on every share: copies, misplaced copies, archives, mailboxes, unreadable files and odd names."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Mapping
from email.utils import formataddr

from tests.made import archives, factories, images, mail, msg, odd, pdf, sheets
from tests.made.council import Cast, Person
from tests.made.expected import Document, Truth
from tests.made.paper import Paper
from tests.made.places import zone_of
from tests.made.share import Made, Share, stories, tell

_OFFICIAL = Truth(frozenset({"official"}), 1)
_PERSONAL = Truth(frozenset({"personal"}), 2)
_SENSITIVE = Truth(frozenset({"sensitive"}), 3)
_BOTH = frozenset({"sensitive", "personal"})


def add_all(share: Share) -> None:
    """Add every kind of extra."""
    rng = random.Random(f"{share.seed}:extras")
    for add in (_misplaced, _duplicates, _other_formats, _archived, _mailed, _hidden, _unreadable, _left_behind):
        add(share, rng)
    _photographs(share, rng)
    _oddly_named(share, rng)


def _put(
    share: Share, path: str | bytes, data: bytes, truth: Truth, when: dt.datetime, **more: str | bytes | bool
) -> Document:
    raw = path.encode() if isinstance(path, str) else path
    zone = zone_of(raw.decode("utf-8", "surrogateescape"))
    kind = raw.rpartition(b".")[2].decode("ascii", "replace").strip().lower() if b"." in raw else "none"
    values: dict[str, object] = {"kind": kind, "excluded": "sealed" if zone.sealed else "", **more}
    return share.add(Document(path=raw, zone=zone, truth=truth, **values), data, when)  # type: ignore[arg-type]


def _later(made: Made, rng: random.Random) -> dt.datetime:
    last = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    return min(made.when + dt.timedelta(days=rng.randrange(2, 300), seconds=rng.randrange(40_000)), last)


def _day(rng: random.Random, first: int = 2008, last: int = 2026) -> dt.datetime:
    start = dt.datetime(first, 1, 5, 9, tzinfo=dt.UTC)
    return start + dt.timedelta(days=rng.randrange((last - first) * 365), seconds=rng.randrange(30_000))


def _copy(share: Share, made: Made, path: str, when: dt.datetime) -> Document:
    old = made.document
    more: dict[str, str | bytes] = {"kind": old.kind, "story": old.story, "problem": old.problem}
    return _put(share, path, made.data, old.truth, when, copy_of=old.path, **more)


def _misplaced(share: Share, rng: random.Random) -> None:
    """Copies of sensitive papers where everybody can read them."""
    for story, which, path in (
        ("interim_report", 1, "Shared/Temp/taxi review for Thurs.docx"),
        ("interim_report", 3, "Shared/All Staff/2016/Licensing/Taxi review INTERIM v0.3.pdf"),
        ("referral", 0, "Shared/Temp/scan for J.docx"),
        ("strategy", 2, "Shared/Temp/For Print/notes.docx"),
        ("chronology", 0, "Shared/Temp/Chronology (old).xlsx"),
        ("conference", 0, "Shared/Temp/OLD - DO NOT USE/conf.docx"),
        ("sickness_sheet", 0, "Shared/All Staff/Sickness figures for newsletter.xlsx"),
        ("payroll_csv", 0, "Shared/Temp/export.csv"),
        ("grievance", 1, "Shared/Temp/report final FINAL.docx"),
        ("safeguarding_adult", 0, "Shared/Temp/print me.docx"),
        ("counsel", 1, "Shared/All Staff/advice.docx"),
        ("creditors", 0, "Planning/Applications/suppliers.csv"),
        ("objection", 0, "Shared/Temp/objection.docx"),
        ("passwords", 0, "Shared/Temp/logins.txt"),
        ("tender_scores", 1, "Democratic Services/Committees/appendix B.docx"),
        ("exempt_report", 0, "Democratic Services/Committees/Reports/item 9.pdf"),
        ("directory", 0, "Shared/All Staff/who is who.xlsx"),
    ):
        made = share.find(story)[which]
        suffix = made.document.path.decode().rpartition(".")[2]  # the story may be told in another format
        _copy(share, made, f"{path.rpartition('.')[0]}.{suffix}", _later(made, rng))


def _duplicates(share: Share, rng: random.Random) -> None:
    """The same bytes again beside themselves, as copying and pasting leaves them."""
    for story, pattern in (
        ("minutes", "{folder}/Copy of {name}"),
        ("agenda", "{folder}/{name} - Copy"),
        ("public_report", "{folder}/Copy of Copy of {name}"),
        ("hr_policy", "Shared/All Staff/Policies/{name}"),
        ("blank_form", "Shared/All Staff/Forms/{name}"),
        ("taxi_policy", "Old Server/LICENSING/{name}"),
        ("budget_sheet", "Old Server/FINANCE/{name}"),
        ("driver_application", "{folder}/{name} (1)"),
        ("press_release", "Old Server/PRESS/{name}"),
        ("final_report", "Communications/Press/{name}"),
        ("local_plan", "Old Server/planning/{name}"),
        ("contract_letter", "Old Server/HR backup 2011/{name}"),
        ("benefit_claim", "Old Server/BENS/{name}"),
    ):
        made = share.find(story)[0]
        folder, _, file = made.document.path.decode().rpartition("/")
        stem, _, suffix = file.rpartition(".")
        _copy(share, made, f"{pattern.format(folder=folder, name=stem)}.{suffix}", _later(made, rng))


def _cast(share: Share, name: str, when: dt.datetime) -> Cast:
    return Cast(random.Random(f"{share.seed}:{name}"), when.date())


def _told(share: Share, story: str, kind: str, path: str, when: dt.datetime) -> Document:
    paper = tell(story, _cast(share, path, when), written=when.replace(microsecond=0))
    return _put(share, path, factories.one(kind, paper), stories()[story][0], when, kind=kind, story=story)


def _other_formats(share: Share, rng: random.Random) -> None:
    """The odd formats of an old server."""
    for story, kind, path in (
        ("minutes", "rtf", "Old Server/COMMITTE/MINS94~1.RTF"),
        ("meeting_note", "txt", "Old Server/READ ME FIRST.TXT"),
        ("stock_report", "rtf", "Old Server/HOUSING/stock.wri.rtf"),
        ("canteen", "txt", "Old Server/OLD - DO NOT USE/kitchen.txt"),
        ("asset_list", "xls", "Old Server/IT/ASSETS.XLS"),
        ("tenancy", "rtf", "Old Server/HOUSING/letter to tenant.rtf"),
        ("system_manual", "odt", "Old Server/IT/manual.odt"),
        ("training", "odp", "Old Server/TRAINING/course.odp"),
        ("repair_log", "ods", "Old Server/HOUSING/repairs 2009.ods"),
        ("contract_notice", "html", "Old Server/intranet/award.htm"),
        ("minutes", "docx", "Old Server/COMMITTE/minutes.doc"),  # a docx with the old suffix
        ("decision_notice", "rtf", "Old Server/planning/decision.doc"),  # an old habit: rich text called .doc
        ("asset_list", "html", "Old Server/IT/report export.xls"),  # what many systems call a workbook
    ):
        _told(share, story, kind, path, _day(rng, 2004, 2012))


def _strictest(documents: Iterable[Made]) -> Truth:
    """What holds for a bundle: every label, the highest tier."""
    truths = [made.document.truth for made in documents]
    labels = frozenset().union(*(truth.labels for truth in truths))
    return Truth(labels - {"official"} or labels, max(truth.tier for truth in truths), "a bundle")


def _members(bundle: Iterable[Made]) -> dict[str, bytes]:
    return {made.document.path.decode().rpartition("/")[2]: made.data for made in bundle}


def _archived(share: Share, rng: random.Random) -> None:
    """Zip and tar files, one inside another, one with a password."""
    public = [*share.find("minutes")[:3], *share.find("agenda")[:2]]
    case = [share.find(story, "docx")[0] for story in ("referral", "strategy", "visit_note")]
    staff = [share.find("contract_letter")[0], share.find("appraisal")[0]]
    inner = archives.zipped(_members(case))
    when = _day(rng, 2015)
    for path, data, truth, problem in (
        ("Democratic Services/Committees/minutes pack.zip", archives.zipped(_members(public)), _strictest(public), ""),
        ("Shared/Temp/case papers for court.zip", inner, _strictest(case), ""),
        (
            "Shared/Temp/outer.zip",
            archives.zipped({"inner.zip": inner, "readme.txt": b"for Tuesday"}),
            _strictest(case),
            "",
        ),
        ("Human Resources/Personal Files/leavers.zip", archives.zipped(_members(staff)), _strictest(staff), ""),
        ("Old Server/backup.tar", archives.tarred(_members(public)), _strictest(public), ""),
        ("Old Server/backup2.tar.gz", archives.tarred(_members(staff), gzipped=True), _strictest(staff), ""),
        (
            "Children's Services/Cases/to solicitor.zip",
            archives.zipped(_members(case), password="Mere!2019"),
            _strictest(case),
            "encrypted",
        ),
    ):
        _put(share, path, data, truth, when, story="bundle", problem=problem)


def _mailed(share: Share, rng: random.Random) -> None:
    """Messages with attachments and an old mailbox."""
    write: Mapping[str, Callable[..., bytes]] = {"eml": mail.eml, "msg": msg.write}
    for kind, path, subject, body, story in (
        ("eml", "Email Archive/2019/FW strategy.eml", "FW: for tomorrow", "As discussed. Please print.", "strategy"),
        ("msg", "Email Archive/2021/absence.msg", "Absence figures", "Figures attached.", "sickness_sheet"),
        ("eml", "Email Archive/2018/agenda.eml", "Agenda for Monday", "Agenda attached, rooms booked.", "agenda"),
        ("msg", "Email Archive/2020/report.msg", "Report for clearance", "Comments by noon.", "public_report"),
        ("eml", "Shared/Temp/for scanning.eml", "FW: interim", "Please do not pass on.", "interim_report"),
        ("msg", "Licensing/Drivers/Complaints/bundle.msg", "Hearing papers", "Bundle attached.", "subcommittee_bundle"),
        ("eml", "Finance/Invoices/inv.eml", "Invoice attached", "Please pay.", "invoice"),
    ):
        made = next(made for made in share.find(story) if made.document.trusted_time)
        when = _later(made, rng).replace(microsecond=0)
        cast = _cast(share, path, when)
        people = [
            Person(*cast.fill(who).split("|")) for who in ("{staff.first}|{staff.last}", "{name.first}|{name.last}")
        ]
        pairs = [(str(person), f"{person.address}@eldermere.test") for person in people]
        sender, to = (pairs[0], [pairs[1]]) if kind == "msg" else (formataddr(pairs[0]), formataddr(pairs[1]))
        data = write[kind](
            subject, f"{body}\n\n{pairs[0][0]}\n", sender=sender, to=to, date=when, attachments=_members([made])
        )
        _put(share, path, data, made.document.truth, when, story=f"mail:{story}")
    letters = share.find("work_email", "eml")[:3] + share.find("carer_email", "eml")[:2]
    box = mail.mbox([("officer@eldermere.test", made.when.replace(microsecond=0), made.data) for made in letters])
    _put(share, "Email Archive/duty team 2018.mbox", box, _strictest(letters), _day(rng, 2018), story="mailbox")


def _hidden(share: Share, rng: random.Random) -> None:
    """Workbooks whose hidden sheet, rows or columns say more than the page shows."""
    when = _day(rng, 2019).replace(microsecond=0)
    cast = _cast(share, "hidden", when)
    people = [["Name", "NI number", "Days lost", "Reason"]]
    people += [line.split("|") for line in cast.fill("*2041 {name}|{nino}|{n}|{illness}").splitlines()]
    page = [["Team", "Days lost"], ["Housing", 210], ["Planning", 84]]
    special = Truth(frozenset({"personal"}), 3, "anonymous figures over hidden names and illnesses")
    places = {"very_hidden": {"Pivot"}}
    data = sheets.xlsx({"FOI reply": page, "Pivot": people}, written=when, **places)
    _put(share, "Communications/FOI sickness by team.xlsx", data, special, when, story="hidden-sheet")
    rows = [*page, *people[:40]]
    data = sheets.xlsx({"Summary": rows}, hidden_rows={"Summary": range(4, 45)}, written=when)
    _put(share, "Shared/All Staff/absence chart.xlsx", data, special, when, story="hidden-rows")
    contacts = cast.fill("*12 {ward}|{mobile}|{name}, {address}").splitlines()
    table = [["Ward", "Warden's mobile", "Warden"], *(line.split("|") for line in contacts)]
    data = sheets.xlsx({"Wardens": table}, hidden_columns={"Wardens": "BC"}, written=when)
    _put(share, "Shared/All Staff/flood wardens.xlsx", data, _PERSONAL, when, story="hidden-columns")


def _unreadable(share: Share, rng: random.Random) -> None:
    """Encrypted, broken, empty and foreign files: each ends with a problem, none as official."""
    cast = _cast(share, "unreadable", _day(rng))
    hearing = Truth(_BOTH, 3, "sensitive by its name")
    letter = tell("counsel", cast, written=dt.datetime(2021, 5, 4, 10, tzinfo=dt.UTC))
    broken = share.find("public_report", "docx")[0].data
    person = cast.fill("{name.last} {name.initials}")
    phone = Paper(title="Telephone message", blocks=letter.blocks[:2])
    for path, data, truth, problem in (
        (
            f"Human Resources/Casework/{person} - capability hearing.docx",
            odd.encrypted_office(seed=1),
            hearing,
            "encrypted",
        ),
        ("Finance/Budgets/Redundancy costs.xlsx", odd.encrypted_office(seed=2), _SENSITIVE, "encrypted"),
        ("Legal/Advice/Counsel - locked.pdf", pdf.write(letter, password="Temple"), _SENSITIVE, "encrypted"),
        ("IT/Operations/vault.kdbx", odd.key_database(seed=3), Truth(frozenset({"sensitive"}), 4), "encrypted"),
        ("Democratic Services/Committees/Reports/half a report.docx", odd.truncated(broken), _OFFICIAL, "malformed"),
        ("Planning/Applications/plan drawing.pdf", b"%PDF-1.4\n" + rng.randbytes(3000), _OFFICIAL, "malformed"),
        ("Shared/Temp/New Microsoft Word Document.docx", b"", _OFFICIAL, "empty"),
        ("Shared/Temp/untitled.txt", b"", _OFFICIAL, "empty"),
        ("Housing/Homeless/fax 0417.tif", factories.one("tif", phone), _SENSITIVE, "no-text"),
        ("Environmental Health/Noise/photo of letter.jpg", factories.one("jpg", phone), _PERSONAL, "no-text"),
        ("Democratic Services/Recordings/committee.wav", odd.sound(seed=4), _OFFICIAL, "media"),
        ("Old Server/PESTS.MDB", odd.access_database(), _PERSONAL, "unsupported"),
        ("Planning/Local Plan/programme.mpp", odd.ms_project(), _OFFICIAL, "unsupported"),
        ("Old Server/dump.dat", rng.randbytes(5000), _OFFICIAL, "unsupported"),
    ):
        _put(share, path, data, truth, _day(rng), story="unreadable", problem=problem)


def _left_behind(share: Share, rng: random.Random) -> None:
    """What programs leave beside documents."""
    user = _cast(share, "lock", _day(rng)).fill("{staff}")
    for path, data in (
        ("Human Resources/Casework/~$tcome letter.docx", odd.lock_file(user)),
        ("Shared/Temp/~$notes.docx", odd.lock_file(user)),
        ("Communications/Photos/Thumbs.db", odd.thumbs_db()),
        ("Shared/All Staff/Thumbs.db", odd.thumbs_db()),
        ("Shared/desktop.ini", odd.desktop_ini()),
        ("Communications/.DS_Store", odd.ds_store()),
        ("Communications/Press/._release.docx", b"\0\x05\x16\x07\0\x02\0\0Mac OS X        " + bytes(50)),
        ("Planning/~WRL0003.tmp", b""),
    ):
        _put(share, path, data, _OFFICIAL, _day(rng), story="left-behind", excluded="system-file")


def _photographs(share: Share, rng: random.Random) -> None:
    for number in range(8):
        folder = "Shared/All Staff/Summer party" if number < 5 else "Communications/Photos"
        path = f"{folder}/IMG_{2040 + number}.JPG"
        when = _day(rng, 2009, 2024)
        _put(share, path, images.photograph(number), _PERSONAL, when, story="photograph", problem="no-text")


def _oddly_named(share: Share, rng: random.Random) -> None:
    """Names that people and old systems have given."""
    for path, story in (
        (b"Shared/Temp/two\nlines.txt", "canteen"),
        (b"Shared/Temp/caf\xe9 menu.txt", "canteen"),
        (b"Shared/Temp/trailing space.txt ", "meeting_note"),
        ("Shared/Temp/Café rota.txt".encode(), "canteen"),
        ("Shared/Temp/Cafe\u0301 rota.txt".encode(), "meeting_note"),
        (b"Shared/Temp/REPORT.TXT", "meeting_note"),
        (b"Shared/Temp/report.txt", "canteen"),
        (b"Shared/Temp/no suffix", "meeting_note"),
        (b"Shared/OLD - DO NOT USE/Copy of NEW new final v2 (USE THIS ONE)!!.txt", "meeting_note"),
        (b"Shared/Temp/" + b"a very long name " * 14 + b".txt", "canteen"),
        ("Old Server/Ã¢â‚¬â„¢ minutes.txt".encode(), "meeting_note"),
        (b"Old Server/#archive; rm -rf $HOME & 'quotes'.txt", "canteen"),
        (b"Shared/Temp/tab\there.txt", "welfare_note"),
        (b"Shared/Temp/b\xf8rn referral\xff.txt", "visit_note"),
    ):
        when = _day(rng, 2006)
        cast = _cast(share, repr(path), when)
        paper = tell(story, cast, written=when.replace(microsecond=0))
        _put(share, path, factories.one("txt", paper), stories()[story][0], when, kind="txt", story=story)
