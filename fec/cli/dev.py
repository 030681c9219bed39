"""`fec dev`: a chain of one's own with everything deployed on it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import click

from fec.chain import deployments
from fec.chain.anvil import DEFAULT_CHAIN_ID, MNEMONIC, Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.cli.base import Command
from fec.cli.context import DEFAULT_DEPLOYMENTS, Session, facts
from fec.cli.interrupting import interruptible
from fec.cli.params import MOMENT
from fec.cli.walletconnect import walletconnect_options
from fec.client.client import Client
from fec.i18n import _
from fec.i18n.errors import AnvilFailed, DeploymentExists
from fec.pages.bundle import Pages, WalletConnect, config
from fec.pages.server import serving

#: Seconds between looks whether Anvil is still there.
_WATCH = 2


@click.command(cls=Command)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port to listen on [a free one].")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=deployments.path_for(DEFAULT_CHAIN_ID, DEFAULT_DEPLOYMENTS),
    metavar="FILE",
    show_default=True,
    help="Where to record the deployment.",
)
@click.option("--clock", type=MOMENT, metavar="DATE", help="Where the chain's clock starts [now].")
@click.option("--no-past", is_flag=True, help="Forget the state after each block: faster in long runs.")
@click.option(
    "--block-gas",
    type=click.IntRange(10_000_000, 10**12),
    metavar="GAS",
    help="Most gas in a block [30000000]: more lets more purchases of a replay share one.",
)
@click.option(
    "--web-port",
    type=click.IntRange(0, 65_535),
    metavar="PORT",
    help="Hand out the web pages there; 0 takes a free port [they are not handed out].",
)
@walletconnect_options
@click.pass_obj
def dev(
    session: Session,
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

    Account 0 of Anvil's default mnemonic deploys, owns the contracts and holds the genesis supply. The chain forgets
    everything when it stops; the record of such a chain is replaced by the next one's, any other file is left alone.
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
                pages = Pages(config(deployment, rpc=anvil.url, walletconnect=walletconnect))
                web = stack.enter_context(serving(pages, web_port))
            _report(session, anvil, deployment, out, web)
            while anvil.web3.is_connected():
                time.sleep(_WATCH)
        raise AnvilFailed("Anvil has stopped by itself, and its chain is gone. Start again.")
    except KeyboardInterrupt:
        session.err.print("\n" + _("Stopped; the chain is gone."))


def _may_replace(before: Deployment | None, deployment: Deployment, out: Path) -> bool:
    """Whether a record is that of an earlier development chain: one deploys each contract where the next one does.

    Raises DeploymentExists if it is somebody else's.
    """
    if before is None:
        return False
    addresses = {name: record["address"] for name, record in deployment["contracts"].items()}
    strange = [name for name, record in before["contracts"].items() if addresses.get(name) != record["address"]]
    if strange or before["chainId"] != deployment["chainId"]:
        raise DeploymentExists(
            "{out} records another deployment, on chain {chain_id}, and is left as it is. Choose another "
            "file with --out, or move it away.",
            out=out,
            chain_id=before["chainId"],
        )
    return True


def _report(session: Session, anvil: Anvil, deployment: Deployment, out: Path, web: str | None) -> None:
    holder = anvil.accounts[0]
    key = "0x" + bytes(holder.key).hex()
    balance = Client(anvil.web3, deployment).balance(holder.address)
    session.show(
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
                (_("its key"), _("{key} (public: everybody knows it, never use it elsewhere)", key=key)),
                (_("Mnemonic"), _("{mnemonic} (public as well)", mnemonic=MNEMONIC)),
            ]
        ),
        "",
        _("In another terminal:"),
        f"  export FEC_RPC={anvil.url} FEC_DEPLOYMENTS={out} FEC_ACCOUNT={holder.address}\n  fec node mint 1000\n",
        _("Running until interrupted (Ctrl-C)."),
    )
    session.out.file.flush()
