"""Accounts, posts, log-in, and the demo's free choice of a seat."""

import stat
from pathlib import Path

import pytest

from bihuan import office
from bihuan.model.errors import SettingError

from .cast import Gate, Visitor


def test_a_stranger_is_nobody(stranger: Visitor) -> None:
    me = stranger.me()
    assert me.pop("csrf")
    assert me == {"user": None, "post": None, "unit": None, "demo": False}


def test_an_officer_is_known_with_post_and_unit(officer: Visitor) -> None:
    me = officer.me()
    assert (me["user"], me["post"]) == ("li", "duty@500101")
    assert me["unit"] == {"id": "500101", "words": {"zh": "万州区", "en": "Wanzhou"}, "level": "district"}


def test_in_a_demo_one_click_takes_a_post(demo: Visitor) -> None:
    answer = demo.take("crew@500101.drainage")
    assert answer.status_code == 200
    assert (answer.json()["user"], answer.json()["post"], answer.json()["demo"]) == ("demo", "crew@500101.drainage", True)
    assert demo.me()["unit"]["words"]["en"] == "Drainage"
    assert demo.take("duty@500101").json()["post"] == "duty@500101", "and another click another"


def test_two_visitors_of_a_demo_sit_at_two_posts(demo: Visitor) -> None:
    other = Visitor()
    demo.take("duty@500101")
    other.take("duty@500101001")
    assert (demo.me()["post"], other.me()["post"]) == ("duty@500101", "duty@500101001")


def test_leaving_ends_the_session(demo: Visitor) -> None:
    demo.take("duty@500101")
    assert demo.post("/office/leave").json()["post"] is None
    assert demo.me()["user"] is None
    assert demo.command().status_code == 403


def test_outside_a_demo_nobody_takes_a_post_that_is_not_theirs(officer: Visitor, stranger: Visitor) -> None:
    for visitor in (officer, stranger):
        answer = visitor.take("duty@500101001")
        assert answer.status_code == 403
        assert answer.json()["where"] == "duty@500101001"
    assert officer.me()["post"] == "duty@500101"


def test_an_officer_with_two_posts_chooses_between_them(officer: Visitor) -> None:
    from django.contrib.auth.models import User

    User.objects.get(username="li").posts.create(kind="checker", unit="500101001")
    assert officer.take("checker@500101001").json()["post"] == "checker@500101001"
    User.objects.get(username="li").posts.filter(kind="checker").delete()
    assert officer.me()["post"] == "duty@500101", "a post that was taken away is gone at once"


@pytest.mark.parametrize("post", ["duty@999999", "king@500101", "duty", "", "@500101"])
def test_a_post_that_does_not_exist_is_refused(demo: Visitor, post: str) -> None:
    answer = demo.take(post)
    assert answer.status_code == 409
    assert "duty" in answer.json()["remedy"]
    assert demo.me()["user"] is None


@pytest.mark.parametrize("body", ["{", {}, {"post": 1}, {"post": "duty@500101", "admin": True}])
def test_a_body_that_names_no_post_is_refused(demo: Visitor, body: object) -> None:
    assert demo.post("/office/take", body).status_code == 400


def test_posts_are_not_taken_or_left_by_following_a_link(demo: Visitor) -> None:
    assert demo.get("/office/take").status_code == 405
    assert demo.get("/office/leave").status_code == 405
    assert demo.post("/office/me").status_code == 405


def test_taking_a_post_needs_the_sessions_token(demo: Visitor) -> None:
    answer = demo.browser.post("/office/take", {"post": "duty@500101"}, content_type="application/json")
    assert answer.status_code == 403
    assert demo.me()["user"] is None


def test_a_seat_of_the_demo_is_worth_nothing_once_the_demo_is_over(demo: Visitor, centre: Path, gate: Gate) -> None:
    demo.take("duty@500101")
    office.start(centre, gate, demo=False, hosts=("testserver",))
    assert demo.me()["post"] is None
    assert demo.command().status_code == 403


def test_the_demo_does_not_give_away_an_account_that_has_a_password(demo: Visitor) -> None:
    office.create_account("demo", admin=True)
    assert demo.take("duty@500101").status_code == 409
    assert demo.me()["user"] is None


def test_an_account_comes_with_a_password_of_its_own_and_is_refused_twice(centre: Path) -> None:
    first, second = office.create_account("wang", "duty@500101001"), office.create_account("zhao")
    assert first != second
    assert len(first) >= 16
    with pytest.raises(SettingError, match="wang"):
        office.create_account("wang")


def test_an_account_at_a_unit_that_no_pack_has_is_not_made(centre: Path) -> None:
    with pytest.raises(SettingError, match="999999"):
        office.create_account("sun", "duty@999999")
    office.create_account("sun")


def test_a_wrong_password_says_so_and_five_are_enough(centre: Path, stranger: Visitor) -> None:
    password = office.create_account("li", "duty@500101")
    for _ in range(5):
        answer = stranger.form("/office/login/", username="li", password="guess")
        assert answer.status_code == 200
        assert "账号或密码不对" in answer.content.decode()
    answer = stranger.form("/office/login/", username="LI", password=password)
    assert answer.status_code == 429
    assert "五分钟" in answer.content.decode()
    assert stranger.me()["user"] is None


def test_a_log_in_leads_nowhere_outside(centre: Path, stranger: Visitor) -> None:
    password = office.create_account("li", "duty@500101")
    answer = stranger.form("/office/login/", username="li", password=password, next="https://elsewhere.example/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_logging_out_is_a_post_and_ends_the_session(officer: Visitor) -> None:
    assert officer.get("/office/logout/").status_code == 405
    assert officer.form("/office/logout/").status_code == 302
    assert officer.me()["user"] is None


def test_the_secret_and_the_database_are_for_this_user_only(centre: Path) -> None:
    assert stat.S_IMODE((centre / "keys" / "office-secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((centre / "office.sqlite").stat().st_mode) == 0o600


def test_the_secret_is_made_once_and_a_damaged_one_is_named(centre: Path, gate: Gate, tmp_path: Path) -> None:
    before = (centre / "keys" / "office-secret").read_text()
    office.start(centre, gate, hosts=("testserver",))
    assert (centre / "keys" / "office-secret").read_text() == before
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "office-secret").write_text("")
    with pytest.raises(SettingError, match="office-secret"):
        office.start(tmp_path, gate)


def test_a_folder_that_cannot_be_used_is_named(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="Name a data folder"):
        office.start(tmp_path / "file", gate)


def test_starting_on_another_folder_finds_other_accounts(centre: Path, gate: Gate, tmp_path: Path) -> None:
    from django.contrib.auth.models import User

    office.create_account("li")
    office.start(tmp_path, gate, hosts=("testserver",))
    assert not User.objects.filter(username="li").exists()
    office.start(centre, gate, hosts=("testserver",))
    assert User.objects.filter(username="li").exists()
