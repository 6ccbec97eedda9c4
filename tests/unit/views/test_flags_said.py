"""What a flag saw is said in both languages, on the case and in explanations; facts of older journals stay readable."""

import msgspec
import pytest
from tests.unit.loop.test_flags import HERE, OTHER_PHOTO, PHOTO, RULES
from tests.unit.views.city import City, encoded

from bihuan.model.facts import Body, CaseFlagged, Fact, Figures, Proof
from bihuan.model.times import HOUR, MINUTE
from bihuan.pack.schema import Words
from bihuan.views.flags import seen_in


@pytest.fixture
def city() -> City:
    city = City(RULES)
    city.wait(7 * HOUR)
    return city


def flagged(city: City, *, after: int = 20 * MINUTE, photo: str = PHOTO, at: tuple[float, float] = HERE) -> str:
    """A case that is reported with a photo and a position, and whose only task is signed and claimed."""
    city.do("duty@1101", "report", "pothole", "a hole", Proof(lon=HERE[0], lat=HERE[1], photo=PHOTO), "1101")
    case = list(city.loop.book.cases)[-1]
    city.do("duty@11.inspection", "register", case, choice="patch")
    task = list(city.loop.book.cases[case].tasks)[-1]
    city.do("crew@11.drainage", "sign", task)
    city.wait(after)
    city.do("crew@11.drainage", "claim", task, proof=Proof(text="mended", photo=photo, lon=at[0], lat=at[1]))
    return case


def said(city: City, case: str) -> list[tuple[str, str]]:
    """What the case's page says of its flags: the task's are the case's."""
    seen = encoded(city.views.case(case, city.now))
    assert isinstance(seen, dict)
    assert seen["flags"] == [flag for task in seen["tasks"] for flag in task["flags"]]
    return [(flag["detail"]["zh"], flag["detail"]["en"]) for flag in seen["flags"]]


def test_how_soon_after_signing_it_was_claimed(city: City) -> None:
    case = flagged(city, after=29_000, photo=OTHER_PHOTO)
    assert said(city, case) == [
        ("签收后29秒即报完成，不足1分钟的予以标记", "claimed 29 s after signing; less than 1 min is flagged")
    ]


def test_what_the_photo_was_shown_for_before(city: City) -> None:
    case = flagged(city)
    assert said(city, case) == [
        (
            f"照片此前已用于“东一镇 道路破损”（{case}）",
            f"the photo was shown before, for 'Broken road, East One' ({case})",
        )
    ]
    task = next(iter(city.loop.book.cases[case].tasks))
    other = seen_in(city.views.known.speech, a_flag("same-photo", Figures(shown=task)))
    assert task in other.zh
    assert other.en.startswith("the photo was shown before, for 'Mend")


def test_how_far_away_the_proof_was_taken_also_in_the_explanation(city: City) -> None:
    case = flagged(city, photo=OTHER_PHOTO, at=(106.62, 29.51))
    (one,) = said(city, case)
    assert one == (
        "凭证拍摄于距案件地点 968 米处，超过 300 米的予以标记",
        "the proof was taken 968 m from the place of the case; more than 300 m is flagged",
    )
    fact = next(fact for fact in city.facts if isinstance(fact.body, CaseFlagged))
    link = next(link for link in city.views.explain(fact.id).chain if link.id == fact.id)
    assert (link.detail[-1].label.zh, link.detail[-1].value.zh, link.detail[-1].value.en) == ("依据", *one)


def a_flag(flag: str, figures: Figures) -> CaseFlagged:
    return CaseFlagged(case="cq-C00001", task="cq-T00001", unit="11.drainage", flag=flag, figures=figures)


@pytest.mark.parametrize(
    ("flag", "figures", "zh", "en"),
    [
        ("no-proof", Figures(), "报完成时没有附任何凭证", "claimed without any proof"),
        (
            "odd-hours",
            Figures(seen=0, limit=0.05, claims=14, near=1),
            "该单位此前 14 次报完成中，在这一时刻前后 1 小时内的有 0 次，低于 5.0% 的予以标记",
            "0 of the unit's 14 earlier claims were within 1 h of this hour; fewer than 5.0% is flagged",
        ),
        (
            "odd-hours",
            Figures(seen=2, limit=0.005, claims=900, off=True),
            "该单位此前 900 次报完成中，在休息日的有 2 次，低于 0.5% 的予以标记",
            "2 of the unit's 900 earlier claims were on days off; fewer than 0.5% is flagged",
        ),
        (
            "odd-hours",
            Figures(seen=2, limit=0.005, claims=900),
            "该单位此前 900 次报完成中，在工作日的有 2 次，低于 0.5% 的予以标记",
            "2 of the unit's 900 earlier claims were on working days; fewer than 0.5% is flagged",
        ),
    ],
)
def test_no_proof_and_odd_hours(city: City, flag: str, figures: Figures, zh: str, en: str) -> None:
    assert seen_in(city.views.known.speech, a_flag(flag, figures)) == Words(zh=zh, en=en)


def test_a_fact_of_an_older_journal_says_what_it_said(city: City) -> None:
    line = b'{"kind":"case-flagged","case":"c","detail":"claimed without any proof","flag":"no-proof","task":"t","unit":"11"}'
    old = msgspec.json.decode(line, type=CaseFlagged)
    assert isinstance(old, Body)
    assert msgspec.json.decode(msgspec.json.encode(old)) == msgspec.json.decode(line), "its bytes, and so its hash, stay"
    assert seen_in(city.views.known.speech, old) == Words(
        zh="原记录：claimed without any proof", en="claimed without any proof"
    )
    fact = Fact(seq=1, id="cq-1", at=0, recorded_at=0, actor="supervise", subject="cq-C00001", because=(), body=old)
    assert msgspec.json.decode(msgspec.json.encode(fact), type=Fact) == fact
