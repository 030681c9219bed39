"""What must be there before the first purchase: programs with terms and quota, coins, allowances.

The chain says what there is; so only what is missing is made, and a further run makes the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eth_abi.abi import decode, encode
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from web3.contract.contract import Contract

from fec.chain.contracts import open_handle
from fec.chain.sender import Sender
from fec.client.client import Client
from fec.core.durations import WEEK
from fec.core.shares import burn_up
from fec.i18n import Message
from fec.protocol import abi, calls
from fec.protocol.calls import ContractCall
from fec.protocol.terms import Terms, Tier
from fec.replay.driver import Driver, PlannedBlock, PlannedTransaction
from fec.replay.encode import UnsignedTransaction
from fec.replay.errors import ReplayFailed, ReplayRefused
from fec.replay.history import ORIGIN
from fec.replay.plan import pack
from fec.replay.wallets import Wallet, Wallets

#: Gas coin for each wallet, in wei of that coin.
GAS_COIN = 10**27
_SETUP_GAS = 1_000_000
_COIN_GAS = 120_000


@dataclass(frozen=True)
class StoreTerms:
    """What a store's program is like; times in seconds, shares in basis points."""

    tiers: tuple[Tier, ...] = (Tier(0, 1_000),)
    return_window: int = 0
    period_length: int = WEEK
    donation_bps: int = 0
    """Share of each payment that goes to the cause, if there is one."""
    cause: str | None = None

    def of(self, store: str) -> Terms:
        """At Checkout, with the store's account as signer and treasury."""
        causes = (self.cause,) if self.cause else ()
        return Terms(store, store, self.tiers, self.return_window, self.donation_bps, causes)

    def most_burned(self, amount: int) -> int:
        """The most that can be burned of an amount, in wei."""
        return burn_up(amount, self.tiers[-1].burn_bps)


@dataclass
class Stage:
    """Everybody on one deployment."""

    client: Client
    driver: Driver
    wallets: Wallets
    terms_of: Callable[[str], StoreTerms]
    """By store."""
    owner: LocalAccount | str
    """Owns ADN and holds the coins: a key, or an address that the chain's node signs for."""
    gas: int
    """Most gas of a block."""
    programs: dict[str, int] = field(default_factory=dict)
    """By store."""

    @cached_property
    def adn(self) -> Contract:
        """The nodes."""
        return self._contract("ADN")

    @cached_property
    def fec(self) -> Contract:
        """The coupon."""
        return self._contract("FEC")

    @cached_property
    def checkout(self) -> Contract:
        """The Checkout contract."""
        return self._contract("Checkout")

    @cached_property
    def owner_wallet(self) -> Wallet:
        """The owner; without a key if the chain's node signs."""
        if isinstance(self.owner, LocalAccount):
            return Wallet(bytes(self.owner.key), _raw(self.owner.address))
        return Wallet(b"", _raw(self.owner))

    def request(self, wallet: Wallet, to: bytes, data: str, gas: int, what: str = "") -> PlannedTransaction:
        """A transaction with the wallet's next nonce."""
        return PlannedTransaction(
            wallet.address, UnsignedTransaction(wallet.key, self.nonce(wallet), gas, to, _raw(data)), what
        )

    def nonce(self, wallet: Wallet) -> int:
        """The wallet's next nonce, which is used up."""
        nonce = self.driver.nonces[wallet.address]
        self.driver.nonces[wallet.address] = nonce + 1
        return nonce

    def find_programs(self, stores: Sequence[str]) -> None:
        """Finds the stores' programs. Raises ReplayRefused if one has other terms than are asked for."""
        stores_of = {to_checksum_address(self.wallets.store(store).address): store for store in stores}
        handle = open_handle(self.client.web3, self.client.deployment, "ADN", Sender(self.client.web3, None))
        for log in handle.logs("ProgramCreated", self.driver.height):
            values = log["args"]
            store = stores_of.get(values["operator"])
            if store is None or values["issuer"] != self.checkout.address:
                continue
            if values["periodLength"] != self.terms_of(store).period_length:
                raise _other_terms(store)
            self.programs[store] = values["programId"]

    def set_up(self, principals: Mapping[str, int], spends: Mapping[str, int], tick: Callable[[int], object]) -> None:
        """Makes what is missing for so much principal by store and so much spending by shopper, in wei.

        Raises ReplayRefused, before anything is sent, if budget or coins do not suffice or terms differ.
        """
        with_terms = self._stores_with_terms()
        without_terms = [store for store in principals if store not in with_terms]
        quotas = self._missing_quotas(principals)
        gifts = self._missing_coins(spends)
        senders = [*map(self.wallets.store, principals), self.wallets.relayer()]
        self.driver.give_gas_coin([wallet.address for wallet in senders], GAS_COIN)
        self._run([self._create(store, quota) for store, quota in quotas.items() if store not in self.programs], tick)
        granted = [self._grant(store, quota) for store, quota in quotas.items() if quota and store in self.programs]
        self.find_programs(list(principals))
        if missing := [store for store in principals if store not in self.programs]:
            raise ReplayFailed(
                "The chain did not admit these stores: {stores}. Run the same command again: it continues "
                "where it stopped.",
                stores=", ".join(missing),
            )
        self._run(granted, tick)
        self._run([self._set_terms(store) for store in without_terms], tick)
        self._run([self._give(shopper, amount) for shopper, amount in gifts.items()], tick)

    # ------------------------------------------------------------------- parts

    def _contract(self, name: str) -> Contract:
        return open_handle(self.client.web3, self.client.deployment, name, Sender(self.client.web3, None)).contract

    def _run(self, requests: Sequence[PlannedTransaction], tick: Callable[[int], object]) -> None:
        blocks = pack(requests, self.gas, lambda request: request.job.gas)
        self.driver.run((PlannedBlock(0, block) for block in blocks), tick)

    def _stores_with_terms(self) -> set[str]:
        """Those that have the terms asked for. Raises ReplayRefused if one has others."""
        stores = list(self.programs)
        calls = [
            (self.checkout.address, self.checkout.encode_abi("termsOf", [self.programs[store]])) for store in stores
        ]
        found = set()
        for store, answer in zip(stores, self.driver.views(calls), strict=True):
            if "error" in answer:
                continue  # none yet
            kinds = abi.output_types("Checkout", "termsOf")
            terms, _ = decode(kinds, _raw(answer["result"]))
            if encode(kinds[:1], [terms]) != encode(kinds[:1], [self._terms(store).fields]):
                raise _other_terms(store)
            found.add(store)
        return found

    def _missing_quotas(self, principals: Mapping[str, int]) -> dict[str, int]:
        """What each store's program lacks of the principal it may burn. Raises ReplayRefused if the budget has less."""
        known = [store for store in principals if store in self.programs]
        ids = [self.programs[store] for store in known]
        quotas = [self.client.programs.get(program_id).quota for program_id in ids]
        reserved = self._numbers(self.checkout, "reservedOf", [[program_id] for program_id in ids])
        free = {store: quota - held for store, quota, held in zip(known, quotas, reserved, strict=True)}
        missing = {store: max(amount - free.get(store, 0), 0) for store, amount in principals.items()}
        budget = self.client.figures().budget
        if sum(missing.values()) > budget:
            raise ReplayRefused(
                "The stores need quotas of {needed:fec}, but {budget:fec} are left to grant. Choose a lower --rate.",
                needed=sum(missing.values()),
                budget=budget,
            )
        return missing

    def _missing_coins(self, spends: Mapping[str, int]) -> dict[str, int]:
        """What each shopper lacks. Raises ReplayRefused if the owner does not have as much."""
        addresses = [to_checksum_address(self.wallets.shopper(shopper).address) for shopper in spends]
        balances = self._numbers(self.fec, "balanceOf", [[address] for address in addresses])
        missing = {
            shopper: amount - balance
            for (shopper, amount), balance in zip(spends.items(), balances, strict=True)
            if amount > balance
        }
        owned = self.client.balance(to_checksum_address(self.owner_wallet.address))
        if sum(missing.values()) > owned:
            raise ReplayRefused(
                "The shoppers need {needed:fec}, but {owner} has {owned}. Choose a lower --rate, or sign as the "
                "account that holds the genesis supply.",
                needed=sum(missing.values()),
                owner=to_checksum_address(self.owner_wallet.address),
                owned=Message("{owned:fec}", owned=owned) if owned else Message("no FEC"),
            )
        return missing

    def _numbers(self, contract: Contract, function: str, arguments: Sequence[Sequence[Any]]) -> list[int]:
        calls = [(contract.address, contract.encode_abi(function, list(each))) for each in arguments]
        return [int(answer["result"], 16) for answer in self.driver.views(calls)]

    def _create(self, store: str, quota: int) -> PlannedTransaction:
        operator = to_checksum_address(self.wallets.store(store).address)
        call = calls.create_program(operator, self.checkout.address, self.terms_of(store).period_length, ORIGIN, quota)
        return self._by_owner(self.adn, call, _SETUP_GAS)

    def _grant(self, store: str, quota: int) -> PlannedTransaction:
        return self._by_owner(self.adn, calls.grant_quota(self.programs[store], quota), _COIN_GAS)

    def _give(self, shopper: str, amount: int) -> PlannedTransaction:
        address = to_checksum_address(self.wallets.shopper(shopper).address)
        return self._by_owner(self.fec, calls.transfer(address, amount), _COIN_GAS)

    def _set_terms(self, store: str) -> PlannedTransaction:
        call = calls.set_terms(self.programs[store], self._terms(store))
        return self.request(self.wallets.store(store), _raw(self.checkout.address), call.data, _SETUP_GAS)

    def _terms(self, store: str) -> Terms:
        return self.terms_of(store).of(to_checksum_address(self.wallets.store(store).address))

    def _by_owner(self, contract: Contract, call: ContractCall, gas: int) -> PlannedTransaction:
        return self.request(self.owner_wallet, _raw(contract.address), call.data, gas)


def _other_terms(store: str) -> ReplayRefused:
    return ReplayRefused(
        "On this chain store {store!r} has a program with other tiers, return window or periods. Give the same options "
        "as before, or other wallets by --wallets.",
        store=store,
    )


def _raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
