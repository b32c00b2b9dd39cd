"""What a rule says about time, in words for a page instead of the notation of the schedule's file."""

from retention.clock import Limb, Period, Terms
from retention.review.pages.wording import Words


def period(length: Period, told: Words) -> str:
    """A length of time in words, such as 21 years 4 months."""
    parts = (("years", length.years), ("months", length.months), ("days", length.days))
    return " ".join(told(f"spoken.{unit}", n=amount) for unit, amount in parts if amount)


def limb(one: Limb, told: Words) -> str:
    """One way to a date in words."""
    since = one.trigger.replace("_", " ")
    length = period(one.period, told)
    text = told("spoken.after", length=length, since=since) if length else told("spoken.at", since=since)
    if one.fixed is not None:
        text = told("spoken.fixed", day=one.fixed.isoformat())
    if one.before_age is not None:
        text += " " + told("spoken.before", age=one.before_age)
    if one.from_age is not None:
        text += " " + told("spoken.from", since=one.given.replace("_", " "), age=one.from_age)
    return text


def kept(terms: Terms, told: Words) -> str:
    """How long something is kept, in words."""
    if terms.permanent:
        return told("spoken.permanent")
    if terms.open:
        return told("spoken.open")
    text = "; ".join(limb(one, told) for one in terms.limbs)
    return told(f"spoken.{terms.choice.value}", limbs=text) if len(terms.limbs) > 1 else text
