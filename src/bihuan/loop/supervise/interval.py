"""How many closings are sound, from those that were looked at again: an estimate and an interval that keeps its word.

A stratified proportion with finite populations. Near 100 % the interval by the normal distribution is far too short (a sample
without a single sham has no variance at all), so the exact binomial interval of Clopper and Pearson is taken at the effective
sample size, as in Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts
estimated from survey data", Survey Methodology 24 (1998) 193-201; both shares of sound and of not sound are kept between
what was seen. Cases that nobody looked at in a stratum where nobody looked at any may be all sound or none: that widens it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt

from bihuan.model.facts import Stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One stratum: closings that counted when it was drawn, those of them looked at again, and those found sound."""

    closed: int
    looked: int
    sound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of sound closings with its interval; `estimate` is None while nobody looked at some stratum at all."""

    estimate: float | None
    low: float
    high: float


def looked_at(strata: Iterable[Stratum], found: Mapping[str, bool]) -> list[Looked]:
    """Strata of a draw with what is known of its cases: whether each was found sound, for those looked at so far.

    One that came back by itself before anybody looked counts as found not sound.
    """
    out = []
    for stratum in strata:
        known = [found[case] for case in stratum.cases if case in found]
        out.append(Looked(closed=stratum.closed, looked=len(known), sound=sum(known)))
    return out


def sound_share(strata: Sequence[Looked], *, confidence: float = 0.95) -> Share:
    """The share of closings that are sound, of the strata of one draw or of several together."""
    population = sum(part.closed for part in strata)
    if not population:
        return Share(estimate=None, low=0.0, high=1.0)
    seen = [part for part in strata if part.looked]
    blind = sum(part.closed for part in strata if not part.looked)
    whole = sum(part.sound for part in seen if part.looked == part.closed)
    parts = [part for part in seen if part.looked < part.closed]
    sampled = sum(part.closed for part in parts)
    p, low, high = _binomial(parts, sampled, confidence) if parts else (0.0, 0.0, 0.0)
    sound = sum(part.sound for part in seen)
    unsound = sum(part.looked - part.sound for part in seen)
    return Share(
        estimate=None if blind else (whole + sampled * p) / population,
        low=max(whole + sampled * low, sound) / population,
        high=min(whole + sampled * high + blind, population - unsound) / population,
    )


def _binomial(parts: Sequence[Looked], sampled: int, confidence: float) -> tuple[float, float, float]:
    """Estimate, low and high of the share among strata of which some, but not all, were looked at."""
    p = sum(part.closed * part.sound / part.looked for part in parts) / sampled
    size = effective_size(parts, sampled, p)
    tail = (1 - confidence) / 2
    found = p * size
    low = beta_quantile(tail, found, size - found + 1) if p > 0 else 0.0
    high = beta_quantile(1 - tail, found + 1, size - found) if p < 1 else 1.0
    return p, low, high


def effective_size(parts: Sequence[Looked], sampled: int, p: float) -> float:
    """How many cases of a simple random sample from an endless population would say as much as these.

    The smaller of two answers: from the variance that was seen (which is none where all were sound), and from the weights
    alone (Kish), with every stratum as varied as the whole. Both with the correction for finite populations.
    """
    weights = seen = 0.0
    for part in parts:
        scale = (part.closed / sampled) ** 2 * (1 - part.looked / part.closed)
        share = part.sound / part.looked
        weights += scale / part.looked
        seen += scale * (share * (1 - share) / (part.looked - 1) if part.looked > 1 else p * (1 - p))
    return min(1 / weights, p * (1 - p) / seen) if seen else 1 / weights


# --- the beta distribution ------------------------------------------------------------------------------------


def beta_quantile(q: float, a: float, b: float) -> float:
    """The x below which a share `q` of a beta distribution lies, by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if beta_below(middle, a, b) < q:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (DLMF 8.17), by its continued fraction 8.17.22."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x > (a + 1) / (a + b + 2):
        return 1 - front * _fraction(1 - x, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction 1/(1 + d1/(1 + d2/(1 + ...))), from the bottom up; some times sqrt(a + b) terms are enough."""
    value = 1.0
    for step in range(60 + int(6 * sqrt(a + b)), 0, -1):
        half = step // 2
        if step % 2:
            term = -(a + half) * (a + b + half) / ((a + step - 1) * (a + step))
        else:
            term = half * (b - half) / ((a + step - 1) * (a + step))
        value = 1 + term * x / value
    return 1 / value
