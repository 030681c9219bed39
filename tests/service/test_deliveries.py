"""Events get to a merchant's endpoint: signed, in order, at least once, whatever the endpoint or the sender does."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.errors import SendersBusy
from fec.service.models import Merchant, ServiceEvent, WebhookAttempt, WebhookEndpoint
from fec.service.settings import WebhookPolicy
from fec.service.webhooks.deliveries import Deliveries, trial_message
from fec.store import writer
from tests.fixtures.serving import SECRET
from tests.fixtures.waiting import until
from tests.service.receiver import Receiver

PROGRAM = 7
#: Patient with a busy machine, and quick to try again.
POLICY = WebhookPolicy(trusted_hosts=("127.0.0.1",), timeout=60, first_delay=0, lease=600)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


@pytest.fixture
def sending(engine: Engine) -> Iterator[Callable[..., Deliveries]]:
    """Makes senders that share the database, as instances of the service do."""
    with ExitStack() as stack:

        def make(**changes: Any) -> Deliveries:
            made = Deliveries(engine, SECRET, replace(POLICY, **changes))
            stack.callback(made.close)
            return made

        yield make


class Books:
    """The database, as a test looks at it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with Session(writer(engine)) as session, session.begin():
            session.add(Merchant(program_id=PROGRAM, name="", created_at=0))

    def endpoint(self, url: str, **changes: Any) -> int:
        plain = {
            "id": "e",
            "program_id": PROGRAM,
            "url": url,
            "types": None,
            "secret_version": 1,
            "cursor": 0,
            "enabled": True,
            "failures": 0,
            "next_attempt_at": 0,
            "leased_until": 0,
            "created_at": 0,
        }
        with Session(writer(self.engine)) as session, session.begin():
            endpoint = WebhookEndpoint(**{**plain, **changes})
            session.add(endpoint)
            session.flush()
            return endpoint.number

    def happen(self, *types: str) -> list[int]:
        """Events, one of each type; gives their numbers."""
        with Session(writer(self.engine)) as session, session.begin():
            events.record(session, [Change(PROGRAM, None, kind, {"kind": kind}) for kind in types])
        with Session(self.engine) as session:
            newest = select(ServiceEvent.sequence).order_by(ServiceEvent.sequence.desc()).limit(len(types))
            return sorted(session.scalars(newest))

    def stands(self, number: int) -> WebhookEndpoint:
        with Session(self.engine, expire_on_commit=False) as session:
            return session.get_one(WebhookEndpoint, number)

    def pass_time(self, number: int) -> None:
        """So much of it that leases are over."""
        with Session(writer(self.engine)) as session, session.begin():
            session.get_one(WebhookEndpoint, number).leased_until = int(time.time())

    def attempts(self) -> list[WebhookAttempt]:
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(select(WebhookAttempt).order_by(WebhookAttempt.number)))

    def types(self) -> list[str]:
        with Session(self.engine) as session:
            return list(session.scalars(select(ServiceEvent.type).order_by(ServiceEvent.sequence)))


@pytest.fixture
def books(engine: Engine) -> Books:
    return Books(engine)


def deliver(
    books: Books, number: int, done: Callable[[WebhookEndpoint], bool], *senders: Deliveries
) -> WebhookEndpoint:
    """Has events sent until the endpoint stands as it should."""

    def look() -> WebhookEndpoint:
        for sender in senders:
            sender.deliver()
        return books.stands(number)

    found: WebhookEndpoint = until(look, done)
    return found


def test_deliver__several_events__arrive_in_order_and_signed(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    sender = sending()
    number = books.endpoint(receiver.url)
    sequences = books.happen("invoice.created", "invoice.paid", "refund.done")
    deliver(books, number, lambda seen: seen.cursor == sequences[-1], sender)
    secret = sender.secret("e", 1)
    assert [request.verified(secret)["sequence"] for request in receiver.received] == sequences
    assert [request.document["type"] for request in receiver.received] == [
        "invoice.created",
        "invoice.paid",
        "refund.done",
    ]
    assert [request.id for request in receiver.received] == [f"evt_{PROGRAM}_{each}" for each in sequences]
    assert receiver.received[0].document["data"] == {"kind": "invoice.created"}
    assert [(attempt.status, attempt.error) for attempt in books.attempts()] == [(204, None)] * 3


def test_deliver__endpoint_fails__same_event_is_sent_again_before_any_other(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.plan.extend([500, 503, 204, 404, 204])
    number = books.endpoint(receiver.url)
    first, second = books.happen("invoice.created", "invoice.paid")
    stands = deliver(books, number, lambda seen: seen.cursor == second, sending())
    assert [request.document["sequence"] for request in receiver.received] == [first, first, first, second, second]
    assert len({request.id for request in receiver.received}) == 2
    assert len({request.body for request in receiver.received}) == 2
    assert [attempt.error for attempt in books.attempts()] == [
        "answered-500",
        "answered-503",
        None,
        "answered-404",
        None,
    ]
    assert (stands.failures, stands.failing_since) == (0, None)


@pytest.mark.parametrize("way", ["hold", "drip"])
def test_deliver__endpoint_takes_too_long__is_a_timeout(
    way: str, books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.plan.append(getattr(receiver, way))
    number = books.endpoint(receiver.url)
    (sequence,) = books.happen("invoice.paid")
    # The next attempt is not made before the test is over.
    deliver(books, number, lambda seen: seen.failures > 0, sending(timeout=1, first_delay=100_000))
    attempt = books.attempts()[0]
    assert (attempt.sequence, attempt.status, attempt.error) == (sequence, None, "timeout")
    assert books.stands(number).cursor == 0


def test_deliver__nobody_listens__is_a_failed_connection(books: Books, sending: Callable[..., Deliveries]) -> None:
    number = books.endpoint("http://127.0.0.1:1/hooks")
    books.happen("invoice.paid")
    stands = deliver(books, number, lambda seen: seen.failures > 0, sending(first_delay=1_000))
    assert books.attempts()[0].error == "connection-failed"
    assert stands.next_attempt_at >= stands.failing_since + 500


def test_deliver__redirect__is_not_followed(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.plan.append(lambda handler: handler.answer(302, Location="/elsewhere"))
    number = books.endpoint(receiver.url)
    books.happen("invoice.paid")
    deliver(books, number, lambda seen: seen.failures > 0, sending(first_delay=100_000))
    assert [request.path for request in receiver.received] == ["/hooks"]
    assert books.attempts()[0].error == "answered-302"


def test_deliver__endpoint_asks_to_wait__is_left_alone(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.plan.append(lambda handler: handler.answer(429, Retry_After="9000"))
    number = books.endpoint(receiver.url)
    books.happen("invoice.paid")
    stands = deliver(books, number, lambda seen: seen.failures > 0, sending())
    assert stands.next_attempt_at >= stands.failing_since + 9_000


@pytest.mark.parametrize(("failures", "least", "bound"), [(0, 50, 10_000), (4, 800, 10_000), (60, 20_000, 1_000_000)])
def test_deliver__fails_again__waits_twice_as_long_up_to_the_longest(
    *,
    books: Books,
    receiver: Receiver,
    sending: Callable[..., Deliveries],
    failures: int,
    least: int,
    bound: int,
) -> None:
    receiver.usual = 500
    number = books.endpoint(receiver.url, failures=failures)
    books.happen("invoice.paid")
    sender = sending(first_delay=100, longest_delay=40_000)
    stands = deliver(books, number, lambda seen: seen.failures > failures, sender)
    assert least <= stands.next_attempt_at - books.attempts()[0].attempted_at < bound


def test_deliver__fails_for_too_long__is_disabled_with_an_event(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.usual = 500
    number = books.endpoint(receiver.url, failures=40, failing_since=int(time.time()) - POLICY.give_up_after)
    books.happen("invoice.paid")
    stands = deliver(books, number, lambda seen: not seen.enabled, sending())
    assert (stands.cursor, stands.failures) == (0, 41)
    assert books.types() == ["invoice.paid", "webhook.disabled"]


def test_deliver__fails_for_too_long_by_a_row_that_is_out_of_range__is_disabled_with_an_event(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.usual = 500
    number = books.endpoint(receiver.url, failures=40, failing_since=-1)
    books.happen("invoice.paid")
    deliver(books, number, lambda seen: not seen.enabled, sending())
    assert books.types() == ["invoice.paid", "webhook.disabled"]


def test_deliver__endpoint_is_gone__is_disabled_at_once(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.plan.append(410)
    number = books.endpoint(receiver.url)
    books.happen("invoice.paid")
    stands = deliver(books, number, lambda seen: not seen.enabled, sending())
    assert (stands.cursor, stands.failures) == (0, 1)


def test_deliver__types_named__others_are_passed_over(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    number = books.endpoint(receiver.url, types=["invoice.paid"])
    sequences = books.happen("invoice.created", "invoice.paid", "refund.done")
    deliver(books, number, lambda seen: seen.cursor == sequences[-1], sending())
    assert [request.document["type"] for request in receiver.received] == ["invoice.paid"]


def test_deliver__secret_just_rotated__both_secrets_verify(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    sender = sending()
    number = books.endpoint(receiver.url, secret_version=2, previous_until=int(time.time()) + 10_000)
    (sequence,) = books.happen("invoice.paid")
    deliver(books, number, lambda seen: seen.cursor == sequence, sender)
    assert [receiver.received[0].verified(sender.secret("e", version))["sequence"] for version in (1, 2)] == [
        sequence
    ] * 2


def test_deliver__rotation_over__only_the_new_secret_signs(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    number = books.endpoint(receiver.url, secret_version=2, previous_until=int(time.time()))
    (sequence,) = books.happen("invoice.paid")
    deliver(books, number, lambda seen: seen.cursor == sequence, sending())
    assert len(receiver.received[0].headers["webhook-signature"].split()) == 1


def test_deliver__two_instances__each_event_is_sent_once(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    senders = [sending(), sending()]
    number = books.endpoint(receiver.url)
    sequences: list[int] = []
    for _ in range(10):
        sequences += books.happen("invoice.created", "invoice.paid", "refund.done")
        for sender in senders:
            sender.deliver()
    deliver(books, number, lambda seen: seen.cursor == sequences[-1], *senders)
    assert [request.document["sequence"] for request in receiver.received] == sequences


def test_deliver__slow_endpoint__others_are_served_meanwhile(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    with Receiver().serving() as slow:
        slow.usual = slow.hold
        books.endpoint(slow.url, id="slow")
        number = books.endpoint(receiver.url)
        sequences = books.happen("invoice.created", "invoice.paid")
        deliver(books, number, lambda seen: seen.cursor == sequences[-1], sending())
        assert slow.holding.wait(60)


def test_deliver__one_merchant_has_many_silent_endpoints__another_hears_at_once(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    with Receiver().serving() as slow:
        slow.usual = slow.hold
        for number in range(12):
            books.endpoint(slow.url, id=f"slow {number}")
        sender = sending()
        books.happen("invoice.created")
        sender.deliver()
        assert slow.holding.wait(60)
        with Session(writer(books.engine)) as session, session.begin():
            session.add(Merchant(program_id=PROGRAM + 1, name="", created_at=0))
            session.flush()
            events.record(session, [Change(PROGRAM + 1, None, "invoice.paid", {})])
        number = books.endpoint(receiver.url, id="other", program_id=PROGRAM + 1)
        deliver(books, number, lambda seen: seen.cursor > 0, sender)
        busy = [books.stands(each).leased_until > time.time() for each in range(1, 13)]
        assert sum(busy) == POLICY.senders


def test_send__one_merchant_tests_many_silent_endpoints__no_more_than_a_few_at_once(
    books: Books, sending: Callable[..., Deliveries]
) -> None:
    with Receiver().serving() as slow, ThreadPoolExecutor(POLICY.senders) as pool:
        slow.usual = slow.hold
        endpoint = books.stands(books.endpoint(slow.url))
        sender = sending()
        running = [pool.submit(sender.send, endpoint, trial_message(PROGRAM)) for _ in range(POLICY.senders)]
        until(lambda: sum(sender._tests.values()), lambda count: count == POLICY.senders)
        with pytest.raises(SendersBusy):
            sender.send(endpoint, trial_message(PROGRAM))
        slow.released.set()
        assert all(each.result() for each in running)


def test_deliver__somebody_is_at_it__others_leave_it_alone(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.plan.append(receiver.hold)
    number = books.endpoint(receiver.url)
    (sequence,) = books.happen("invoice.paid")
    first, second = sending(), sending()
    first.deliver()
    assert receiver.holding.wait(60)
    assert second.deliver() == 0
    receiver.released.set()
    # The one that is held gets no answer, and tries again.
    deliver(books, number, lambda seen: seen.cursor == sequence, first)
    assert [request.document["sequence"] for request in receiver.received] == [sequence] * 2


def test_deliver__lease_was_taken_over__the_first_moves_nothing(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    receiver.plan.append(receiver.hold)
    number = books.endpoint(receiver.url)
    (sequence,) = books.happen("invoice.paid")
    first = sending()
    first.deliver()
    assert receiver.holding.wait(60)
    books.pass_time(number)
    stands = deliver(books, number, lambda seen: seen.cursor == sequence, sending())
    receiver.released.set()
    until(books.attempts, lambda seen: len(seen) == 2)
    assert books.stands(number).cursor == stands.cursor
    assert books.stands(number).failures == 0


def test_deliver__killed_between_delivery_and_record__is_sent_again_with_the_same_id(
    books: Books, receiver: Receiver, sending: Callable[..., Deliveries]
) -> None:
    number = books.endpoint(receiver.url)
    first, second, third = books.happen("invoice.created", "invoice.paid", "refund.done")
    receiver.plan.extend([204, receiver.hold])
    address = books.engine.url.render_as_string(hide_password=False)
    settings = {"database": address, "secret": SECRET.decode()}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.service.delivering", json.dumps(settings)]
    ) as process:
        assert receiver.holding.wait(120)
        process.kill()
    receiver.released.set()
    assert books.stands(number).cursor == first
    books.pass_time(number)
    deliver(books, number, lambda seen: seen.cursor == third, sending())
    assert [request.document["sequence"] for request in receiver.received] == [first, second, second, third]
    assert receiver.received[1].id == receiver.received[2].id
    assert receiver.received[1].body == receiver.received[2].body
