"""Many in one transaction: each is for itself, in whichever block of whichever branch, whoever crashes when."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.protocol import calls, relays
from fec.protocol.calls import ContractCall
from fec.protocol.members import Member
from fec.protocol.orders import Authorization, Invoice, Order
from fec.relayer.models import RelayShare, RelayTransaction
from fec.service.actions.batches import Due
from fec.service.actions.bounds import PLAIN
from fec.service.models import Action, ActionState
from fec.store import writer
from tests.fixtures.chains import settle
from tests.fixtures.hostile import heavy, place, reverting
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import HOME, Person, withdrawal

Serving = Callable[..., ServiceClient]

HONEST = 45
#: What each of them may use here.
BOUND = 250_000
HOSTILE = Account.from_key(b"\x99" * 32)
POOR = Account.from_key(b"\x77" * 32)


@pytest.fixture
def client(chain: Anvil, shop: Shop) -> Client:
    return Client(chain.web3, shop.deployment, chain.accounts[0])


class Till:
    """Signs orders and payments, and has the service keep them as if it had found nothing wrong."""

    def __init__(self, cashier: ServiceClient, client: Client, shop: Shop, program_id: int | None = None) -> None:
        self.cashier, self.orders, self.shop = cashier, client.orders, shop
        self.program_id = program_id or shop.at_once
        self.now = client.now()

    def order(self, number: int, customer: str, expiry: int | None = None) -> Order:
        invoice = Invoice(self.program_id, f"B-{number}", 10 * FEC, "", expiry or self.now + DAY)
        return Order(invoice, self.orders.sign(invoice, self.shop.signer), customer, 0, None)

    def payment(self, order: Order, payer: str, key: LocalAccount) -> ContractCall:
        before = order.invoice.expiry + 1
        signature = self.orders.authorization_message(order, payer, 0, before).sign(key)
        return calls.pay_with_authorization(order, Authorization(payer, 0, before, signature))

    def honest(self, number: int) -> ContractCall:
        shopper = self.shop.shopper
        return self.payment(self.order(number, shopper.address), shopper.address, shopper)

    def kept(self, call: ContractCall) -> Due:
        service = self.cashier.service
        details = {"payer": self.shop.shopper.address, "customer": self.shop.shopper.address}
        with Session(writer(service.engine)) as session, session.begin():
            action = service.outbox.add(session, "payment", call, program_id=self.program_id, details=details)
            return Due(action.number, action.request_key, self.program_id, call, BOUND, PLAIN)


@pytest.fixture
def cashier(serving: Serving, shop: Shop) -> ServiceClient:
    return serving(shop.at_once, relay=False)


@pytest.fixture
def till(cashier: ServiceClient, client: Client, shop: Shop) -> Till:
    return Till(cashier, client, shop)


def send(cashier: ServiceClient, dues: Sequence[Due]) -> None:
    outlook, _ = cashier.service.relayer.together.outlook()
    cashier.service.outbox.batches.send(dues, outlook)


def look(cashier: ServiceClient, chain: Anvil) -> None:
    """Has everything that was sent come to its end."""
    settle(chain)
    cashier.service.relayer.tick()
    cashier.service.outbox.tend()


def ends(cashier: ServiceClient) -> list[str]:
    """Of all actions, in order, why each failed, or how far it has come."""
    with Session(cashier.service.engine) as session:
        found = session.scalars(select(Action).order_by(Action.number)).all()
    return [str(action.error["name"]) if action.error else ActionState(action.state).value for action in found]


def requests(cashier: ServiceClient) -> list[RelayTransaction]:
    with Session(cashier.service.engine) as session:
        return list(session.scalars(select(RelayTransaction).order_by(RelayTransaction.nonce)))


# ------------------------------------------------------------- each for itself


@pytest.mark.parametrize("backend", ["sqlite"])
def test_send__45_honest_among_hostile_duplicate_expired_forged_and_refused__45_captured_and_5_told_why(
    cashier: ServiceClient, till: Till, shop: Shop, chain: Anvil, client: Client
) -> None:
    shopper = shop.shopper
    refuses = place(chain, "0x" + "51" * 20, reverting(b""))
    client.transfer(HOSTILE.address, 100 * FEC)
    burner = place(chain, HOSTILE, heavy(20_000_000))
    burns = Authorization(burner, 0, till.now + DAY + 1, "0x" + "11" * 65)
    wrong = {
        0: calls.pay_with_authorization(till.order(100, shopper.address), burns),
        10: till.honest(3),
        20: till.payment(till.order(101, shopper.address, till.now - 1), shopper.address, shopper),
        30: till.payment(till.order(102, shopper.address), shopper.address, POOR),
        49: till.payment(till.order(103, refuses), shopper.address, shopper),
    }
    wanted = [till.honest(number) for number in range(HONEST)]
    for number, call in wrong.items():
        wanted.insert(number, call)
    send(cashier, [till.kept(call) for call in wanted])
    look(cashier, chain)

    told = ends(cashier)
    assert {number: told[number] for number in wrong} == {
        0: "ERC3009InvalidSignature",
        10: "Checkout_OrderAlreadyPaid",
        20: "Checkout_OrderExpired",
        30: "ERC3009InvalidSignature",
        49: "ERC721InvalidReceiver",
    }
    assert told.count("done") == HONEST
    [sent] = requests(cashier)
    receipt = chain.web3.eth.get_transaction_receipt(HexStr(sent.transaction_hash or ""))
    checkout = chain.web3.eth.contract(
        address=client.orders.address, abi=shop.deployment["contracts"]["Checkout"]["abi"]
    )
    captured = checkout.events.OrderCaptured().get_logs(from_block=receipt["blockNumber"])
    assert len({log["args"]["orderKey"] for log in captured}) == HONEST
    assert receipt["gasUsed"] <= sent.gas <= len(wanted) * (BOUND + 15_000)
    with Session(cashier.service.engine) as session:
        shares = session.scalars(select(RelayShare.gwei)).all()
    assert sent.cost_gwei is not None
    assert sent.cost_gwei <= sum(shares) <= sent.cost_gwei + len(wanted)
    assert len(set(shares)) == 1


def test_payments__while_one_is_under_way__go_together_with_a_withdrawal(
    serving: Serving, shop: Shop, chain: Anvil, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = serving(shop.at_once)
    batches = seller.service.outbox.batches
    come: list[Due] = []
    add = batches.add

    def add_all(dues: Sequence[Due]) -> None:
        """However slowly they come, they are there before the time is over for which the first one waits."""
        come.extend(dues)
        if len(come) == len(invoices):
            add(come)

    key = Account.from_key(b"\x55" * 32)
    person = Person(key, Member(shop.signer.address, key.address, "0x" + "ab" * 32))
    made = seller.post("/v1/members", {"memberId": person.id})
    until(lambda: seller.get(f"/v1/members/{made['memberId']}"), lambda seen: seen["enrolled"])
    client.transfer(made["vault"], 5 * FEC)
    taken = withdrawal(seller, person, client.now() + DAY)
    invoices = [seller.invoice() for _ in range(3)]
    bodies = [seller.payment(invoice, shop.shopper) for invoice in invoices]
    before = len(requests(seller))

    chain.request("evm_setAutomine", False)
    monkeypatch.setattr(batches, "add", add_all)
    for invoice, body in zip(invoices, bodies, strict=True):
        seller.post(f"/v1/pay/{invoice['id']}/payments", body)
    seller.post(f"/v1/custody/{person.id}/withdrawals", taken)
    until(lambda: ends(seller).count("sent"), lambda count: count == len(invoices) + 1)
    alone, together = requests(seller)[before:]
    relay = shop.deployment["contracts"]["Relay"]["address"]
    assert (alone.recipient, together.recipient) == (client.orders.address, relay)
    chain.request("evm_setAutomine", True)
    chain.mine()
    for invoice in invoices:
        seller.until(invoice, lambda seen: seen["status"] == "captured" and seen["payment"]["state"] == "done")
    until(lambda: client.balance(HOME), lambda balance: balance == 5 * FEC)
    hashes = {seller.get(f"/v1/pay/{invoice['id']}")["payment"]["transactionHash"] for invoice in invoices}
    assert hashes == {requests(seller)[before].transaction_hash, requests(seller)[before + 1].transaction_hash}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payments__blocks_come_each_second__go_in_one_transaction_a_block(
    serving: Serving, shop: Shop, chain: Anvil
) -> None:
    seller = serving(shop.at_once)
    chain.request("evm_setIntervalMining", 1)
    until(seller.service.relayer.together.slot, bool)
    invoices = [seller.invoice() for _ in range(16)]
    bodies = [seller.payment(invoice, shop.shopper) for invoice in invoices]
    before = len(requests(seller))
    for invoice, body in zip(invoices, bodies, strict=True):
        seller.post(f"/v1/pay/{invoice['id']}/payments", body)
        time.sleep(0.1)
    for invoice in invoices:
        seller.until(invoice, lambda seen: seen["payment"]["state"] == "done")
    blocks = [request.block_number for request in requests(seller)[before:]]
    assert len(set(blocks)) == len(blocks) < len(invoices) / 2


def test_payment__fails_among_others__payer_is_told_why_and_others_are_paid(
    serving: Serving, shop: Shop, chain: Anvil, client: Client
) -> None:
    """Its payer had the coins when it was simulated, and has none when its turn comes."""
    seller = serving(shop.at_once)
    client.transfer(POOR.address, 100 * FEC)
    invoices = [seller.invoice() for _ in range(3)]
    keys = [shop.shopper, POOR, shop.shopper]
    bodies = [seller.payment(invoice, key) for invoice, key in zip(invoices, keys, strict=True)]
    chain.request("anvil_setBalance", POOR.address, hex(10**18))
    chain.request("evm_setAutomine", False)
    for invoice, body in zip(invoices, bodies, strict=True):
        seller.post(f"/v1/pay/{invoice['id']}/payments", body)
    until(lambda: ends(seller).count("sent"), lambda count: count == len(invoices))
    front_run(chain, shop, POOR, 100 * FEC)
    chain.request("evm_setAutomine", True)
    chain.mine()
    failed = seller.until(invoices[1], lambda seen: seen["payment"]["state"] == "failed")["payment"]
    assert failed["error"]["name"] == "ERC20InsufficientBalance"
    for invoice in (invoices[0], invoices[2]):
        seller.until(invoice, lambda seen: seen["status"] == "captured" and seen["payment"]["state"] == "done")


def front_run(chain: Anvil, shop: Shop, payer: LocalAccount, amount: int) -> None:
    """A payer takes their coins away, at a price that has it come first."""
    record = shop.deployment["contracts"]["FEC"]
    coupon = chain.web3.eth.contract(address=record["address"], abi=record["abi"])  # type: ignore[call-overload]
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 5 * 10**10, "gas": 100_000, "chainId": 31337}
    nonce = chain.web3.eth.get_transaction_count(payer.address)
    away = coupon.functions.transfer(chain.accounts[0].address, amount)
    built = away.build_transaction({**fees, "nonce": nonce, "from": payer.address})
    chain.web3.eth.send_raw_transaction(payer.sign_transaction(built).raw_transaction)


# ------------------------------------------------------------------- bad days


def test_send__process_ends_after_the_commit__next_tick_sends_it_and_reads_each_outcome(
    cashier: ServiceClient, till: Till, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    dues = [till.kept(call) for call in (till.honest(1), till.honest(1), till.honest(2))]
    with monkeypatch.context() as crashing:
        crashing.setattr(cashier.service.outbox.batches, "broadcast", lambda _: None)
        send(cashier, dues)
    assert ends(cashier) == ["sent"] * 3
    cashier.service.relayer.tick()
    look(cashier, chain)
    assert ends(cashier) == ["done", "Checkout_OrderAlreadyPaid", "done"]
    assert len(requests(cashier)) == 1


def test_payment__process_ends_before_it_is_sent_with_others__the_next_sends_it(
    serving: Serving, shop: Shop, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier = serving(shop.at_once, relay=False)
    monkeypatch.setattr(cashier.service.relayer.together, "is_free", lambda _: False)
    monkeypatch.setattr(cashier.service.outbox.batches, "add", lambda _: None)
    monkeypatch.setattr("fec.service.gathering.payments.LEASE_SECONDS", 0)
    invoice = cashier.invoice()
    cashier.pay(invoice, shop.shopper)
    assert ends(cashier) == ["requested"]
    other = serving(shop.at_once, relay=False)
    other.service.outbox.tend()
    look(other, chain)
    other.until(invoice, lambda seen: seen["status"] == "captured" and seen["payment"]["state"] == "done")


def test_send__two_processes_with_one_key__send_each_once(
    serving: Serving, cashier: ServiceClient, till: Till, shop: Shop, chain: Anvil
) -> None:
    other = serving(shop.at_once, relay=False)
    both = [till.kept(till.honest(number)) for number in range(4)]
    mine, theirs = [till.kept(till.honest(number)) for number in (4, 5)], [till.kept(till.honest(6))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, [cashier, other], [both + mine, both + theirs]))
    look(cashier, chain)
    look(other, chain)
    assert ends(cashier) == ["done"] * 7
    with Session(cashier.service.engine) as session:
        shares = len(session.scalars(select(RelayShare.place)).all())
    # Whoever comes second may have one left, which goes by itself.
    alone = [one for one in requests(cashier) if one.purse is not None]
    assert shares + len(alone) == 7


def test_send__reorganisation_in_which_another_fails__each_is_told_as_it_is_now(
    cashier: ServiceClient, till: Till, shop: Shop, chain: Anvil, client: Client
) -> None:
    client.transfer(POOR.address, 10 * FEC)
    chain.request("anvil_setBalance", POOR.address, hex(10**18))
    rich, poor = till.honest(1), till.payment(till.order(2, POOR.address), POOR.address, POOR)
    before = chain.request("evm_snapshot")
    front_run(chain, shop, POOR, 10 * FEC)
    send(cashier, [till.kept(rich), till.kept(poor)])
    look(cashier, chain)
    assert ends(cashier) == ["done", "ERC20InsufficientBalance"]

    chain.request("evm_revert", before)
    # On the other branch it is the first one's order that somebody has paid before.
    client.orders.transfer_and_call(till.order(1, chain.accounts[0].address))
    look(cashier, chain)
    look(cashier, chain)
    assert ends(cashier) == ["Checkout_OrderAlreadyPaid", "done"]
    assert len(requests(cashier)) == 1


def test_tend__whole_transaction_reverted__each_is_sent_by_itself(
    cashier: ServiceClient, till: Till, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a chain where gas is counted otherwise: slower, never wrong, and nobody is struck for it."""
    with monkeypatch.context() as counting:
        counting.setattr(relays, "gas_limit", lambda _: 100_000)
        send(cashier, [till.kept(till.honest(1)), till.kept(till.honest(2))])
    look(cashier, chain)
    assert ends(cashier) == ["requested"] * 2
    cashier.service.outbox.tend()
    look(cashier, chain)
    assert ends(cashier) == ["done"] * 2
    assert [one.succeeded for one in requests(cashier)] == [False, True, True]


def test_add__one_merchants_budget_is_spent__others_are_sent(
    serving: Serving, shop: Shop, chain: Anvil, client: Client
) -> None:
    cashier = serving(shop.at_once, relay=False, merchant_budget=3 * 10**15)
    chain.request("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    chain.mine()
    mine, theirs = Till(cashier, client, shop), Till(cashier, client, shop, shop.escrow)
    dues = [mine.kept(mine.honest(number)) for number in range(9)] + [theirs.kept(theirs.honest(9))]
    outlook, _ = cashier.service.relayer.together.outlook()
    cashier.service.outbox.batches._send_what_can_be(dues, outlook)
    assert ends(cashier) == ["requested"] * 9 + ["sent"]
    assert [one.purse for one in requests(cashier)] == [f"program {shop.escrow}"]


# -------------------------------------------------------------------- packing


def test_packed__more_than_a_transaction_can_have__each_merchant_has_its_share_of_the_first(
    cashier: ServiceClient, till: Till
) -> None:
    call = till.honest(1)
    dues = [Due(number, str(number), 1 if number < 200 else 2, call, BOUND, PLAIN) for number in range(210)]
    outlook, _ = cashier.service.relayer.together.outlook()
    packed = cashier.service.outbox.batches.packed(dues, outlook)
    assert sorted(due.number for one in packed for due in one.dues) == list(range(210))
    assert [due.number for due in packed[0].dues][:4] == [0, 200, 1, 201]
    assert {due.number for due in packed[0].dues} >= set(range(200, 210))
    for one in packed:
        assert one.request.gas <= min(1 << 24, outlook.means.block_gas)
        assert len(one.request.data) // 2 < 128 * 1024
        assert sum(share.gas for share in one.request.shares) in (0, BOUND * len(one.dues))


def test_packed__one__goes_to_its_contract_by_itself(cashier: ServiceClient, till: Till, client: Client) -> None:
    due = Due(1, "pay", till.program_id, till.honest(1), BOUND, PLAIN)
    outlook, _ = cashier.service.relayer.together.outlook()
    [one] = cashier.service.outbox.batches.packed([due], outlook)
    assert (one.request.recipient, one.request.gas, one.request.shares) == (client.orders.address, PLAIN, ())


def test_packed__chain_that_charges_for_more_than_gas__each_goes_by_itself(
    cashier: ServiceClient, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cashier.service.relayer.together, "_transfer_gas", lambda: 25_000)
    dues = [Due(number, str(number), 1, till.honest(number), BOUND, PLAIN) for number in range(2)]
    outlook, _ = cashier.service.relayer.together.outlook()
    packed = cashier.service.outbox.batches.packed(dues, outlook)
    assert [len(one.dues) for one in packed] == [1, 1]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_withdrawal__member_whose_key_is_relay__is_refused(
    serving: Serving, shop: Shop, chain: Anvil, client: Client
) -> None:
    """Custodian takes its caller for the signer, and Relay calls for anybody."""
    seller = serving(shop.at_once)
    relay = shop.deployment["contracts"]["Relay"]["address"]
    member = Member(shop.signer.address, relay, "0x" + "cd" * 32)
    made = seller.post("/v1/members", {"memberId": member.id})
    until(lambda: seller.get(f"/v1/members/{made['memberId']}"), lambda seen: seen["enrolled"])
    client.transfer(made["vault"], 5 * FEC)
    revealed = {"signer": relay, "salt": member.salt, "signature": "0x"}
    body = {**revealed, "to": HOME, "nonce": 0, "deadline": client.now() + DAY}
    problem = seller.refused("POST", f"/v1/custody/{member.id}/withdrawals", body)
    assert (problem["status"], problem["type"]) == (403, "urn:fec:problem:not-the-member")
