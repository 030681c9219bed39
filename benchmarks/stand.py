"""One side of a comparison: the chain's contracts and the service, as some commit of this repository has them.

Run in a process of its own, in the work tree of that commit, with what to do as JSON on stdin. The names come from that
commit's `benchmarks.service`, which has had them since there is a service.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

from eth_account import Account

#: Written out: other commits have it elsewhere.
WEEK = 7 * 86_400
SECRET = b"a secret of the benchmark's own, long enough"
SIGNER = 4
OPERATOR, TREASURY = 3, 6


def opened(asked: dict[str, Any]) -> dict[str, Any]:
    """Deploys, opens programs that capture at once, and funds shoppers who have no gas coin."""
    own = import_module("benchmarks.service")
    chain = own.Anvil()
    accounts = chain.accounts
    web3 = import_module(own.Anvil.__module__).connect(asked["rpc"])
    owner = own.Client(web3, own.deploy(web3, accounts[0]), accounts[0])
    for shopper in asked["shoppers"]:
        owner.transfer(Account.from_key(shopper).address, 10**6 * own.FEC)
    programs = []
    for _ in range(asked["programs"]):
        made = owner.programs.create(
            accounts[OPERATOR].address,
            issuer=owner.orders.address,
            period_length=WEEK,
            origin=web3.eth.get_block("latest")["timestamp"],
            quota=10**7 * own.FEC,
        )
        terms = own.Terms(accounts[SIGNER].address, accounts[TREASURY].address)
        owner.signed_by(accounts[OPERATOR]).terms.set(made.program_id, terms)
        programs.append(made.program_id)
    return {"deployment": owner.deployment, "programs": programs, "checkout": owner.orders.address}


def _settings(asked: dict[str, Any]) -> Any:
    own = import_module("benchmarks.service")
    more = {"poll_ms": asked["poll_ms"]} if asked.get("poll_ms") else {}
    return own.Settings(
        rpc=asked["rpc"],
        deployment=asked["deployment"],
        database=asked["database"],
        secret=SECRET,
        public_url=asked["url"],
        key_limit="1000000/second",
        address_limit="1000000/second",
        **more,
    )


def admitted(asked: dict[str, Any]) -> dict[str, Any]:
    """Makes the tables, serves the programs, and gives a key for each."""
    own = import_module("benchmarks.service")
    service = own.Service(_settings(asked), own.LocalSigner(_signer()))
    keys = {}
    for program in asked["programs"]:
        service.keys.add_merchant(program, "")
        keys[program] = service.keys.add_key(program, own.Role.MANAGER, "").token
    service.close()
    return {"keys": keys}


def serve(asked: dict[str, Any]) -> None:
    """Serves until it is ended."""
    own = import_module("benchmarks.service")
    os.dup2(os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), 2)
    own.configure([])
    app = own.create_app(_settings(asked), own.LocalSigner(_signer()))
    # As `fec serve` does; earlier commits do not.
    getattr(own, "relax_collector", lambda: None)()
    own.uvicorn.run(app, port=asked["port"], log_config=None, access_log=False, timeout_keep_alive=600)


def _signer() -> Any:
    return import_module("benchmarks.service").Anvil().accounts[SIGNER]


def main() -> None:
    """Does what stdin says."""
    asked = json.load(sys.stdin)
    found = {"open": opened, "admit": admitted, "serve": serve}[asked["do"]](asked)
    if found is not None:
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
