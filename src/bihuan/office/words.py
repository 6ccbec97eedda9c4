"""What the office's own pages say, in both languages."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

WORDS = {
    "name": ("闭环", "Bihuan"),
    "log-in": ("登录", "Log in"),
    "account": ("账号", "Account"),
    "password": ("密码", "Password"),
    "wrong": ("账号或密码不对。", "Account and password do not match."),
    "wait": ("试错太多，请五分钟后再试。", "Too many failed tries. Try again in five minutes."),
    "no-account": ("账号由本中心的管理员开通。", "Accounts are opened by your centre's administrator."),
    "forged": ("这个页面放得太久了，请返回刷新后再试。", "This page has been open too long. Go back, reload it and try again."),
    "back": ("返回", "Back"),
    "language": ("English", "中文"),
    "other": ("en", "zh-hans"),
    "html": ("zh-Hans", "en"),
}


def say(key: str) -> str:
    zh, en = WORDS[key]
    return en if (get_language() or "").startswith("en") else zh


def in_templates(request: HttpRequest) -> dict[str, Any]:
    """`{{ words.log_in }}` in every template."""
    return {"words": {key.replace("-", "_"): say(key) for key in WORDS}}
