"""JSON-RPC as endpoints speak it: limits are learned and kept, and each answer is that to the question asked."""

import time
from itertools import count, pairwise
from typing import Any

import pytest
from web3 import Web3

from fec.chain import jsonrpc
from fec.chain.anvil import Anvil
from fec.chain.errors import RateLimited, Refused
from fec.chain.jsonrpc import Endpoint, Patience
from fec.chain.reverts import revert_data
from fec.chain.rpc import ask_all, clear_errors, connect, next_time
from fec.client.client import Client
from fec.i18n.errors import ContractError, RPCFailed
from tests.fixtures.deployed import MONDAY
from tests.fixtures.endpoints import PROFILES, Answer, Ask, Call, Profile, Whole, error

from .conftest import Through

CALLS: list[tuple[str, list[Any]]] = [("eth_getBlockByNumber", [hex(number), False]) for number in range(4)] * 10
QUICK = Patience(attempts=4, first=1, longest=5)


def numbers(answers: list[Any]) -> list[int]:
    return [int(answer["number"], 16) for answer in answers]


# ---------------------------------------------------------------------- batches


@pytest.mark.parametrize("name", [name for name in PROFILES if name.startswith("batch")])
def test_ask__endpoint_bounds_batches__size_is_learned_and_kept(through: Through, name: str) -> None:
    proxy = through(PROFILES[name])
    endpoint = Endpoint(proxy.url)
    assert numbers(endpoint.ask(CALLS)) == [0, 1, 2, 3] * 10
    asked = proxy.methods["eth_getBlockByNumber"]
    assert numbers(endpoint.ask(CALLS)) == [0, 1, 2, 3] * 10
    # What is refused is asked again: in the second round, nothing was.
    assert proxy.methods["eth_getBlockByNumber"] == asked + len(CALLS)


def test_ask__batches_were_bounded_for_a_while__size_grows_back(
    through: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonrpc, "GROWS_AFTER", 1)
    proxy = through(
        Profile("", request=lambda calls, number: Whole(413, b"") if number < 3 and len(calls) > 1 else None)
    )
    endpoint = Endpoint(proxy.url)
    sizes = []
    for _ in range(6):
        before = proxy.requests
        assert numbers(endpoint.ask(CALLS)) == [0, 1, 2, 3] * 10
        sizes.append(proxy.requests - before)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 1


def test_ask__larger_batch_is_refused_again_and_again__is_tried_ever_less(
    through: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonrpc, "GROWS_AFTER", 1)
    refused: list[int] = []

    def request(calls: Any, number: int) -> Whole | None:
        if isinstance(calls, list) and len(calls) > 1:
            refused.append(number)
            return Whole(413, b"")
        return None

    proxy = through(Profile("", request=request))
    assert numbers(Endpoint(proxy.url).ask(CALLS)) == [0, 1, 2, 3] * 10
    # 40, 20, 10, 5 and 2 calls at first; then 2 after one, two, four … requests.
    gaps = [later - sooner for sooner, later in pairwise(refused[4:])]
    assert gaps == [2, 3, 5, 9, 17]


def test_ask__no_calls__asks_nothing(through: Through) -> None:
    proxy = through(Profile(""))
    assert (Endpoint(proxy.url).ask([]), proxy.requests) == ([], 0)


def test_ask__single_call_is_refused_with_a_status__is_its_refusal(through: Through) -> None:
    [answer] = Endpoint(through(PROFILES["errors: status 500"]).url).ask([("eth_nothing", [])])
    assert isinstance(answer, Refused)
    assert answer.code == -32601


# ------------------------------------------------------------------ rate limits


def test_ask__some_of_a_batch_are_limited__only_those_are_asked_again(through: Through) -> None:
    seen = count(1)

    def call(call: Call, ask: Ask) -> Answer:
        return error(call, -32005, "request rate limited") if next(seen) in (2, 4) else ask(call)

    proxy = through(Profile("", call=call))
    assert numbers(Endpoint(proxy.url, limits=QUICK).ask(CALLS[:4])) == [0, 1, 2, 3]
    assert proxy.methods["eth_getBlockByNumber"] == 6


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(Whole(429, b"slow down"), id="429"),
        pytest.param(Whole(429, error(None, 429, "slow down"), {"Retry-After": "0"}), id="429 with Retry-After"),
        pytest.param(Whole(200, error(None, -32005, "rate limited")), id="-32005 for all"),
        pytest.param(Whole(200, [error(None, -32016, "over rate limit")]), id="-32016 for all"),
    ],
)
def test_ask__limited_for_ever__says_so(through: Through, whole: Whole) -> None:
    proxy = through(Profile("", request=lambda *_: whole))
    with pytest.raises(RateLimited, match="limits the rate of requests"):
        Endpoint(proxy.url, limits=QUICK).ask(CALLS[:2])
    assert proxy.requests <= QUICK.attempts


def test_ask__retry_after__is_waited_for_up_to_the_longest_pause(through: Through) -> None:
    proxy = through(
        Profile("", request=lambda _, number: Whole(429, b"", {"Retry-After": "3600"}) if number == 1 else None)
    )
    before = time.monotonic()
    Endpoint(proxy.url, limits=Patience(attempts=2, first=1, longest=300)).ask(CALLS[:1])
    assert 0.3 <= time.monotonic() - before < 30


def test_ask__search_finds_too_much__is_no_rate_limit(through: Through) -> None:
    proxy = through(PROFILES["logs: -32005"])
    [answer] = Endpoint(proxy.url).ask([("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "0xff"}])])
    assert isinstance(answer, Refused)
    assert proxy.requests == 1


# ---------------------------------------------------------------- web3's way in


def test_connect__chain_id__is_asked_once(through: Through, owner: Client) -> None:
    proxy = through(Profile(""))
    client = Client(connect(proxy.url), owner.deployment, owner.address)
    client.transfer(client.address, 1)
    assert proxy.methods["eth_chainId"] == 1


def test_next_time__no_block_to_come__is_the_clock_or_later(through: Through, chain: Anvil) -> None:
    web3 = connect(through(PROFILES["pending: null"]).url)
    before = int(time.time())
    assert before <= next_time(web3) <= before + 60
    chain.travel_to(before + 10**6)
    assert next_time(web3) == before + 10**6


def test_next_time__block_to_come__is_its_own(chain: Anvil) -> None:
    assert MONDAY <= next_time(chain.web3) < int(time.time())


def test_pending__refused_once__is_not_asked_for_again(through: Through, owner: Client) -> None:
    proxy = through(PROFILES["pending: refused"])
    client = Client(connect(proxy.url), owner.deployment, owner.address)
    client.orders.allowance()
    for _ in range(3):
        client._sender.simulate(client._fec.contract.functions.transfer(client.address, 1))
    assert proxy.methods["eth_estimateGas"] == 4


def test_read__contract_names_addresses__fetches_nothing(through: Through, owner: Client, chain: Anvil) -> None:
    proxy = through(Profile(""))
    fec = owner.deployment["contracts"]["FEC"]["address"]
    codec = Web3().codec
    kinds = ["address", "string[]", "bytes", "bytes4", "bytes"]
    data = bytes.fromhex("556f1830") + codec.encode(kinds, [fec, [proxy.url], b"", b"1234", b""])
    chain.request("anvil_setCode", fec, reverting_with(data))
    client = Client(connect(proxy.url), owner.deployment)
    asked = proxy.requests
    with pytest.raises(ContractError):
        client.balance(client._fec.address)
    assert proxy.requests == asked + 1


@pytest.mark.parametrize("data", ["4e487b71" + "00" * 31 + "99", "556f1830" + "ff" * 9, "08c379a0", "deadbeef", ""])
def test_read__revert_that_no_library_knows__is_a_contract_error(owner: Client, chain: Anvil, data: str) -> None:
    fec = owner.deployment["contracts"]["FEC"]["address"]
    chain.request("anvil_setCode", fec, reverting_with(bytes.fromhex(data)))
    with pytest.raises(ContractError):
        owner.balance(owner.address)


def reverting_with(data: bytes) -> str:
    """Code that reverts with what follows it."""
    push = "61" + len(data).to_bytes(2).hex()
    return "0x" + f"{push}600f6000 39 {push}6000 fd".replace(" ", "") + "00" + data.hex()


# ------------------------------------------------------------------ revert data


@pytest.mark.parametrize(
    ("refusal", "data"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0xdeadbeef"}, "deadbeef"),
        ({"code": 3, "message": "execution reverted", "data": "0x"}, ""),
        ({"code": -32603, "message": "VM", "data": {"message": "reverted", "data": "0xdeadbeef"}}, "deadbeef"),
        ({"code": -32603, "message": "VM", "data": {"data": {"data": "0xdeadbeef"}, "txHash": "0x12"}}, "deadbeef"),
        ({"code": -32000, "message": "VM", "data": {"hash": None, "result": "0xdeadbeef"}}, "deadbeef"),
        ({"code": -32015, "message": "VM execution error.", "data": "Reverted 0xdeadbeef"}, "deadbeef"),
        ({"code": -32015, "message": "Reverted 0xdeadbeef"}, "deadbeef"),
        ({"code": -32000, "message": "execution reverted: 0xdeadbeef"}, "deadbeef"),
        ({"code": -32000, "message": "execution reverted"}, None),
        ({"code": -32000, "message": "nonce too low", "data": None}, None),
        ({"message": "x", "data": {"data": ["0xdeadbeef"]}}, None),
    ],
)
def test_revert_data__of_a_refusal__is_found(refusal: dict[str, Any], data: str | None) -> None:
    found = revert_data(refusal)
    assert (None if found is None else found.hex()) == data


def test_clear_errors__endpoint_that_is_no_chain__says_what_came(through: Through) -> None:
    proxy = through(Profile("", request=lambda *_: Whole(200, b"<html>welcome</html>")))
    with pytest.raises(RPCFailed, match="is no JSON-RPC: b'<html>welcome"), clear_errors():
        connect(proxy.url)


def test_ask_all__many__is_few_requests(through: Through) -> None:
    proxy = through(Profile(""))
    web3 = connect(proxy.url)
    asked = proxy.requests
    ask_all(web3, CALLS)
    assert proxy.requests == asked + 1
