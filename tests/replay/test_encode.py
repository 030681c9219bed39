"""What workers make by hand equals what the libraries make."""

from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from fec.client.orders import CHECKOUT_NAME
from fec.protocol import abi
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.orders import Invoice, Order
from fec.protocol.signing import Domain, invoice_message
from fec.replay.encode import Bill, UnsignedTransaction, ground, pay_data, signed_transaction
from fec.replay.wallets import Wallets

SIGNER = Account.from_key(keccak(text="signer"))
ANN = Wallets().shopper("ann")
CHECKOUT = Web3.to_checksum_address(keccak(text="checkout")[-20:])
BASE = ground(31_337, bytes.fromhex(CHECKOUT[2:]))
INVOICE = Invoice(7, "A-1027", 123 * 10**18, "USD 1.23", 1_483_315_200)
BILL = Bill(
    bytes(SIGNER.key), 7, to_bytes32("A-1027"), 123 * 10**18, to_bytes32("USD 1.23"), 1_483_315_200, ANN.address
)


def test_pay_data__equals_web3_and_the_packages_own_signature() -> None:
    signature = invoice_message(Domain(CHECKOUT_NAME, 31_337, CHECKOUT), INVOICE).sign(SIGNER)
    order = Order(INVOICE, signature, Web3.to_checksum_address(ANN.address))
    contract = Web3().eth.contract(address=CHECKOUT, abi=abi.load("Checkout")["abi"])
    assert "0x" + pay_data(BASE.domain, BILL).hex() == contract.encode_abi("pay", [order.fields])


def test_pay_data__cause__equals_web3s() -> None:
    signature = invoice_message(Domain(CHECKOUT_NAME, 31_337, CHECKOUT), INVOICE).sign(SIGNER)
    order = Order(INVOICE, signature, Web3.to_checksum_address(ANN.address), 0, CHECKOUT)
    contract = Web3().eth.contract(address=CHECKOUT, abi=abi.load("Checkout")["abi"])
    data = pay_data(BASE.domain, BILL._replace(cause=bytes.fromhex(CHECKOUT[2:])))
    assert "0x" + data.hex() == contract.encode_abi("pay", [order.fields])


def test_signed_transaction__equals_that_of_eth_account() -> None:
    job = UnsignedTransaction(ANN.key, 0, 400_000, bill=BILL)
    signed = Account.from_key(ANN.key).sign_transaction(
        {
            "type": 2,
            "chainId": 31_337,
            "nonce": 0,
            "gas": 400_000,
            "maxFeePerGas": 10**15,
            "maxPriorityFeePerGas": 0,
            "to": CHECKOUT,
            "value": 0,
            "data": pay_data(BASE.domain, BILL),
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
    some = [Wallets("a").shopper("7"), Wallets("a").store("7"), Wallets("b").shopper("7"), Wallets("a").capturer()]
    assert len(set(some)) == len(some)
