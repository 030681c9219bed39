"""docs/reference/openapi.json is what the service serves at /openapi.json."""

import json

from fec.service.app import openapi_document
from tools import openapi


def test_openapi__committed__is_what_the_service_serves() -> None:
    assert openapi.FILE.read_text() == openapi.text(), "run `make openapi`, and commit what it writes"


def test_text__of_the_document__is_the_document() -> None:
    assert json.loads(openapi.text()) == openapi_document()
