"""`fec dev`: a development chain with all contracts deployed."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import click

from fec.chain import deployments
from fec.chain.anvil import DEFAULT_CHAIN_ID, MNEMONIC, Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.chain.passkeys import passkey_gas
from fec.cli.base import Command
from fec.cli.context import DEFAULT_DEPLOYMENTS, Context, facts
from fec.cli.interrupts import interruptible
from fec.cli.params import DATETIME
from fec.cli.walletconnect import walletconnect_options
from fec.client.client import Client
from fec.i18n import _
from fec.i18n.errors import AnvilFailed, DeploymentExists
from fec.pages.bundle import Pages, WalletConnect, config
from fec.pages.server import serving

#: Seconds between looks whether Anvil is still there.
_WATCH = 2


@click.command(cls=Command)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port to listen on [a free port].")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=deployments.path_for(DEFAULT_CHAIN_ID, DEFAULT_DEPLOYMENTS),
    metavar="FILE",
    show_default=True,
    help="Deployments file to write.",
)
@click.option("--clock", type=DATETIME, metavar="DATE", help="Start of the chain's clock [now].")
@click.option("--no-past", is_flag=True, help="Keep no past states: faster in long runs.")
@click.option(
    "--block-gas",
    type=click.IntRange(10_000_000, 10**12),
    metavar="GAS",
    help="Gas limit of a block [30000000]. A higher limit fits more purchases of a replay into a block.",
)
@click.option(
    "--web-port",
    type=click.IntRange(0, 65_535),
    metavar="PORT",
    help="Serve the web pages on this port; 0 takes a free port [pages are not served].",
)
@walletconnect_options
@click.pass_obj
def dev(
    context: Context,
    *,
    port: int,
    out: Path,
    clock: int | None,
    no_past: bool,
    block_gas: int | None,
    web_port: int | None,
    walletconnect: WalletConnect | None,
) -> None:
    """Run a development chain with all contracts deployed, until interrupted.

    Account 0 of Anvil's default mnemonic deploys and owns the contracts and holds the genesis supply. The chain is lost
    when the command stops. The deployments file of an earlier development chain is replaced; any other file is kept.
    """
    try:
        with interruptible(), ExitStack() as stack:
            before = deployments.read(out) if out.exists() else None
            chain = Anvil(port=port, timestamp=clock, gas_limit=block_gas, past_states=not no_past)
            anvil = stack.enter_context(chain)
            deployment = deploy(anvil.web3, anvil.accounts[0])
            deployments.write(deployment, out, overwrite=_may_replace(before, deployment, out))
            web = None
            if web_port is not None:
                pages = Pages(
                    config(
                        deployment,
                        rpc=anvil.url,
                        walletconnect=walletconnect,
                        passkey_gas=passkey_gas(anvil.web3),
                    )
                )
                web = stack.enter_context(serving(pages, web_port))
            _report(context, anvil, deployment, out, web)
            while anvil.web3.is_connected():
                time.sleep(_WATCH)
        raise AnvilFailed("Anvil stopped unexpectedly, and its chain is lost. Start again.")
    except KeyboardInterrupt:
        context.err.print("\n" + _("Stopped. The chain is lost."))


def _may_replace(before: Deployment | None, deployment: Deployment, out: Path) -> bool:
    """Whether a record is that of an earlier development chain: one deploys each contract where the next one does.

    Raises DeploymentExists if it records another deployment.
    """
    if before is None:
        return False
    addresses = {name: record["address"] for name, record in deployment["contracts"].items()}
    strange = [name for name, record in before["contracts"].items() if addresses.get(name) != record["address"]]
    if strange or before["chainId"] != deployment["chainId"]:
        raise DeploymentExists(
            "{out} records another deployment, on chain {chain_id}, and was not changed. Choose another file with "
            "--out, or move this one.",
            out=out,
            chain_id=before["chainId"],
        )
    return True


def _report(context: Context, anvil: Anvil, deployment: Deployment, out: Path, web: str | None) -> None:
    holder = anvil.accounts[0]
    key = "0x" + bytes(holder.key).hex()
    balance = Client(anvil.web3, deployment).balance(holder.address)
    context.show(
        {
            "rpc": anvil.url,
            "chainId": deployment["chainId"],
            "deployments": str(out),
            "web": web,
            "account": holder.address,
            "privateKey": key,
            "contracts": {name: record["address"] for name, record in deployment["contracts"].items()},
        },
        facts(
            [
                ("RPC", anvil.url),
                (_("Chain"), str(deployment["chainId"])),
                *((name, record["address"]) for name, record in sorted(deployment["contracts"].items())),
                (_("Deployments"), str(out)),
                *([] if web is None else [(_("Web pages"), web)]),
                (
                    _("Account 0"),
                    _("{address} holds {balance:fec} and owns the contracts", address=holder.address, balance=balance),
                ),
                (_("its key"), _("{key} (publicly known: never use it elsewhere)", key=key)),
                (_("Mnemonic"), _("{mnemonic} (publicly known)", mnemonic=MNEMONIC)),
            ]
        ),
        "",
        _("In another terminal:"),
        f"  export FEC_RPC={anvil.url} FEC_DEPLOYMENTS={out} FEC_ACCOUNT={holder.address}\n  fec node mint 1000\n",
        _("Running until interrupted (Ctrl-C)."),
    )
    context.out.file.flush()
