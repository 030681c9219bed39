"""docs/howto/wallets.md: its Python runs as it stands. `python -m tests.zoo.wallets` runs it with others' contracts."""

from collections.abc import Iterator

import pytest
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.core.amounts import WEI_PER_FEC as FEC
from tests.contracts.support.build import compiled
from tests.fixtures.hostile import YES, place
from tests.zoo.wallets import Seller, blocks, run


@pytest.fixture(scope="module")
def seller() -> Iterator[Seller]:
    with Anvil() as anvil:
        yield Seller.opened(anvil)


def test_x402__requirements__name_the_domain_that_a_payer_signs_under(seller: Seller) -> None:
    payer, shop = Account.create(), Account.create().address
    seller.owner.transfer(payer.address, 10 * FEC)
    made = run("x402", client=seller.client, seller=shop)
    wanted = made["requirements"]
    # As x402's scheme `exact` has it: a nonce of the payer's own, and the domain out of `extra`.
    message = {"from": payer.address, "to": wanted["payTo"], "value": int(wanted["amount"]), "validAfter": 0}
    message |= {"validBefore": seller.owner.now() + wanted["maxTimeoutSeconds"], "nonce": b"\x07" * 32}
    kinds = ("address", "address", "uint256", "uint256", "uint256", "bytes32")
    signed = payer.sign_typed_data(
        {**wanted["extra"], "chainId": int(wanted["network"].partition(":")[2]), "verifyingContract": wanted["asset"]},
        {
            "TransferWithAuthorization": [
                {"name": name, "type": kind} for name, kind in zip(message, kinds, strict=True)
            ]
        },
        message,
    )
    parts = (signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))
    send = made["contract"].functions[
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
    ]
    seller.send(send(*message.values(), *parts))
    assert (seller.owner.balance(shop), seller.owner.balance(payer.address)) == (FEC, 9 * FEC)
    assert made["controls"]["allowed_assets"][0]["asset"] == seller.owner.deployment["contracts"]["FEC"]["address"]


def test_safe__that_says_yes__pays_and_gets_the_node(seller: Seller) -> None:
    safe = place(seller.anvil, "0x" + "5a" * 20, YES)
    seller.owner.transfer(safe, 100 * FEC)
    owners = [Account.create(), Account.create()]
    made = run("A Safe", client=seller.client, order=seller.order(safe), safe=safe, owners=owners)
    assert seller.holds(made["paid"].customer, made["paid"])
    assert made["paid"].customer.lower() == safe


def test_delegated_account__its_key_signs__pays_and_gets_the_node(seller: Seller) -> None:
    artifact = compiled("KeyWallet")
    factory = seller.anvil.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    wallet = seller.send(factory.constructor(seller.relayer.address))["contractAddress"]
    shopper = Account.create()
    seller.owner.transfer(shopper.address, 100 * FEC)
    given = {"client": seller.client, "order": seller.order(shopper.address), "shopper": shopper}
    made = run("An EIP-7702 account", **given, relayer=seller.relayer, wallet=wallet)
    assert seller.anvil.web3.eth.get_code(shopper.address).startswith(bytes.fromhex("ef0100"))
    assert seller.holds(shopper.address, made["paid"])


def test_operated_account__calls_what_the_page_makes__pays_and_gets_the_node(seller: Seller) -> None:
    account = seller.anvil.accounts[8].address
    seller.owner.transfer(account, 100 * FEC)
    made = run("An ERC-4337 account", client=seller.client, order=seller.order(account))
    sent = seller.anvil.web3.eth.send_transaction({"from": account, "to": made["target"], "data": made["data"]})
    assert seller.anvil.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    assert [node.principal for node in seller.owner.nodes.owned_by(account)] == [10 * FEC]


def test_page__every_block__is_run_here() -> None:
    assert list(blocks()) == ["x402", "A Safe", "An EIP-7702 account", "An ERC-4337 account"]
