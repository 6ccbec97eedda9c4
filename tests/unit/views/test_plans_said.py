"""Plans as people read them: four eyes on the desk, calls and notices in sentences, plans that reach nobody."""

from typing import Any

from tests.packs_for_tests import with_change
from tests.unit.loop.city import GOOD_PROOF, UNDERPASS, City
from tests.unit.loop.test_plan_steps import with_plan

from bihuan.model.facts import Fact
from bihuan.views.archive import Archive
from bihuan.views.details import details
from bihuan.views.sentences import sentence
from bihuan.views.words import Speech


def told(city: City) -> dict[str, list[tuple[str, str]]]:
    """Kind -> what was said of each fact, in both languages."""
    archive = Archive(city.rules)
    speech = Speech(city.rules, city.loop.book, archive)
    out: dict[str, list[tuple[str, str]]] = {}
    for fact in city.facts:
        archive.fold(fact)
        words = sentence(speech, fact)
        out.setdefault(fact.kind, []).append((words.zh, words.en))
    return out


def test_calls_and_notices_are_said_as_what_they_are() -> None:
    city = City(
        with_plan(
            "id: ask, to: {down: town}, sign: 3m, form: call\n"
            "id: tell, to: {role: emergency, at: district}, sign: 1h, form: notice"
        )
    )
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    city.do("duty@1101", "sign", city.task("ask").id)
    city.do("duty@11.emergency", "sign", city.task("tell").id)
    said = told(city)
    assert ("叫应东一镇：步（3分钟内应答）", "East One is called: Step (answer within 3 min)") in said["task-sent"]
    assert ("通知东区应急：步（1小时内知悉）", "East emergency is told: Step (read within 1 h)") in said["task-sent"]
    assert [zh for zh, _ in said["task-signed"]] == ["东一镇 应答：步（用时0秒）", "东区应急 知悉：步（用时0秒）"]


def test_a_call_nobody_answered_says_who_is_called_now() -> None:
    city = City(with_plan("id: ask, to: {down: town}, sign: 3m, form: call"))
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    city.wait(4 * 60_000)
    zh, en = told(city)["task-released"][0]
    assert "无人应答，转由东区承担" in zh
    assert "not answered, given to East" in en


def test_a_plan_that_reaches_nobody_says_so_and_who_looks() -> None:
    city = City(with_plan("id: ours, to: {down: town, affected: red}, sign: 5m, done: 1h",
                          trigger="warning: {group: rainstorm, levels: [orange]}"))  # fmt: skip
    city.read({"rain@1101": 60.0})
    said = told(city)
    (one,) = [(zh, en) for zh, en in said["plan-started"] if "加" in zh]
    assert one[0] == "东区 启动预案“加”，但没有步骤触达任何单位：由主办的东区核实处置"
    assert one[1] == "East: plan 'Extra' started, but reaches nobody: East, which holds it, looks and acts"
    assert said["task-sent"][0][0].startswith("派给东区：预案未触达任何单位，由主办单位核实处置")
    started = next(fact for fact in city.facts if fact.kind == "plan-started")
    (left_out,) = [row.value for row in _details(city, started) if row.label.en == "Not sent"]
    assert left_out.zh == "步: 东区没有镇一级的单位达到红色或更重"
    assert left_out.en == "Step: no unit of level town at East stands at red or worse"


def _details(city: City, fact: Fact) -> list[Any]:
    archive = Archive(city.rules)
    for one in city.facts:
        archive.fold(one)
    return list(details(Speech(city.rules, city.loop.book, archive), fact))


def test_who_agreed_first_and_that_another_has_to_is_said() -> None:
    city = City(with_change("rain/plans.yaml", "    answer: 10m\n", "    answer: 10m\n    four_eyes: true\n"))
    city.do("duty@11", "declare", city.rain())
    said = told(city)
    assert [zh for zh, _ in said["response-seconded"]] == ["东区 一人已同意启动防汛Ⅲ级响应，还需另一岗位同意"]
    proposed = next(fact for fact in city.facts if fact.kind == "plan-proposed")
    assert any("another post has to agree too" in str(row) for row in _details(city, proposed))


def test_a_pause_and_what_rests_with_it_are_said() -> None:
    city = City(with_plan("id: mop, to: {role: drainage, at: district}, sign: 5m, done: 9h"))
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    run = city.task("mop").sent.run
    city.do("duty@11", "pause", run, text="等地质队")
    city.do("duty@11", "go-on", run)
    city.do("crew@11.drainage", "sign", city.task("mop").id)
    city.do("crew@11.drainage", "claim", city.task("mop").id, proof=GOOD_PROOF)
    said = told(city)
    assert [zh for zh, _ in said["plan-paused"]] == ["东区 暂停预案加（等地质队）：未发任务不再发出"]
    assert [zh for zh, _ in said["plan-resumed"]] == ["东区 继续预案加"]
    assert len(said["task-held"]) == len(said["task-resumed"]) == 1
