"""Checks a deployment."""

from __future__ import annotations

from pathlib import Path

import click
from ape.api import ProviderAPI

from fec.chain.deploy import verify
from scripts._common import ScriptCommand, deployments_option, read_deployment
from scripts._signing import connection


@click.command(cls=ScriptCommand)
@deployments_option
def cli(provider: ProviderAPI, folder: Path) -> None:
    """Check that what is on the chain is what was compiled, wired and solvent as it should be.

    Sends nothing. Ends with exit code 1 and what does not hold, if anything.

    \b
    Examples:
      ape run check_deployment --network ethereum:local:http://127.0.0.1:8545
      ape run check_deployment --network ethereum:sepolia:https://…
    """
    deployment = read_deployment(provider, folder)
    for check in verify(connection(provider), deployment):
        click.echo(f"✓ {check}")
    for name, record in deployment["contracts"].items():
        click.echo(f"{name} {record['address']}, since block {record['blockNumber']}")
