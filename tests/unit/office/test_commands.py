"""One door for people's commands."""

import pytest
from django.test import Client

from bihuan.model.errors import Behind, BihuanError, JournalError

from .cast import MINE, Gate, Visitor


def test_it_works(officer: Visitor, gate: Gate) -> None:
    answer = officer.command(text="  到 ", proof={"text": "两台泵", "count": 2, "lon": 108.4, "lat": 30.8})
    assert (answer.status_code, answer.json()) == (200, {"facts": ["cq-1"]})
    (command,) = gate.came
    assert (command.actor, command.does, command.target, command.text) == ("duty@500101", "sign", MINE, "到")
    assert command.proof is not None
    assert (command.proof.text, command.proof.count, command.proof.lon, command.proof.lat) == ("两台泵", 2, 108.4, 30.8)


def test_whom_it_is_directed_to_which_choice_and_how_long_come_along(officer: Visitor, gate: Gate) -> None:
    assert officer.command(does="add-task", text="a lamp", to="500101001", choice="patch", span=7_200_000).status_code == 200
    (command,) = gate.came
    assert (command.to, command.choice, command.span) == ("500101001", "patch", 7_200_000)


@pytest.mark.parametrize("span", [-1, 367 * 86_400_000, 1.5, "1h"])
def test_a_span_beyond_any_calendar_is_refused(officer: Visitor, gate: Gate, span: object) -> None:
    answer = officer.command(span=span)
    assert (answer.status_code, answer.json()["where"]) == (400, "span")
    assert gate.came == []


def test_a_position_nobody_gave_is_not_from_a_device(officer: Visitor, gate: Gate) -> None:
    officer.command(proof={"text": "done", "from_device": True})
    proof = gate.came[0].proof
    assert proof is not None
    assert not proof.from_device


def test_the_same_key_twice_has_one_effect_and_one_answer(officer: Visitor, gate: Gate) -> None:
    first, second = officer.command(), officer.command()
    assert first.json() == second.json()
    assert len(gate.came) == 1


def test_nobody_commands_without_a_post(stranger: Visitor, gate: Gate) -> None:
    answer = stranger.command()
    assert answer.status_code == 403
    assert "/office/login/" in answer.json()["remedy"]
    assert gate.came == []


def test_what_is_another_units_is_refused_with_who_may_do_it(demo: Visitor, gate: Gate) -> None:
    demo.take("duty@500101001")
    answer = demo.command()
    assert answer.status_code == 409
    assert answer.json() == {
        "what": "this task is not Gaosuntang's to sign",
        "where": MINE,
        "remedy": "Wanzhou may sign it now.",
        "what_zh": "这个任务不由 高笋塘街道 “签收”",
        "remedy_zh": "现在 万州区 可“签收”。",
    }
    assert gate.came == []


def test_the_actor_is_the_sessions_and_cannot_be_sent_along(officer: Visitor, gate: Gate) -> None:
    answer = officer.command(actor="duty@500101001")
    assert answer.status_code == 400
    assert "actor" in answer.json()["what"]
    assert gate.came == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("{", "body"),
        ("[]", "body"),
        (b"\xff\xfe", "body"),
        ({"does": "sign", "target": MINE}, "body"),
        ({"key": "short", "does": "sign"}, "key"),
        ({"key": "0f9d6f7e-0001\n", "does": "sign"}, "key"),
        ({"key": "0f9d6f7e-0001", "does": "Sign it!"}, "does"),
        ({"key": "0f9d6f7e-0001", "does": "sign", "text": "x" * 2001}, "text"),
        ({"key": "0f9d6f7e-0001", "does": "sign", "proof": {"lon": 200.0, "lat": 1.0}}, "proof.lon"),
        ({"key": "0f9d6f7e-0001", "does": "sign", "proof": {"lon": 108.0}}, "proof"),
        ({"key": "0f9d6f7e-0001", "does": "sign", "proof": {"photo": "../../etc/passwd"}}, "proof.photo"),
        ('{"key": "0f9d6f7e-0001", "does": "sign", "proof": {"count": 1e999}}', "proof.count"),
    ],
)
def test_a_body_that_is_no_command_is_refused_with_the_field_named(
    officer: Visitor, gate: Gate, body: object, where: str
) -> None:
    answer = officer.post("/office/commands", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["where"] == where
    assert answer.json()["what"]
    assert gate.came == []


def test_a_body_that_is_too_large_is_refused(officer: Visitor, gate: Gate) -> None:
    answer = officer.command(text="x" * 70_000)
    assert answer.status_code == 413
    assert gate.came == []


def test_reading_the_command_door_is_not_allowed(officer: Visitor) -> None:
    answer = officer.get("/office/commands")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_command_without_the_sessions_token_is_refused(officer: Visitor, gate: Gate) -> None:
    answer = officer.browser.post("/office/commands", {"key": "0f9d6f7e-0001", "does": "sign"}, content_type="application/json")
    assert answer.status_code == 403
    assert "X-CSRFToken" in answer.json()["remedy"]
    assert gate.came == []


def test_a_command_from_another_site_is_refused(officer: Visitor, gate: Gate) -> None:
    assert officer.post("/office/commands", {}, HTTP_ORIGIN="https://elsewhere.example").status_code == 403
    assert gate.came == []


def test_a_loop_that_does_not_answer_asks_for_the_same_key_again(officer: Visitor, gate: Gate) -> None:
    gate.asleep = True
    answer = officer.command()
    assert answer.status_code == 503
    assert "same key" in answer.json()["remedy"]
    gate.asleep = False
    assert officer.command().status_code == 200


def test_a_name_the_centre_does_not_have_is_refused(centre: object) -> None:
    answer = Client().get("/office/me", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.json()["where"] == "header Host"


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (Behind("the loop is behind: 10000 commands wait for it", remedy="Keep it."), 429),
        (JournalError("the disk is full", remedy="Make room."), 503),
        (BihuanError("the centre is stopping", remedy="Send the command again when it is back."), 503),
    ],
)
def test_what_the_centre_cannot_take_now_is_to_be_sent_again(
    officer: Visitor, gate: Gate, trouble: BihuanError, status: int
) -> None:
    gate.trouble = trouble
    answer = officer.command()
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "1")
    assert (answer.json()["what"], answer.json()["remedy"]) == (trouble.what, trouble.remedy)
    gate.trouble = None
    assert officer.command().status_code == 200
