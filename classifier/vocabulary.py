"""Words that tell what a passage is about, as data: special category, offence, child, safeguarding; and words to look beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Terms:
    """Phrases of one kind: what they score near a person, and what they score alone (0: not reported).

    ``about`` names the ground in words a person reads; ``exact`` phrases must stand in capitals as written.
    """

    kind: str
    about: str
    near: float
    alone: float
    phrases: tuple[str, ...]
    exact: bool = False


def _split(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.replace("\n", " ").split("|") if phrase.strip())


TERMS: tuple[Terms, ...] = (
    Terms("special_category", "health", 0.85, 0.0, _split(
        """depression|depressed|antidepressants|anti-depressants|anxiety disorder|panic attacks|schizophrenia|schizophrenic|bipolar|
        psychosis|psychotic|psychiatric|psychiatrist|personality disorder|ptsd|post-traumatic stress|post traumatic stress|
        eating disorder|anorexia|bulimia|dementia|alzheimer's|alzheimers|parkinson's|epilepsy|epileptic|seizures|diabetes|diabetic|
        cancer|tumour|chemotherapy|radiotherapy|leukaemia|hiv|hiv positive|hepatitis|tuberculosis|asthma|copd|emphysema|
        multiple sclerosis|cerebral palsy|down's syndrome|downs syndrome|autism|autistic|asperger's|aspergers|adhd|dyslexia|dyslexic|
        dyspraxia|learning disability|learning difficulties|learning disabled|wheelchair user|uses a wheelchair|registered blind|
        partially sighted|hard of hearing|pregnant|pregnancy|miscarriage|miscarried|stillbirth|ivf|termination of pregnancy|abortion|
        contraception|sexually transmitted|self-harm|self harm|self-harmed|self-harming|suicidal|suicidal ideation|suicide attempt|
        attempted suicide|overdose|overdosed|took an overdose|sectioned|mental health act|detained under section|mental illness|
        mental health problems|mental health condition|mental health crisis|nervous breakdown|sertraline|fluoxetine|citalopram|
        olanzapine|risperidone|lithium|methadone|insulin|diagnosed with|diagnosis of|diagnosed as|medication|medications|
        hospitalised|admitted to hospital|discharged from hospital|heart attack|stroke|angina|heart condition|sick note|fit note|
        sickness absence|off sick|signed off|long-term sick|occupational health|ill health retirement|ill-health retirement|
        medical condition|medical conditions|medical history|medical records|medical evidence|disabled|disability|impairment|
        incontinent|incontinence|alcoholic|alcoholism|alcohol dependency|alcohol dependence|alcohol dependent|alcohol misuse|
        drinking heavily|drug addiction|drug addict|addicted to|heroin user|heroin|crack cocaine|substance misuse|terminally ill|
        terminal illness|palliative|end of life care|arthritis|fibromyalgia|chronic pain|chronic fatigue|back injury|surgery|
        operation on|pressure sores|nhs patient|brain injury|overweight|obese|coronavirus positive|allergic to|genetic test"""
    )),
    Terms("special_category", "ethnic origin", 0.75, 0.0, _split(
        """ethnic origin|ethnicity|ethnic background|racial origin|of pakistani origin|of indian origin|of african origin|
        of bangladeshi origin|of polish origin|of caribbean origin|white british|black british|black caribbean|black african|
        british asian|mixed race|romany|romany gypsy|irish traveller|roma family|asylum seeker|refugee status"""
    )),
    Terms("special_category", "religion or belief", 0.75, 0.0, _split(
        """practising muslim|practising catholic|practising christian|muslim|sikh|hindu|jewish|buddhist|jehovah's witness|
        roman catholic|religious beliefs|religion|converted to islam|converted to christianity|atheist|halal|kosher"""
    )),
    Terms("special_category", "trade union", 0.85, 0.0, _split(
        """trade union deduction|union deduction|union subscription|union subs|trade union member|union member|trade union membership|
        union membership|member of unison|member of unite|member of gmb|unison member|gmb member|shop steward|trade union dues|
        union dues|branch secretary"""
    )),
    Terms("special_category", "sex life or orientation", 0.85, 0.0, _split(
        """sexual orientation|homosexual|gay man|gay|lesbian|bisexual|transgender|transsexual|gender reassignment|gender dysphoria|
        sexual relationship|sexual partner|sexual partners|sex life|came out as|civil partner"""
    )),
    Terms("special_category", "political opinion", 0.75, 0.0, _split(
        """political opinions|political opinion|political beliefs|party membership|voted for the|far-right views|bnp member|
        member of the british national party|political affiliation"""
    )),
    Terms("special_category", "genetic or biometric", 0.75, 0.0, _split(
        "biometric data|fingerprints|fingerprint scan|dna sample|dna test|dna profile|paternity test|facial recognition"
    )),
    Terms("offence", "criminal matters", 0.85, 0.0, _split(
        """convicted|conviction|convictions|criminal record|criminal records|criminal history|previous convictions|unspent|
        police caution|cautioned|was arrested|been arrested|arrested|re-arrested|charged with|pleaded guilty|found guilty|sentenced|
        imprisoned|imprisonment|in prison|prison sentence|custodial sentence|suspended sentence|community order|on probation|
        probation officer|released from prison|on bail|bailed|bail conditions|remanded|burglary|theft|stole|shoplifting|robbery|
        assaulted|common assault|actual bodily harm|grievous bodily harm|abh|gbh|raped|rape|sexual assault|sexually assaulted|
        sexual offence|sexual offences|sex offender|sex offenders register|indecent images|indecent exposure|murder|murdered|
        manslaughter|stabbed|knife|harassment|stalking|restraining order|non-molestation order|injunction|asbo|
        criminal behaviour order|drink driving|drink-driving|drunk driving|disqualified from driving|penalty points|
        dealing drugs|drug dealing|supplying drugs|possession of cannabis|cannabis|cocaine|fraudulent|benefit fraud|defrauded|
        prosecuted|dbs certificate|dbs check|dbs disclosure|alleged offence|alleged offences|offence|offences|offender|
        alleged to have|allegation|allegations|under investigation|gross misconduct|suspect|suspected of|perpetrator"""
    )),
    Terms("child", "words for a child", 0.75, 0.0, _split(
        """the child's mother|the child's father|the child's|the child|child's mother|her son|his son|their son|her daughter|his daughter|
        their daughter|my son|my daughter|our son|our daughter|the baby|newborn|toddler|infant|foster child|looked after child|
        looked-after child|child in care|foster placement|foster carer|foster carers|foster care|adopted child|unborn|schoolgirl|
        schoolboy|school nurse|form tutor|nursery|the pupil|siblings|sibling|half-brother|half-sister|stepson|stepdaughter|
        the young person|teenager|teenage|reception class|sen statement|ehcp|education, health and care plan"""
    )),
    Terms("safeguarding", "safeguarding", 0.85, 0.55, _split(
        """strategy meeting|section 47|s47 enquiry|s.47|s47|child protection conference|child protection plan|case conference|
        initial child protection conference|child protection register|child protection|child in need plan|alleged perpetrator|
        position of trust|child sexual exploitation|child criminal exploitation|sexual exploitation|sexually exploited|
        missing episode|missing episodes|missing from home|missing from care|groomed|grooming|domestic abuse|domestic violence|
        coercive control|controlling and coercive|non-accidental injury|non-accidental injuries|physically abused|sexually abused|
        sexual abuse|emotional abuse|emotionally abused|physical abuse|financial abuse|neglected|safeguarding referral|
        safeguarding concern|safeguarding concerns|safeguarding enquiry|section 42 enquiry|section 42|safeguarding alert|
        safeguarding adults review|serious case review|domestic homicide review|child safeguarding practice review|
        female genital mutilation|forced marriage|honour-based|honour based|emergency protection order|police protection|
        interim care order|care order|care proceedings|placement order|adoption order|adopters|prospective adopters|birth parents|
        birth mother|birth father|county lines|modern slavery|trafficked|women's refuge|place of safety|bruise|bruises|bruising|
        disclosed that|made a disclosure|disclosure of abuse|home circumstances|victim of abuse|abuser|perpetrators|risk of harm|
        significant harm|at risk of exploitation|fabricated illness|unexplained injuries|sudden death|cause of death|inquest|
        took his own life|took her own life|took their own life|found dead|fatally"""
    )),
    Terms("safeguarding", "safeguarding bodies and schemes", 0.8, 0.5, _split("LADO|MASH|MARAC|CSE|CCE|FGM|DHR|MAPPA|"
                                                                              "IDVA|ICPC|SCR|LSCB"), exact=True),
)  # fmt: skip
"""Kinds told by vocabulary. Public word lists: a matched phrase may be named in a reason."""

ANCHORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "date_of_birth": _split(
            r"d.o.b|d/o/b|dob|date of birth|date-of-birth|birth date|birthdate|born on|born|birthday|dates of birth"
        ),
        "age": _split(r"aged|year old|year-old|years old|years-old|yr old|yrs old|months old|month old|age"),
        "vehicle_registration": _split(
            r"vehicle|vehicles|registration|reg|reg no|registration number|vrm|vrn|number plate|registered keeper|"
            r"keeper|index number|plate|"
            r"car|van|taxi|ford|vauxhall|volkswagen|toyota|bmw|audi|nissan|peugeot|renault|mercedes|honda|skoda|hyundai|kia|fiat|citroen"
        ),
        "credential": _split(
            r"password|passwords|passwd|pwd|pw|passphrase|passcode|pass code|pin code|api key|api_key|apikey|secret "
            r"key|secret_key|client_secret|"
            r"access key|access_key|access token|access_token|auth_token|bearer|private key|connectionstring|"
            r"accountkey|door code|alarm code|"
            r"safe combination|pin"
        ),
        "account_name": ("admin", "administrator", "root", "sysadmin", "login", "user"),
        "reference": _split(
            r"application no|application nos|applications nos|application number|application (no|applications (nos|case (no|cases (nos|"
            r"application numbers|case no|case nos|case number|claim no|claim number|"
            r"appeal no|appeal number|petition no|petition number|court ref|case ref|case reference|crime ref|crime reference|"
            r"crime reference number|crime number|crime no|incident no|incident number|incident ref|cad|log number|occurrence number"
        ),
        "key": (
            r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY",
            r"AKIA[0-9A-Z]{16}",
            r"gh[pousr]_[A-Za-z0-9]{30,60}",
            r"xox[abprs]-[A-Za-z0-9-]{10,80}",
            r"eyJ[A-Za-z0-9_-]{10,}\.eyJ",
            r"PuTTY-User-Key-File-[23]",
            r"AIza[0-9A-Za-z_-]{35}",
            r"sk_live_[0-9A-Za-z]{16,64}",
        ),
    }
)
"""Words that call for a closer look at what stands beside them."""

PERSON_WORDS: tuple[str, ...] = _split(
    """he|she|his|her|him|hers|himself|herself|my|i|i'm|i've|client|patient|applicant|claimant|tenant|employee|complainant|service user|
    mother|father|husband|wife|partner|son|daughter|brother|sister|mum|dad|mr|mrs|ms|miss|driver|appellant|defendant|deceased|victim|
    the child|pupil|carer|resident of|young person|colleague|member of staff|grandmother|grandfather|aunt|uncle|neighbour|ex-partner"""
)
"""Words that stand for one person where no name does."""
