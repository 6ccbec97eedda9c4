"""Doors of the office: who am I, take and leave a post, send a command, log in and out."""

from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, redirect_to_login
from django.contrib.staticfiles.views import serve
from django.core.exceptions import RequestDataTooBig, SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token

from bihuan.model.errors import Behind, BihuanError, CommandRefused
from bihuan.office.answers import answer, refuse
from bihuan.office.commands import BadCommand, read_command
from bihuan.office.evidence import MOST_BYTES
from bihuan.office.guards import Tries
from bihuan.office.models import KINDS
from bihuan.office.pictures import BadPhoto, TooLarge
from bihuan.office.settings import MOST_BODY_BYTES
from bihuan.office.start import running
from bihuan.office.words import say
from bihuan.pack.schema import Words
from bihuan.views.refusals import in_words

DEMO_ACCOUNT = "demo"
POST = "post"
"""Where the session keeps the post that was taken."""


class MyUnit(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    words: Words
    level: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    user: str | None
    post: str | None
    unit: MyUnit | None
    csrf: str
    demo: bool


class Taken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    post: str


class Led(msgspec.Struct, frozen=True, kw_only=True):
    facts: list[str]


def _unit_name(id: str) -> Words | None:
    known = running().gate.unit(id)
    return known[0] if known else None


def post_of(request: HttpRequest) -> str | None:
    """The post this session acts from: the one taken in a demo or chosen among the account's own, else the first."""
    if not request.user.is_authenticated:
        return None
    taken: str | None = request.session.get(POST)
    if running().demo and request.user.username == DEMO_ACCOUNT:
        return taken
    own = [str(post) for post in request.user.posts.all()]
    return taken if taken in own else next(iter(own), None)


def me(request: HttpRequest) -> HttpResponse:
    if request.method != "GET":
        return _not_allowed(request, "GET")
    post = post_of(request)
    unit_id = post.partition("@")[2] if post else ""
    known = running().gate.unit(unit_id) if unit_id else None
    return answer(
        Me(
            user=request.user.username or None,
            post=post,
            unit=MyUnit(id=unit_id, words=known[0], level=known[1]) if known else None,
            csrf=get_token(request),
            demo=running().demo,
        )
    )


def take(request: HttpRequest) -> HttpResponse:
    """Sit down at a post. In a demo at any, without a password; otherwise only at one the account has."""
    if request.method != "POST":
        return _not_allowed(request, "POST")
    try:
        post = msgspec.json.decode(request.body, type=Taken).post
    except RequestDataTooBig:
        return _too_large()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return refuse(400, str(error), where="body", remedy='Send {"post": "duty@500101"}.')
    own = {str(row) for row in request.user.posts.all()} if request.user.is_authenticated else set()
    if post not in own:
        if not running().demo:
            return refuse(403, "this post is not yours", where=post, remedy="Log in as somebody who has it: /office/login/")
        kind, _, unit_id = post.partition("@")
        if kind not in KINDS or running().gate.unit(unit_id) is None:
            return refuse(
                409, f"there is no post '{post}'", where="post", remedy=f"Write it as {' or '.join(KINDS)}, @ and a unit's id."
            )
        account = _demo_account()
        if account is None:
            return refuse(
                409,
                f"the account '{DEMO_ACCOUNT}' of this centre belongs to somebody",
                where="account",
                remedy="Log in, or run the demo on a data folder of its own.",
            )
        login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    request.session[POST] = post
    running().gate.took(post.partition("@")[2])
    return me(_as_get(request))


def leave(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _not_allowed(request, "POST")
    logout(request)
    return me(_as_get(request))


def commands(request: HttpRequest) -> HttpResponse:
    """One command by one post. The same key twice has one effect and one answer."""
    if request.method != "POST":
        return _not_allowed(request, "POST")
    post = post_of(request)
    if post is None:
        return _no_post()
    try:
        command = read_command(request.body, post)
        if command.proof is not None and command.proof.photo and not running().evidence.has(command.proof.photo):
            return refuse(
                409,
                "the photo that is named here has not arrived",
                where="proof.photo",
                remedy="Send the photo first (POST /office/evidence), then this again.",
                what_zh="这里写的照片还没有送达",
                remedy_zh="请先发照片，再提交。",
            )
        return answer(Led(facts=running().gate.submit(command)))
    except RequestDataTooBig:
        return _too_large()
    except BadCommand as error:
        return refuse(400, str(error), where=error.where, remedy="See `POST /office/commands` in docs/api.md.")
    except CommandRefused as error:
        what, remedy = (in_words(said, _unit_name) for said in (error.what, error.remedy))
        where = error.where or command.target
        return refuse(409, what.en, where=where, remedy=remedy.en, what_zh=what.zh, remedy_zh=remedy.zh)
    except TimeoutError:
        return refuse(
            503,
            "the loop has not answered yet",
            where="loop",
            remedy="Send it again with the same key: it has one effect only.",
            what_zh="系统还没有答复",
            remedy_zh="请再提交一次：重复提交只生效一次。",
        )
    except BihuanError as error:
        # The centre's trouble, not the person's: it stops, the disk refuses, or more waits than it can take.
        late = isinstance(error, Behind)
        zh = {"what_zh": "系统忙，还在处理之前的操作", "remedy_zh": "请稍后再提交。"} if late else {}
        response = refuse(429 if late else 503, error.what, where=error.where, remedy=error.remedy, **zh)
        response.headers["Retry-After"] = "1"
        return response


def evidence(request: HttpRequest) -> HttpResponse:
    """Take a photo: the body is the file's bytes. What it is called and said to be does not matter."""
    if request.method != "POST":
        return _not_allowed(request, "POST")
    if post_of(request) is None:
        return _no_post()
    if (request.content_type or "").startswith("multipart/"):
        return refuse(415, "this is a form, not a photo", where="body", remedy="Send the file's bytes as the whole body.")
    try:
        return answer(running().evidence.keep(request.read(MOST_BYTES + 1)))
    except BadPhoto as error:
        zh = {"what_zh": error.what_zh, "remedy_zh": error.remedy_zh}
        return refuse(413 if isinstance(error, TooLarge) else 400, error.what, where=error.where, remedy=error.remedy, **zh)
    except BihuanError as error:
        return refuse(503, error.what, where=error.where, remedy=error.remedy)


def shown_evidence(request: HttpRequest, photo: str) -> HttpResponse:
    """The copy for show of a photo, to whoever is at a post of this centre."""
    if request.method != "GET":
        return _not_allowed(request, "GET")
    if post_of(request) is None:
        return _no_post()
    copy = running().evidence.shown(photo)
    if copy is None:
        return not_found(request)
    headers = {
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Disposition": f'inline; filename="{photo[:12]}.jpg"',
    }
    return HttpResponse(copy, content_type="image/jpeg", headers=headers)


def _no_post() -> HttpResponse:
    return refuse(
        403,
        "you are at no post",
        where="session",
        remedy="Log in at /office/login/, or take a post in a demo.",
        what_zh="你不在任何岗位",
        remedy_zh="请先登录；演示中请先上岗。",
    )


def _demo_account() -> User | None:
    """The account of everyone in a demo. It has no password and no rights; one that has is somebody's, and not given away."""
    account, made = User.objects.get_or_create(username=DEMO_ACCOUNT)
    if made:
        account.set_unusable_password()
        account.save()
    return None if account.has_usable_password() or account.is_staff or account.is_superuser else account


def _as_get(request: HttpRequest) -> HttpRequest:
    request.method = "GET"
    return request


def _not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    response = refuse(405, f"{request.method} is not answered here", where=request.path, remedy=f"Use {allowed}.")
    response.headers["Allow"] = allowed
    return response


def _too_large() -> HttpResponse:
    return refuse(
        413,
        f"the body is over {MOST_BODY_BYTES} bytes",
        where="body",
        remedy="Send a shorter text.",
        what_zh=f"内容超过 {MOST_BODY_BYTES} 字节",
        remedy_zh="请缩短文字后再提交。",
    )


_tries = Tries()


class LogIn(LoginView):
    """Django's log-in, with an end to guessing."""

    template_name = "office/login.html"
    redirect_authenticated_user = True

    def _who(self) -> tuple[str, str]:
        return self.request.POST.get("username", "")[:150].casefold(), self.request.META.get("REMOTE_ADDR", "")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if _tries.spent(*self._who()):
            form = self.get_form()
            form.errors.clear()
            return self.render_to_response(self.get_context_data(form=form, wait=say("wait")), status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        _tries.failed(*self._who())
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        _tries.forget(*self._who())
        return super().form_valid(form)


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin has no log-in of its own, or guessing would go on there."""
    if request.user.is_authenticated:
        return refuse(403, "this account is no administrator's", where="/office/admin/", remedy="Log out, then in as one.")
    return redirect_to_login(request.GET.get("next", "/office/admin/"))


def language(request: HttpRequest) -> HttpResponse:
    """Remember the language of the office's pages in a cookie and go back to the log-in."""
    if request.method != "POST":
        return _not_allowed(request, "POST")
    response = HttpResponse(status=303, headers={"Location": settings.LOGIN_URL})
    wanted = request.POST.get("language", "")
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, samesite="Lax", httponly=True, max_age=365 * 86400)
    return response


def static(request: HttpRequest, path: str) -> HttpResponse:
    """Files of the admin and of the office's own pages, found in the installed packages only."""
    try:
        response: HttpResponse = serve(request, path, insecure=True)
    except SuspiciousFileOperation as error:
        raise Http404 from error
    response.headers["Cache-Control"] = "max-age=3600"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refuse(404, "there is nothing here", where=request.path, remedy="See `The office door` in docs/api.md.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Most often a name the centre was not told it has."""
    return refuse(
        400,
        "the request was refused as it stands",
        where="header Host",
        remedy="Start the centre with the name it is reached by.",
    )


def broken(request: HttpRequest) -> HttpResponse:
    return refuse(500, "the office failed", where=request.path, remedy="Send it again; the server's log says what went wrong.")
