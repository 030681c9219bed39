"""Deploys the protocol to any chain."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from ape.api import AccountAPI, ProviderAPI
from web3 import Web3

from fec.chain import deployments
from fec.chain.deploy import CONTRACTS, DeploySettings, verify
from fec.chain.deployments import Deployment
from fec.chain.rpc import clear_errors
from fec.cli.params import ADDRESS, AMOUNT
from fec.i18n.errors import DeploymentExists
from scripts import _journal
from scripts._common import (
    FOLDER,
    ScriptCommand,
    account_or_default,
    deployments_option,
    is_throwaway,
    sender_options,
)
from scripts._deployment import Place, ResumableDeployment, WaitOptions, place_of
from scripts._journal import Journal
from scripts._signing import FeeOptions, connection, sign, unlock

#: Seconds between looks at a chain: a local one answers at once, a public endpoint counts the requests.
_POLL_LOCAL, _POLL_PUBLIC = 0.02, 1


@click.command(cls=ScriptCommand)
@sender_options
@deployments_option
@click.option("--owner", type=ADDRESS, help="Who admits programs.  [default: the account]")
@click.option("--genesis-holder", type=ADDRESS, help="Who gets the genesis supply.  [default: the account]")
@click.option("--cap", type=AMOUNT, help="Most FEC that may ever exist.  [default: 10,000,000,000]")
@click.option("--genesis-supply", type=AMOUNT, help="FEC to create now.  [default: 1,000,000,000]")
@click.option("--public-quota", type=AMOUNT, help="Principal for program 1, open to all.  [default: 100,000,000]")
@click.option(
    "--required-confirmations",
    "--confirmations",
    "confirmations",
    type=click.IntRange(min=0),
    help="Blocks to see on top of each transaction's own.  [default: the network's, in ape-config.yaml]",
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    help="Seconds to wait for each block.  [default: the network's, in ape-config.yaml]",
)
@click.option("--anew", is_flag=True, help="Set an earlier deployment aside, finished or not, and make another.")
def cli(
    *,
    provider: ProviderAPI,
    account: AccountAPI | None,
    max_fee: int | None,
    priority_fee: int | None,
    folder: Path,
    confirmations: int | None,
    timeout: int | None,
    anew: bool,
    **options: Any,
) -> None:
    """Deploy all contracts, record them in a deployments file, and check what is on the chain.

    Run again after an interruption, it goes on where it was: what was sent is not sent twice. Run again after it has
    ended, it sends nothing and checks the deployment. Where Ape starts the chain itself, it is a rehearsal: nothing is
    recorded, and what other chains left in the folder stays.

    \b
    Examples:
      ape run deploy
      ape run deploy --network ethereum:local:http://127.0.0.1:8545
      ape run deploy --network ethereum:sepolia:https://… --account me --confirmations 3
      ape run deploy --network … --account me --owner 0x… --cap 10,000,000,000 --max-fee 20 --priority-fee 1.5
    """
    chosen = {name: value for name, value in options.items() if value is not None}
    # A chain that Ape has started for this command is gone afterwards, and the record of another may be in the folder.
    rehearsal = getattr(provider, "process", None) is not None
    if provider.network.is_fork and folder == FOLDER and not rehearsal:
        raise click.UsageError("A fork has the real chain's id: keep its record apart, with --deployments FOLDER.")
    web3 = connection(provider)
    with TemporaryDirectory() if rehearsal else nullcontext(folder) as kept_in, _journal.only_run(Path(kept_in)):
        place = place_of(web3, Path(kept_in))
        if anew:
            _set_aside(place.path, place.journal)
        elif is_throwaway(provider, place.chain_id):
            _put_away_what_is_gone(web3, place)
        done, journal = place.done(), _journal.load(place.journal)
        if done is not None and set(done["contracts"]) >= set(CONTRACTS):
            click.echo(
                f"Already deployed, as {place.path} records; nothing is sent. `--anew` makes another deployment."
            )
        else:
            sender = account_or_default(account, provider)
            journal = _begun(place, sender, journal, chosen)
            unlock(sender)
            done = ResumableDeployment(
                web3,
                partial(sign, sender, provider),
                journal,
                done=done,
                fees=FeeOptions(max_fee, priority_fee),
                patience=_patience(provider, confirmations, timeout),
                tell=click.echo,
            ).run()
            _record(done, place.path, rehearsal)
        if journal is not None:
            journal.remove()
    _report(web3, done, rehearsal)


def _patience(provider: ProviderAPI, confirmations: int | None, timeout: int | None) -> WaitOptions:
    network = provider.network
    return WaitOptions(
        confirmations=network.required_confirmations if confirmations is None else confirmations,
        timeout=timeout or network.transaction_acceptance_timeout,
        poll=_POLL_LOCAL if network.is_dev else _POLL_PUBLIC,
    )


def _begun(place: Place, sender: AccountAPI, journal: Journal | None, chosen: dict[str, Any]) -> Journal:
    """The journal of this deployment: a new one, or that of a run that was interrupted."""
    terms = replace(DeploySettings(owner=str(sender.address), genesis_holder=str(sender.address)), **chosen)
    begun = Journal(place.journal, place.chain_id, place.genesis, str(sender.address), terms)
    return begun if journal is None else _resumed(journal, begun, chosen)


def _record(done: Deployment, path: Path, rehearsal: bool) -> None:
    deployments.write(done, path)
    _journal.sync_folder(path.parent)
    if not rehearsal:
        click.echo(f"Recorded in {path}.")


def _report(web3: Web3, done: Deployment, rehearsal: bool) -> None:
    """Checks what is on the chain, and says where it is."""
    for check in verify(web3, done):
        click.echo(f"✓ {check}")
    for name, record in done["contracts"].items():
        click.echo(f"{name} {record['address']}")
    if rehearsal:
        click.echo("It was a rehearsal: Ape started this chain for this command and now stops it. Nothing is recorded.")


def _put_away_what_is_gone(web3: Web3, place: Place) -> None:
    """Renames the files of a local chain that was stopped since and had the same chain id."""
    for file in _of_a_chain_that_is_gone(web3, place):
        click.echo(f"{file} is of a local chain that is gone; it is kept as {file}.gone.")
        file.replace(f"{file}.gone")


def _of_a_chain_that_is_gone(web3: Web3, place: Place) -> list[Path]:
    """Those of a local chain's files that are of another one, stopped since, which had the same chain id."""
    gone = []
    recorded = place.done()
    if recorded is not None:
        records = recorded["contracts"].values()
        with clear_errors():
            if not any(web3.eth.get_code(Web3.to_checksum_address(record["address"])) for record in records):
                gone.append(place.path)
    journal = _journal.load(place.journal)
    if journal is not None and journal.genesis != place.genesis:
        gone.append(place.journal)
    return gone


def _set_aside(*paths: Path) -> None:
    """Renames those files that there are, out of the way."""
    for path in paths:
        if path.exists():
            kept = next(name for count in itertools.count(1) if not (name := Path(f"{path}.{count}")).exists())
            path.rename(kept)
            click.echo(f"{path} is kept as {kept}.")


def _resumed(journal: Journal, begun: Journal, chosen: dict[str, Any]) -> Journal:
    """The journal to go on with. Raises DeploymentExists if it is not of what is now asked for."""
    kept = {name: getattr(journal.terms, name) for name in chosen}
    differences = [f"{name} {value}" for name, value in kept.items() if value != chosen[name]]
    if journal.deployer != begun.deployer:
        differences.append(f"account {journal.deployer}")
    if (journal.chain_id, journal.genesis) != (begun.chain_id, begun.genesis):
        differences.append(f"a chain {journal.chain_id} that begins with block {journal.genesis}")
    if differences:
        raise DeploymentExists(
            f"{journal.path} holds an unfinished deployment with {', '.join(differences)}. Go on with it as it was "
            "begun, or leave it unfinished and make another with --anew."
        )
    click.echo(f"Resuming the deployment begun in {journal.path}.")
    return journal
