"""Origins as browsers write them."""

import pytest

from fec.pages.errors import OriginInvalid
from fec.pages.origins import host_of, origin_of, parse_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.EXAMPLE:443/", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("https://bücher.example:8443", "https://xn--bcher-kva.example:8443"),
        ("http://[0:0::1]:8080", "http://[::1]:8080"),
    ],
)
def test_parse_origin__as_people_write_it__is_as_browsers_do(text: str, origin: str) -> None:
    assert parse_origin(text) == origin
    assert host_of(origin) == origin.partition("://")[2]


@pytest.mark.parametrize(
    "text",
    [
        "shop.example",
        "ftp://shop.example",
        "https://",
        "https://shop.example/counter",
        "https://shop.example?x=1",
        "https://me@shop.example",
        "https://shop example",
        "https://shop.example:99999",
        "http://[fe80::1%25eth0]",
        "*",
        "null",
    ],
)
def test_parse_origin__anything_else__is_refused(text: str) -> None:
    with pytest.raises(OriginInvalid, match="without a path"):
        parse_origin(text)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
        ("localhost", "http://localhost:8080"),
        ("0.0.0.0", None),  # noqa: S104 (none)
        ("::", None),
    ],
)
def test_origin_of__where_a_server_listens(host: str, origin: str | None) -> None:
    assert origin_of(host, 8080) == origin
