"""Scores to take away: as JSON or CSV, with a name for the file."""

import pytest
from starlette.testclient import TestClient

from bihuan.views.score_file import read


@pytest.mark.parametrize(("form", "media_type"), [("json", "application/json"), ("csv", "text/csv; charset=utf-8")])
def test_a_score_comes_as_a_file_that_can_be_read_back(client: TestClient, form: str, media_type: str) -> None:
    answer = client.get(f"/live/scores/closing/2026-09?format={form}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["content-disposition"] == f'attachment; filename="score-cq-2.{form}"'
    body = read(answer.content, "answer").body
    assert (body.scorecard, body.version) == ("closing", "2026-09")


def test_json_is_given_where_no_form_is_asked_for(client: TestClient) -> None:
    assert client.get("/live/scores/closing/latest").json()["format"] == "bihuan-score-1"


@pytest.mark.parametrize(
    ("path", "status"), [("/live/scores/none/latest", 404), ("/live/scores/closing/latest?format=pdf", 400)]
)
def test_what_cannot_be_given_is_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["remedy"]
