"""Relays transfers of 1, 2, 3 … wei, one request each, and says before each what it does. Run by test_kills.py."""

from __future__ import annotations

import sys
from pathlib import Path

from eth_account import Account

from fec import store
from fec.chain import deployments
from fec.chain.rpc import connect
from fec.relayer import LocalSigner, Relayer


def main(*, database: str, url: str, record: str, key: str, receiver: str, count: int) -> None:
    """Address of the database and of the chain, path of the deployments file, key, receiver, number of transfers."""
    web3 = connect(url)
    coupon = deployments.read(Path(record))["contracts"]["FEC"]
    contract = web3.eth.contract(address=coupon["address"], abi=coupon["abi"])  # type: ignore[call-overload]
    relayer = Relayer(store.open_database(database), web3, LocalSigner(Account.from_key(key)))
    say("tick")
    relayer.tick()
    for amount in range(1, count + 1):
        say(str(amount))
        relayer.submit(f"transfer {amount}", contract.functions.transfer(receiver, amount))
    say("wait")
    while relayer.tick():
        pass


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
