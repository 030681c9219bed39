"""What workers sign equals what the libraries and the package's own client make."""

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from fec.client.orders import CHECKOUT_NAME, COUPON_NAME
from fec.protocol import calls
from fec.protocol.bytes32 import from_hex
from fec.protocol.orders import Authorization, Invoice, Order
from fec.protocol.relays import RelayedCall, relay
from fec.protocol.signing import Domain, authorization_message, invoice_message, order_message
from fec.replay.encode import Bill, Ground, UnsignedTransaction, content, payment, signed_transaction
from fec.replay.plan import PAY_GAS
from fec.replay.wallets import Wallets

SIGNER, ANN = (Account.from_key(keccak(text=name)) for name in ("signer", "ann"))
CHECKOUT, COUPON, RELAY = (
    Web3.to_checksum_address(keccak(text=name)[-20:]) for name in ("checkout", "coupon", "relay")
)
BASE = Ground(31_337, CHECKOUT, COUPON, RELAY)
INVOICE = Invoice(7, "A-1027", 123 * 10**18, "USD 1.23", 1_483_315_200)


def bill(cause: str | None) -> Bill:
    return Bill(bytes(SIGNER.key), bytes(ANN.key), ANN.address, INVOICE, cause)


@pytest.mark.parametrize("cause", [None, CHECKOUT])
def test_payment__equals_what_accounts_sign(cause: str | None) -> None:
    checkout = Domain(CHECKOUT_NAME, 31_337, CHECKOUT)
    order = Order(INVOICE, invoice_message(checkout, INVOICE).sign(SIGNER), ANN.address, 0, cause)
    message = authorization_message(
        Domain(COUPON_NAME, 31_337, COUPON),
        payer=ANN.address,
        to=CHECKOUT,
        value=INVOICE.amount,
        valid_after=0,
        valid_before=INVOICE.expiry + 1,
        nonce=order_message(checkout, order).hash,
    )
    authorization = Authorization(ANN.address, 0, INVOICE.expiry + 1, message.sign(ANN))
    assert payment(BASE, bill(cause)) == RelayedCall(calls.pay_with_authorization(order, authorization), PAY_GAS)


def test_content__bills__are_relayed_in_one() -> None:
    bills = (bill(None), bill(CHECKOUT))
    to, data = content(BASE, UnsignedTransaction(b"", 0, 0, bills=bills))
    assert (to, "0x" + data.hex()) == (from_hex(RELAY), relay([payment(BASE, each) for each in bills]).data)


def test_signed_transaction__equals_that_of_eth_account() -> None:
    job = UnsignedTransaction(bytes(ANN.key), 0, 400_000, bills=(bill(None),))
    to, data = content(BASE, job)
    signed = ANN.sign_transaction(
        {
            "type": 2,
            "chainId": 31_337,
            "nonce": 0,
            "gas": 400_000,
            "maxFeePerGas": 10**15,
            "maxPriorityFeePerGas": 0,
            "to": to,
            "value": 0,
            "data": data,
        }
    )
    assert signed_transaction(BASE, job) == "0x" + bytes(signed.raw_transaction).hex()


def test_wallets__same_seed__same_keys() -> None:
    assert Wallets("seed").shopper("ann") == Wallets("seed").shopper("ann")


def test_wallets__documented_rule__is_what_eth_account_has() -> None:
    account = Account.from_key(keccak(text="seed/store/7"))
    wallet = Wallets("seed").store("7")
    assert (wallet.key, Web3.to_checksum_address(wallet.address)) == (bytes(account.key), account.address)


def test_wallets__roles_and_seeds__differ() -> None:
    some = [Wallets("a").shopper("7"), Wallets("a").store("7"), Wallets("b").shopper("7"), Wallets("a").relayer()]
    assert len(set(some)) == len(some)
