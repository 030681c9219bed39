"""Where the service sends to: public addresses alone, whatever a name leads to."""

import pytest

from fec.service.errors import AddressRefused
from fec.service.settings import WebhookPolicy
from fec.service.webhooks.outbound import check_url, post
from tests.service.receiver import Receiver


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",
        "ftp://shop.example/hooks",
        "https://",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://localhost/",
        "https://db.internal/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://[fec0::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[fe80::1]/",
        "https://shop.example:99999/",
    ],
)
def test_check_url__not_a_public_https_address__is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, WebhookPolicy())


@pytest.mark.parametrize(
    "url", ["https://shop.example/hooks?shop=1", "https://93.184.215.14:8443/", "https://[2606:4700::1]/"]
)
def test_check_url__public_https_address__is_taken(url: str) -> None:
    assert check_url(url, WebhookPolicy()).geturl() == url


def test_post__name_leads_to_a_private_address__is_refused_when_sent() -> None:
    # Names may lead anywhere; a number that the system reads as 127.0.0.1 is a name that needs no server.
    outcome = post("https://2130706433/", {}, b"{}", WebhookPolicy())
    assert (outcome.status, outcome.error) == (None, "address-refused")


def test_post__answer_is_no_http__is_a_failed_connection() -> None:
    with Receiver().serving() as receiver:
        receiver.plan.append(lambda handler: handler.wfile.write(b"no such thing\r\n\r\n") and None)
        outcome = post(receiver.url, {}, b"{}", WebhookPolicy(trusted_hosts=("127.0.0.1",), timeout=60))
    assert (outcome.status, outcome.error) == (None, "connection-failed")
