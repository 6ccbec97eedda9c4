"""The office's own pages: log-in, admin, their language and their guards."""

import re
from pathlib import Path

import pytest

from bihuan import office
from bihuan.office.guards import Tries

from .cast import Visitor


@pytest.fixture
def keeper(centre: Path) -> Visitor:
    """Administrator of the centre, logged in."""
    password = office.create_account("chen", admin=True)
    visitor = Visitor()
    assert visitor.form("/office/login/", username="chen", password=password).status_code == 302
    return visitor


@pytest.mark.parametrize(
    ("asked", "said", "tag"), [("zh-CN", "登录", "zh-Hans"), ("en-GB", "Log in", "en"), ("fr", "登录", "zh-Hans")]
)
def test_the_log_in_speaks_the_browsers_language(stranger: Visitor, asked: str, said: str, tag: str) -> None:
    page = stranger.get("/office/login/", headers={"Accept-Language": asked}).content.decode()
    assert said in page
    assert f'<html lang="{tag}">' in page


def test_a_language_once_chosen_stays(stranger: Visitor) -> None:
    assert stranger.form("/office/language/", language="en").status_code == 303
    assert "Log in" in stranger.get("/office/login/", headers={"Accept-Language": "zh-CN"}).content.decode()


@pytest.mark.parametrize("path", ["/office/me", "/office/login/", "/office/nothing", "/office/admin/"])
def test_every_answer_carries_a_policy_without_inline_code(stranger: Visitor, path: str) -> None:
    headers = stranger.get(path).headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in headers["Cache-Control"]


def test_the_log_in_has_nothing_inline_and_its_files_are_served(stranger: Visitor) -> None:
    page = stranger.get("/office/login/").content.decode()
    assert not re.search(r"<script|<style| style=| on\w+=", page)
    (sheet,) = re.findall(r'href="([^"]+\.css)"', page)
    answer = stranger.get(sheet)
    assert answer.status_code == 200
    assert b":root" in b"".join(answer.streaming_content)
    answer.close()


@pytest.mark.parametrize("path", ["../settings.py", "%2e%2e/settings.py", "office/../../start.py", "nothing.css"])
def test_only_files_meant_to_be_served_are(stranger: Visitor, path: str) -> None:
    assert stranger.get(f"/office/static/{path}").status_code == 404


def test_cookies_stay_out_of_scripts_and_of_other_sites(officer: Visitor) -> None:
    cookies = officer.browser.cookies
    assert {"bihuan-session", "bihuan-csrf"} <= cookies.keys()
    for name in ("bihuan-session", "bihuan-csrf"):
        assert cookies[name]["httponly"] is True
        assert cookies[name]["samesite"] == "Lax"


def test_a_log_in_without_the_forms_token_shows_a_page_for_people(stranger: Visitor) -> None:
    answer = stranger.browser.post("/office/login/", {"username": "li", "password": "x"})
    assert answer.status_code == 403
    assert "页面" in answer.content.decode()


def test_an_administrator_gives_an_account_a_post(keeper: Visitor) -> None:
    from django.contrib.auth.models import User

    office.create_account("zhou")
    account = User.objects.get(username="zhou")
    page = keeper.get("/office/admin/office/post/add/")
    assert page.status_code == 200
    wrong = keeper.form("/office/admin/office/post/add/", account=str(account.pk), kind="duty", unit="999999")
    assert (wrong.status_code, account.posts.count()) == (200, 0)
    right = keeper.form("/office/admin/office/post/add/", account=str(account.pk), kind="duty", unit="500101")
    assert (right.status_code, str(account.posts.get())) == (302, "duty@500101")


def test_the_admin_is_for_administrators_and_sends_others_to_the_one_log_in(officer: Visitor, stranger: Visitor) -> None:
    answer = stranger.get("/office/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/office/login/?next=/office/admin/"
    assert officer.get("/office/admin/", follow=True).status_code == 403


def test_models_and_migrations_agree(centre: Path) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "office", check=True, dry_run=True, verbosity=0)


def test_failed_tries_are_forgotten_with_time_and_the_memory_of_them_is_bounded() -> None:
    now = [0.0]
    tries = Tries(most=2, within_seconds=10, keep=3, clock=lambda: now[0])
    tries.failed("li", "a")
    tries.failed("li", "a")
    assert tries.spent("li", "a")
    assert not tries.spent("li", "b")
    now[0] = 11.0
    assert not tries.spent("li", "a")
    for name in ("1", "2", "3", "4"):
        tries.failed(name, "a")
    assert len(tries._failed) == 3
