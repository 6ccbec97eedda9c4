"""The screens: the bundle, and what is answered where it was not built."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import FakeGate

from bihuan.live import create


@pytest.fixture
def built(tmp_path: Path) -> Iterator[TestClient]:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Bihuan</title>")
    (static / "assets" / "main-1a2b.js").write_text("export {}")
    (static / "robots.txt").write_text("User-agent: *")
    (static / ".sources").write_text("hidden")
    (tmp_path / "secret.txt").write_text("secret")
    with TestClient(create(FakeGate(), static=static, readers={})) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/desk/500101", "/case/cq-C00001", "/a/b/c.d", "/index.html", "/.sources", "/assetsx", "/%2e%2e/x"]
)
def test_every_address_of_a_screen_is_the_index(built: TestClient, path: str) -> None:
    answer = built.get(path)
    assert answer.status_code == 200
    assert "<title>Bihuan</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/html")


def test_hashed_files_may_be_kept_for_ever(built: TestClient) -> None:
    answer = built.get("/assets/main-1a2b.js")
    assert answer.text == "export {}"
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_other_files_of_the_bundle_are_served(built: TestClient) -> None:
    assert built.get("/robots.txt").text == "User-agent: *"


@pytest.mark.parametrize("path", ["/assets/gone.js", "/assets", "/live/gone", "/office/gone", "/office"])
def test_what_is_no_address_of_a_screen_is_not_the_index(built: TestClient, path: str) -> None:
    answer = built.get(path)
    assert answer.status_code == 404
    assert answer.json()["what"] == "there is nothing here"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "//etc/passwd"]
)
def test_nothing_outside_the_bundle_is_served(built: TestClient, path: str) -> None:
    answer = built.get(path)
    assert "secret" not in answer.text
    assert "root:" not in answer.text


def test_an_unchanged_index_is_not_sent_again(built: TestClient) -> None:
    tag = built.get("/").headers["etag"]
    assert built.get("/", headers={"if-none-match": tag}).status_code == 304


def test_screens_are_only_looked_at(built: TestClient) -> None:
    answer = built.post("/desk")
    assert answer.status_code == 405
    assert answer.json()["remedy"] == "Allowed: GET, HEAD."


@pytest.mark.parametrize("folder", [None, "empty", "absent"])
def test_without_a_bundle_a_page_says_how_to_build_it(tmp_path: Path, folder: str | None) -> None:
    (tmp_path / "empty").mkdir()
    static = tmp_path / folder if folder else None
    with TestClient(create(FakeGate(), static=static, readers={})) as client:
        answer = client.get("/desk/500101")
        assert answer.status_code == 503
        assert "make setup" in answer.text
        assert answer.headers["content-type"].startswith("text/plain")
        assert client.get("/assets/x.js").status_code == 404
        assert client.get("/live/gone").status_code == 404
        assert client.get("/live/reviews").status_code == 200
