"""Themes: everyday and professional vocabulary that tells what a text is about, as data.

A model that sees a few hundred examples cannot learn that *niece*, *grandson* and *auntie* belong together; these lists
tell it. They are written by us, name nobody, and their words are the ones a reason may quote. An entry of two words is
a phrase. A trailing ``+`` stands for the usual endings (s, ed, ing, er, ly).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_LISTS = {
    "family": """mother mum mom dad father daddy mummy parent+ wife husband spouse partner fiance son+ daughter+ child kid+
        children baby babies toddler grandson granddaughter grandchildren grandma grandpa granny nan grandmother grandfather
        brother+ sister+ sibling+ uncle aunt auntie niece+ nephew+ cousin+ family families twins stepfather stepmother
        in-laws marriage married wedding+ engaged divorce+ divorced birthday+ anniversary born pregnant pregnancy""",
    "affection": """love loves loved loving miss missed hug+ kiss+ dear dearest darling sweetie honey babe xx xxx proud
        glad happy sad sorry hope hopes wish wishes excited exciting wonderful lovely beautiful awful terrible cry crying
        tears laugh+ lol haha funny fun enjoy enjoyed feel feels feeling+ heart prayers pray praying bless blessed
        congratulations congrats""",
    "leisure": """weekend+ holiday+ vacation+ trip+ beach ski skiing golf tennis football soccer rugby cricket baseball
        basketball game games team tickets ticket concert+ movie+ film+ theatre theater show party parties dinner lunch
        breakfast drink+ drinks beer wine bar pub restaurant+ cook+ recipe+ garden gardening dog+ cat+ puppy pet+ hunting
        fishing gym yoga marathon church temple mosque choir band music guitar book+ novel shopping christmas
        thanksgiving easter diwali eid hanukkah santa gift+ present+ camping hiking boat sailing bike cycling""",
    "home": """house apartment flat mortgage rent bedroom kitchen bathroom bathtub garage sofa furniture moving landlord tenant
        tenancy neighbour+ neighbor+ neighbourhood lawn roof plumber electrician insurance car truck tyre garage
        school schools college nursery homework teacher+ babysitter nanny""",
    "feelings talk": """i'm i've i'd i'll don't didn't can't won't couldn't wasn't isn't haven't it's that's you're we're he's
        she's they're gonna wanna yeah yes yep nope ok okay hey hi hello bye cheers thanks thank guys guy buddy dude mate
        wow oh ha kinda stuff crazy weird awesome cool""",
    "health": """ill illness sick sickness disease hospital+ doctor+ gp nurse+ surgeon surgery operation cancer tumour tumor
        chemotherapy diabetes diabetic asthma stroke dementia alzheimer's depression depressed anxiety anxious suicidal
        suicide overdose+ self-harm psychosis psychiatric psychiatrist schizophrenia bipolar medication+ medicine+ tablets
        prescribed prescription+ dose diagnosis diagnosed symptom+ pain+ injury injuries injured fracture+ wound+ bleeding
        infection+ sepsis pneumonia ambulance paramedic+ ward admitted admission discharged discharge clinic clinical
        patient+ treatment therapy therapist counselling disability disabled wheelchair autism autistic adhd epilepsy
        seizure+ miscarriage menopause occupational-health unwell absence allergic allergy vomiting hypertension cardiac
        mental bruise+ bruising pressure-sore mobility frail continence""",
    "death": """died dies death deaths dead deceased dying funeral bereaved bereavement buried burial cremated cremation
        coroner coroner's inquest inquests post-mortem mortem autopsy hanging ligature drowned drowning fatal killed
        condolences passed-away late unresponsive resuscitation cpr certified""",
    "employment": """job+ position+ resume resumes cv candidate+ applicant+ interview+ interviewed recruit+ recruitment recruiter
        hire+ hired hiring offer salary salaries bonus bonuses pay payroll compensation raise promotion promoted employee+
        employer+ employment vacancy vacancies career+ internship intern interns associate analyst appraisal supervisor
        resign+ resigned resignation redundant redundancy dismissed dismissal sacked fired terminate+ termination severance
        retire+ retirement reference+ references experience skills qualified qualifications degree mba phd graduate+
        university pension annual-leave maternity paternity sick-leave grievance grade contract-of-employment start-date
        background relocate+ relocation vesting performance-review""",
    "discipline": """disciplinary misconduct gross-misconduct grievance grievances capability suspended suspension hearing
        allegation+ alleged alleges allege complaint+ complainant investigating investigation+ investigator+ investigated
        witness+ statement+ warning appeal appealed bullying bullied harassment harassed discrimination victimisation
        tribunal whistleblow+ whistleblower whistle-blowing disclosure discloser wrongdoing fraud fraudulent theft stole
        stolen bribe+ bribery corruption corrupt conflict-of-interest dishonest dishonesty falsified""",
    "law": """attorney+ counsel counsel's lawyer+ solicitor+ barrister+ litigation litigate lawsuit+ sued suing sue plaintiff+
        defendant+ claimant+ respondent court courts judge judgment judgement tribunal settlement settle settled settling
        privilege privileged deposition+ depose subpoena+ discovery pleading+ brief affidavit testimony testify testified
        injunction+ motion complaint arbitration arbitrate mediation liability liable damages breach indemnity indemnify
        legal legally opinion advice advise+ advised proceedings prosecution prosecute+ without-prejudice waiver waive
        statute statutory enforcement appeal appeals rehearing filing filed allegations evidence""",
    "secrecy": """confidential confidentially confidentiality confidence secret secrecy secretly private privately privacy
        sensitive sensitivity discreet discreetly discretion anonymous anonymously undisclosed embargo embargoed leak
        leaked leaking leaks classified restricted internal-only do-not do-not-forward not-forward don't-forward
        not-share not-distribute not-circulate not-copy not-disclose don't-tell don't-share don't-mention keep-this
        between-us yourself-only eyes-only off-record privileged-and need-to-know need-know nda non-disclosure redacted
        strictly not-publication exempt""",
    "strategy": """strategy strategic strategize strategies leverage negotiate+ negotiation+ negotiating position posture
        tactic+ tactical proposal+ counteroffer offer offers deal deals bargaining option+ options scenario+ risk+ risks
        exposure threat+ pressure push resist oppose opposed opposition support ally allies lobby+ lobbying lobbyist+
        influence influencing message messaging talking-points spin press media reporter+ journalist+ politically
        political politics senator+ governor+ congress legislature legislator+ minister+ mp mps president campaign+ vote+
        votes contribution+ donor+ behind-scenes""",
    "commerce": """tender+ tenders bid bids bidder+ bidding procurement supplier+ vendor+ price+ pricing priced quote quotation
        cost+ margin+ profit+ loss losses revenue+ earnings forecast+ valuation valued value acquisition acquire+ merger
        merge sale sell+ purchase+ buyer+ seller+ shareholder+ equity stock stocks shares debt bankrupt bankruptcy credit
        collateral bank+ loan+ guarantee+ joint-venture commercially commercial-confidence trade-secret market-sensitive
        heads-terms best-value lease leases rent-review exclusivity""",
    "care": """safeguarding safeguard+ social-worker social-workers social-care care carer+ foster fostering adoption adopted
        adopters adoptive placement+ placed looked-after child-protection strategy-meeting section-47 section-17 mash
        marac lado neglect neglected abuse abused abuser abusive perpetrator+ victim+ domestic-abuse domestic-violence
        violence violent assault+ assaulted exploitation exploited grooming groomed sexual sexually rape raped missing
        vulnerable vulnerability at-risk risk-assessment disclosure disclosed refuge non-accidental concern+ concerned
        welfare supervised contact case-conference care-plan review-conference guardian court-order home-visit
        mother's father's""",
    "crime": """police officer+ constable arrest+ arrested custody charged charge convicted conviction+ sentenced sentence prison
        hmp probation offender+ offence+ offending crime+ criminal suspect+ suspected bail caution cautioned dbs disclosure
        burglary robbery drugs cannabis cocaine heroin weapon+ knife stabbed stabbing firearm+ asbo antisocial anti-social
        cctv incident+ harassment stalking threats threatened""",
    "story person": """he she him her his hers himself herself told said stated reported noticed asked refused agreed lived
        living alone attended arrived visited contacted called telephoned phoned seen spoke spoken explained described
        appeared recalled remembered admitted denied""",
    "welfare": """benefit+ claimant+ universal-credit housing-benefit arrears eviction evicted homeless homelessness debt+ bailiff+
        summons rent overpayment means-tested income savings capital food-bank allowance pip attendance-allowance
        council-tax hardship bank-statement evidence-of""",
    "migration": """asylum refugee+ immigration visa+ passport+ nationality deported deportation home-office leave-to-remain
        unaccompanied interpreter ethnic ethnicity religion religious muslim christian hindu sikh jewish catholic gay
        lesbian bisexual transgender trade-union union-membership""",
    "security": """password+ passphrase username login credential+ pin alarm+ keypad keyholder+ key-code access-code admin
        administrator root vpn server+ firewall penetration-test vulnerability vulnerabilities exploit encryption
        certificate private-key token secret-key api-key safe-code door-code""",
    "meeting": """agenda minutes committee committees cabinet council councillor+ cllr chair chairman chairperson vice-chair
        clerk apologies declarations resolved resolution proposed seconded carried unanimously members member motion
        quorum item noted recommended recommendation+ recommend approve approved adopted public-participation
        matters-arising correspondence planning-application planning-applications parish town ward borough district county
        scrutiny panel delegated forward-plan constitution standing-orders precept adjourned""",
    "plans": """policy policies strategy framework guidance procedure+ objective+ target+ outcome+ performance indicator+ kpi
        milestone+ action-plan implementation delivery deliver+ priorities priority stakeholder+ consultation+ consultees
        review reviewed annual quarterly budget+ budgets expenditure capital revenue savings efficiency reserves forecast
        statement-of accounts audit audited treasury appendix annex section paragraph figure table introduction background
        summary conclusion purpose scope equality-impact impact-assessment legal-implications financial-implications""",
    "places": """road street lane avenue highway highways pavement footpath footpaths bridleway verge hedge hedges parking bus
        buses cycle traffic speeding potholes drainage flood flooding park playground allotment+ cemetery village hall
        library libraries museum leisure-centre recycling bins waste litter street-lighting grit dog-fouling bench benches
        tree trees pond woodland biodiversity habitat climate""",
    "notice": """notice notices privacy-notice template form guidance-notes please-complete block-capitals tick office-use
        signature date-of applicant declare declaration data-controller your-rights lawful-basis retention-schedule
        example specimen dummy sample training exercise scenario fictional invented course module slide faq leaflet
        newsletter website web-page click download""",
    "logistics": """meeting meetings schedule scheduled calendar conference-call call room agenda attend attending available
        availability monday tuesday wednesday thursday friday o'clock noon reschedule+ confirm confirmed flight+ hotel
        itinerary travel arrive depart departs booking book dial passcode rsvp""",
    "business": """company business project+ customer+ client+ market+ contract+ agreement+ report reports presentation document
        documents draft attached attachment file spreadsheet system systems data department management manager manager's
        director team group staff office corporate board executive operations regulatory regulation+ commission industry
        energy power gas electricity utility utilities transmission price""",
    "urgency": """urgent urgently asap immediately deadline today tomorrow tonight now soon delay delayed critical crisis
        emergency important serious seriously worried worry""",
    "diplomacy": """ambassador+ embassy consul+ minister foreign president prime government+ governments bilateral multilateral
        treaty negotiations sanctions ceasefire peace troops military army forces security-council united-nations
        delegation summit diplomat+ diplomatic deputy secretary cable envoy opposition regime election+ elections
        intelligence""",
    "candour": """think thinks thought believe believes guess suspect wonder honestly frankly candid candidly personally opinion
        view views feel worried concern concerned unclear doubt doubtful trust distrust angry upset furious annoyed
        disappointed frustrated problem+ trouble difficult difficulty mistake+ wrong bad poor weak failure failed blame
        embarrass+ embarrassing embarrassment awkward damage damaging fallout reputation disagree disagreed""",
}

_ENDINGS = ("", "s", "ed", "d", "ing", "er", "ers", "ly")


def _expand(entry: str) -> tuple[str, ...]:
    phrase = entry.replace("-", " ") if entry.count("-") else entry
    if not phrase.endswith("+"):
        return (phrase,)
    stem = phrase[:-1]
    return tuple(stem + ending for ending in _ENDINGS)


THEMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: tuple(dict.fromkeys(w for e in text.split() for w in _expand(e))) for name, text in _LISTS.items()}
)
