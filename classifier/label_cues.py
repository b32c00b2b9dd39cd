"""Cues: words and two-word phrases that firm rules count, as data; whole documents and their openings are both counted."""

# ruff: noqa: E501 - the lists read better unbroken
from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from classifier.label_model import Columns
from classifier.label_text import Floats, Ints, Vocabulary, hash_term, vocabulary

_LISTS = {
    "public paper": """minutes of|agenda item|agenda frontsheet|public document|apologies for|parish council|town council|matters arising|
        declarations of|press release|immediate release|newsletter|public participation|press and|published by|statement of|local plan|
        annual report|consultation document|cabinet member|forward plan|members are|committee resolved|it was resolved|resolved that|
        proposed by|seconded by|next meeting|meeting closed|village hall|planning applications|the editor|your letters|readers' letters|decision notice|public register""",
    "guide": """privacy notice|privacy policy|this policy|policy applies|this procedure|retention schedule|training|exercise|learning outcomes|
        guidance|handbook|procedure for|procedures for|for managers|for practitioners|when to|how to|module|slide|toolkit|code of|job description|person specification|for example|scenario|fictional|faq""",
    "template": """insert name|insert date|insert details|insert text|insert address|block capitals|delete as|office use|template|template letter|
        your name|date here|applicable delete|please complete|sample letter|standard letter""",
    "inquest": """inquest|inquests|coroner|coroner's|coroners|pathologist|toxicology|post mortem|postmortem|cause of|narrative conclusion|
        fatal accident""",
    "case review": """serious case|safeguarding adults|homicide review|child death|mortality review|death review|learning review|practice review""",
    "death": """died|the deceased|death of|his death|her death|their death|'s death|deceased was|was killed|fatally|took his|took her|
        end his|end her|of death|found dead|found hanging|pronounced dead|their deaths""",
    "deceased client": """deceased client|client deceased|date of-death|deceased service|service user|the late|the deceased|deceased|estate of|
        next of|executor|executors|died""",
    "care": """care plan|home care|care home|social worker|carer|carers|dementia|medication|incontinent|capacity assessment|care file|
        day centre|care needs|personal care|care package|hoist|continence|daily visits|care call|care calls|carers visit|catheter|stoma|
        commode|zimmer|walking frame|key safe|keysafe|blister pack|district nurse|hospital discharge|discharged from|
        reablement|respite|palliative|dnacpr|dnar|resuscitation|lasting power|best interests|pressure sore|pressure sores|
        pressure area|bed bound|bedbound|meals on|sitting service|direct payment|allocated worker|duty worker""",
    "hidden whereabouts": """anonymous elector|anonymous electors|anonymously registered|anonymous registration|refuge address|safe address|safe house|
        confidential address|address withheld|withheld address|undisclosed address|address undisclosed|secret address|
        witness protection|protected address|protected person|silent number""",
    "staff record": """employee:|employee name|post holder|postholder:|job holder|line manager|manager:|reviewer:|
        appraiser|appraisee|appraiser:|appraisal|annual review|annual appraisal|performance review|probation review|probationary period|
        supervision record|overall rating|objectives for|training needs|development needs|development plan|strengths:|
        career aspirations|personal file|personnel file|payroll number|employee number|salary point|starting salary|notice period""",
    "advice": """counsel's opinion|counsel's advice|in my|my opinion|instructing solicitor|instructing solicitors|i advise|advise the|
        prospects of|legal advice|instructions to|merits of|our advice|my advice|privileged|joint opinion|king's counsel|leading counsel|
        litigation risk|prospects""",
    "legal proceedings": """claim|claimant|defendant|judicial review|litigation|proceedings|court|tribunal|damages|costs|settlement|appeal""",
    "bids": """bidder|bidders|tenderer|tenderers|bid price|bid prices|tender price|tender prices|tender evaluation|tender submission|
        tender submissions|evaluation panel|price score|quality score|moderated score|standstill period|pricing schedule|lowest bid|
        lowest tender|bid evaluation|tendered sum|bidder's""",
    "before award": """not awarded|before award|prior to-award|yet to|not yet|preferred bidder|recommended bidder|commercially sensitive|
        standstill|award decision|in confidence|evaluation|confidential|pre award|scores""",
    "awarded": """was awarded|contract register|contract award|award notice|been awarded|signed by|executed as|in witness|this agreement""",
    "prices": """price schedule|pricing schedule|schedule of-rates|unit price|unit prices|day rate|day rates|rate card""",
    "land deal": """heads of|reserve price|bottom line|district valuer|exclusivity|negotiating position|disposal of|purchase price|
        land sale|offer of|offers received|best offer|asking price|valuation|acquisition of|lock out|option agreement""",
    "exempt": """exempt information|schedule 00a|not for|paragraph 0|pink paper|pink papers|part 0|private report|exempt report|confidential report""",
    "whistle": """whistleblower|whistleblowing|whistle blowing|whistle blower|protected disclosure|my name|in confidence|lose my|wrongdoing|
        raise a-concern|cover up|covering up|reprisals|discloser|remain anonymous|stay anonymous|keep my|fake invoices|false invoices|
        blow the|my identity|reporting this|kickbacks|backhanders|victimised|fraud|bribes""",
    "investigation": """investigation|investigating officer|interim report|draft findings|allegations|alleged|allegation|suspect|suspects|
        witness|witnesses|under caution|interviewed under|witness statement|statement taken|surveillance|evidence of|misconduct|complainant|victims|victim|perpetrator|interim findings""",
    "standards": """monitoring officer|subject member|standards committee|standards complaint|code of|independent person|leak inquiry|leak investigation|
        sensitive interest|sensitive interests|section 00|threats|intimidation|violence or|violence""",
    "sensitive interest": """sensitive interest|sensitive interests""",
    "interests": """members' interests|members interests|register of|disclosable pecuniary|pecuniary interest|pecuniary interests|spouse's|
        spouse or|civil partner|beneficial interest|employment office""",
    "exploitation": """sexual exploitation|cse|cce|grooming|groomed|taxi|taxis|private hire|abuse|abused|abuser|rape|raped|sexual abuse|victims|
        victim|exploited|trafficked|marac|lado|section 00|strategy meeting|child protection|safeguarding|mash|adoption|adopters|adoptive|
        domestic abuse|domestic violence|refuge|non accidental|foster|bruising|neglect""",
    "fraud": """fraud|fraudulent|fraudulently|counter fraud|under caution|undeclared|false claim|false claims|overpaid|subletting|sublet|
        sanction|prosecution|financial investigator|fraud investigator|credit check|living together|falsified|fake invoices""",
    "discipline": """disciplinary hearing|gross misconduct|capability hearing|disciplinary|grievance|written warning|suspended|dismissal|
        investigating officer|dismissed|capability|bullying|harassment|settlement agreement|sexual harassment""",
    "sickness": """sickness absence|sickness|sick leave|fit note|absence reason|days lost|return to|occupational health|days absent|absence record|
        reason for-absence|ill health|signed off|sick note|absence""",
    "health": """depression|anxiety|stress|cancer|surgery|migraine|diabetes|pregnancy|back pain|flu|operation|chemotherapy|mental health|
        disability|disabled|autism|autistic|epilepsy|asthma|dementia|stroke|diagnosed|diagnosis|wheelchair|heart|hospital|bereavement|
        musculoskeletal|fracture|injury|gastroenteritis|covid|hysterectomy|alcohol|adhd|bipolar|schizophrenia|medication|cerebral palsy""",
    "child": """child|children|daughter|son|boy|girl|pupil|aged 0|aged 00|year 0|her mother|his mother|schoolboy|schoolgirl|toddler|baby|
        year old|children's|grandson|granddaughter|teenage|teenager""",
    "directory": """staff directory|organisation chart|org chart|organisational chart|structure chart|telephone list|phone list|contact list|
        staff list|telephone directory|internal directory|staff contact|staff contacts|line manager|reports to|job title|team structure|
        extension number|ext 0000|employee directory""",
    "small numbers": """by ward|ethnicity|ethnic group|ethnic origin|by ethnicity|ward|wards""",
    "pseudonymous": """pseudonymised|pseudonymous|pseudonym|pseudonyms|pseudo id|case id|client id|person id|case ids|record id|subject id|
        unique id|study id|person ref|case ref""",
    "bill": """council tax|amount due|instalment|instalments|your bill|bill for|amount payable|account number|property band|band a|band b|
        band c|band d|liable person|balance due|total due|demand notice""",
    "claim form": """housing benefit|universal credit|claimant|benefit claim|claim form|national insurance|income support|your partner|rent""",
    "trader": """sole trader|trading as|t a|food hygiene|hygiene rating|hygiene inspection|food business|proprietor|food premises|hygiene report|
        inspection report""",
    "incident": """cctv|stills|still image|camera|suspect|suspects|arrested|assault|assaulted|custody|offender|attacker|punched|knife|crime reference|
        live investigation|police investigation|burglary|robbery|crime number|ongoing investigation""",
    "objection": """i object|to object|my objection|objection to|strongly object|wish to-object|my house|my home|i live|we live|
        my wife|my husband|my family|next door|my garden|i oppose|our home""",
    "volunteers": """volunteer|volunteers|mobile|membership list|mailing list|attendees|members list|contact details""",
    "security": """password|passwords|username|login|admin login|alarm code|door code|entry code|safe code|penetration test|vulnerabilities|
        pin|passphrase|access code|private key|credentials|root password""",
    "risk assessment": """risk assessment|hazard|hazards|likelihood|severity|control measures|residual risk|assessor""",
    "test data": """test data|test file|test record|dummy data|sample data|not real|test only|test patient|made up|example data""",
}


def _phrases(text: str) -> tuple[str, ...]:
    """Split a list; a hyphen joins words that only narrow a phrase for its reader, and is left out of the count."""
    found = (" ".join(entry.split()).split("-")[0] for entry in text.split("|"))
    return tuple(phrase for phrase in found if phrase and len(phrase.split()) <= 2)


CUES: Mapping[str, tuple[str, ...]] = MappingProxyType({name: _phrases(text) for name, text in _LISTS.items()})
_NAMES = tuple(CUES)
_OPENING = 160
"""Tokens that count as the opening of a document."""
_STRETCH = 400
"""Tokens of a block; cues count together within two neighbouring blocks."""


def _book() -> tuple[Vocabulary, Floats]:
    hashes = dict.fromkeys(hash_term(phrase) for phrases in CUES.values() for phrase in phrases)
    words = vocabulary(np.fromiter(hashes, dtype=np.uint64), bits=16)
    member = np.zeros((len(words.known) + 1, len(CUES)))
    for n, phrases in enumerate(CUES.values()):
        at = words.columns(np.array([hash_term(phrase) for phrase in phrases], dtype=np.uint64))
        member[at[at >= 0], n] = 1.0
    return words, member


BOOK, _MEMBER = _book()
_WIDTH = len(_MEMBER)


def count_cues(where: Columns) -> dict[str, int]:
    """How many *different* cues of each list occur within one stretch of the document; zeros left out.

    A stretch is two neighbouring blocks of :data:`_STRETCH` tokens: cues scattered over a long report mean nothing.
    """
    block, column = _placed(where, len(where.single))
    if not len(block):
        return {}
    keys = np.unique(np.concatenate((block, block + 1)) * _WIDTH + np.concatenate((column, column)))
    totals = np.zeros((int(keys[-1]) // _WIDTH + 1, len(CUES)))
    np.add.at(totals, keys // _WIDTH, _MEMBER[keys % _WIDTH])
    return _named(totals.max(axis=0))


def opening_cues(where: Columns) -> dict[str, int]:
    """The same for the opening of a document: what kind of document it says it is."""
    _, column = _placed(where, _OPENING)
    return _named(_MEMBER[np.unique(column)].sum(axis=0)) if len(column) else {}


def _placed(where: Columns, end: int) -> tuple[Ints, Ints]:
    """The block and the column of every cue among the first ``end`` tokens."""
    single, pair = np.flatnonzero(where.single[:end] >= 0), np.flatnonzero(where.pair[:end] >= 0)
    column = np.concatenate((where.single[single], where.pair[pair]))
    return np.concatenate((single, pair)) // _STRETCH, column


def _named(totals: Floats) -> dict[str, int]:
    return {name: int(total) for name, total in zip(_NAMES, totals.tolist(), strict=True) if total}
