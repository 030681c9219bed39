"""Has an Ape account sign what the package sends: a test account, a keystore, a hardware wallet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, cast

import click
from ape.api import AccountAPI, ProviderAPI
from hexbytes import HexBytes
from web3 import Web3
from web3.middleware import ExtraDataToPOAMiddleware, Web3Middleware
from web3.types import RPCEndpoint, TxParams

from fec.chain.rpc import connect

_QUANTITIES = ("chainId", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "nonce", "value")


@dataclass(frozen=True)
class FeeOptions:
    """Fees of a transaction (EIP-1559) in wei for a unit of gas; what is None is asked of the network."""

    most: int | None = None
    """The most to pay in all, base fee included."""
    priority: int | None = None
    """Of it, what the block's proposer gets."""

    def fields(self) -> TxParams:
        """Those that are set, as fields of a transaction."""
        fields = TxParams()
        if self.most is not None:
            fields["maxFeePerGas"] = Web3.to_wei(self.most, "wei")
        if self.priority is not None:
            fields["maxPriorityFeePerGas"] = Web3.to_wei(self.priority, "wei")
        return fields


def unlock(account: AccountAPI) -> None:
    """Spares questions where the keystore's passphrase is in the environment, as Ape names it."""
    if f"APE_ACCOUNTS_{account.alias}_PASSPHRASE" in os.environ and hasattr(account, "set_autosign"):
        account.set_autosign(True)


def sign(account: AccountAPI, provider: ProviderAPI, transaction: TxParams) -> HexBytes:
    """A transaction signed and ready to broadcast. Raises click.Abort if it was declined."""
    # web3 says with an empty `to` that a contract is to be created; Ape would sign that as it is, and get it wrong.
    given = {key: value for key, value in transaction.items() if key != "to" or value}
    signed = account.sign_transaction(provider.network.ecosystem.create_transaction(**given))
    if signed is None:
        raise click.Abort
    return HexBytes(signed.serialize_transaction())


class _Signing(Web3Middleware):
    """Signs here what would be left to the chain's node to sign."""

    account: AccountAPI
    ape_provider: ProviderAPI
    fees: FeeOptions

    def request_processor(self, method: RPCEndpoint, params: Any) -> Any:
        """Turns a transaction of the account into a signed one; lets everything else pass."""
        if method != "eth_sendTransaction":
            return method, params
        asked = cast(TxParams, {**params[0], **self.fees.fields()})
        if "nonce" not in asked:
            asked["nonce"] = cast(Web3, self._w3).eth.get_transaction_count(self.account.address, "pending")
        numbers = {key: int(value, 16) for key, value in asked.items() if key in _QUANTITIES and isinstance(value, str)}
        signed = sign(self.account, self.ape_provider, cast(TxParams, {**asked, **numbers}))
        return RPCEndpoint("eth_sendRawTransaction"), [signed.to_0x_hex()]


def connection(provider: ProviderAPI) -> Web3:
    """Web3 on the network that Ape is connected to."""
    url = str(getattr(provider.web3.provider, "endpoint_uri", ""))
    if url.startswith(("http://", "https://")):
        return connect(url)
    web3 = Web3(provider.web3.provider)
    # Chains run by named validators put more into a block's extra data than web3 takes otherwise.
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3


def signed_connection(provider: ProviderAPI, account: AccountAPI, fees: FeeOptions) -> Web3:
    """Web3 on which the account's transactions are signed by Ape, so that its address does for a signer."""
    unlock(account)
    web3 = connection(provider)
    signing = _Signing(web3)
    signing.account, signing.ape_provider, signing.fees = account, provider, fees
    web3.middleware_onion.add(cast(type[Web3Middleware], lambda _: signing), "ape_account")
    return web3
