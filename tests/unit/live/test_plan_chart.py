"""The drawing of a plan, for whoever looks at a run of it."""

from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize(("query", "said"), [("", "水泵前置"), ("?lang=zh", "水泵前置"), ("?lang=en", "Bring pumps forward")])
def test_it_works(client: TestClient, query: str, said: str) -> None:
    answer = client.get(f"/live/plans/flood-iii.svg{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert said in answer.text
    ElementTree.fromstring(answer.text)


def test_a_plan_nobody_declares_is_not_there(client: TestClient) -> None:
    answer = client.get("/live/plans/flood-x.svg")
    assert answer.status_code == 404
    assert "flood-iii" in answer.json()["remedy"]


def test_other_languages_are_refused(client: TestClient) -> None:
    assert client.get("/live/plans/flood-iii.svg?lang=de").status_code == 400
