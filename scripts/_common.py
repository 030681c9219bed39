"""What the scripts share: their options, clear errors, and opening the deployment of the chain that Ape is on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click
from ape import accounts
from ape.api import AccountAPI, ProviderAPI
from ape.cli import ConnectedProviderCommand, account_option
from ape.cli.commands import get_param_from_ctx
from ape.exceptions import ProviderError
from ape.exceptions import TransactionError as ApeTransactionError

from fec.chain import deployments
from fec.chain.anvil import DEFAULT_CHAIN_ID
from fec.chain.deployments import Deployment
from fec.chain.rpc import connect
from fec.client.client import Client
from fec.i18n.errors import DeploymentMissing, FECError
from fec.protocol.types import Node, Receipt
from scripts._signing import FeeOptions, connection, signed_connection

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

FOLDER = Path("deployments")
_WEI_PER_GWEI = 10**9


class ScriptCommand(ConnectedProviderCommand):
    """A command on the network of `--network`, whose errors say what to do next."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs it; errors of the package, and of reaching the chain, end it with their message and exit code 1."""
        try:
            _probe(ctx)
            return super().invoke(ctx)
        except FECError as error:
            raise click.ClickException(str(error)) from error
        # Among Ape's own, a node that it would start and that is not installed is a ConnectionError.
        except (ProviderError, ApeTransactionError, ConnectionError) as error:
            raise click.ClickException(
                f"{error} Check the address and that the chain's node is up; `--network` chooses another, such as "
                "ethereum:sepolia:https://… (`ape networks list` shows which there are)."
            ) from error


def _probe(ctx: click.Context) -> None:
    """Raises RPCUnreachable or RPCFailed if the network was given by an address, and no chain is there."""
    provider = get_param_from_ctx(ctx, "network")
    url = provider.provider_settings.get("uri") if isinstance(provider, ProviderAPI) else None
    # Ape would try to start a node of its own in place of a local one that does not answer.
    if isinstance(url, str) and url.startswith(("http://", "https://")):
        connect(url)


class GweiType(click.ParamType):
    """Gwei for a unit of gas, such as 2 or 1.5; gives wei."""

    name = "GWEI"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Wei."""
        try:
            wei = Decimal(value) * _WEI_PER_GWEI
        except InvalidOperation:
            self.fail(f"{value!r} is not a number of gwei.", param, ctx)
        if not wei.is_finite() or wei < 0 or wei != int(wei):
            self.fail(f"{value!r} is not a number of gwei.", param, ctx)
        return int(wei)


_GWEI = GweiType()


def deployments_option(command: _Decorated) -> _Decorated:
    """`--deployments FOLDER`."""
    return click.option(
        "--deployments",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=FOLDER,
        show_default=True,
        help="Folder of the deployments files, one a chain: CHAIN_ID.json.",
    )(command)


def sender_options(command: _Decorated) -> _Decorated:
    """`--account`, `--max-fee` and `--priority-fee`: who signs, and what is paid for gas at most."""
    for option in (
        click.option("--priority-fee", type=_GWEI, help="Gwei a unit of gas for the proposer.  [default: asked]"),
        click.option("--max-fee", type=_GWEI, help="Most gwei a unit of gas, base fee included.  [default: asked]"),
        account_option(prompt=False),
    ):
        command = option(command)
    return command


def account_or_default(account: AccountAPI | None, provider: ProviderAPI) -> AccountAPI:
    """The account that was named; on a local chain, failing that, the first of Ape's test accounts."""
    if account is not None:
        return account
    if provider.network.is_dev:
        default: AccountAPI = accounts.test_accounts[0]
        return default
    raise click.UsageError(
        f"On {provider.network.name}, say who signs: --account ALIAS. `ape accounts list` shows which there are; "
        "`ape accounts import ALIAS` and `ape accounts generate ALIAS` add one."
    )


def read_deployment(provider: ProviderAPI, folder: Path) -> Deployment:
    """The record of the chain that Ape is on. Raises DeploymentMissing that lists the chains there are."""
    # Asked of the chain itself: Ape has a number of its own for any local one.
    chain_id = connection(provider).eth.chain_id
    path = deployments.path_for(chain_id, folder)
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json") if file.stem.isdecimal())) or "none"
        raise DeploymentMissing(
            f"There is no deployment on chain {chain_id} ({provider.network_choice}) in {folder}; the chains "
            f"there are: {known}. Choose the right --network, or deploy first: "
            f"ape run deploy --network {provider.network_choice}"
        )
    return deployments.read(path)


def is_throwaway(provider: ProviderAPI, chain_id: int) -> bool:
    """Whether it is a local chain, which forgets everything when it is stopped."""
    return bool(provider.network.is_local) or chain_id == DEFAULT_CHAIN_ID


def reader(provider: ProviderAPI, folder: Path) -> Client:
    """A client that only looks."""
    return Client(connection(provider), read_deployment(provider, folder))


def signer(provider: ProviderAPI, folder: Path, account: AccountAPI | None, fees: FeeOptions) -> Client:
    """A client that sends as an Ape account."""
    sender = account_or_default(account, provider)
    web3 = signed_connection(provider, sender, fees)
    return Client(web3, read_deployment(provider, folder), str(sender.address))


def signed(function: Callable[..., None]) -> Callable[..., None]:
    """Gives a script's function the options of all that send, and `client` in their place."""

    @sender_options
    @deployments_option
    def command(
        *,
        provider: ProviderAPI,
        account: AccountAPI | None,
        max_fee: int | None,
        priority_fee: int | None,
        folder: Path,
        **rest: Any,
    ) -> None:
        function(signer(provider, folder, account, FeeOptions(max_fee, priority_fee)), **rest)

    # Not functools.wraps: Ape looks at the signature to see whether the provider is asked for.
    command.__doc__, command.__name__ = function.__doc__, function.__name__
    return command


def find_nodes(client: Client, owners: Sequence[str], names: Sequence[str]) -> list[int]:
    """Token ids of nodes by full id, or by short name such as 3-42 if one of the owners has it."""
    held: dict[str, Node] = {}
    if any(not name.isdecimal() for name in names):
        held = {node.name: node for owner in owners for node in _all_of(client, owner)}
    return [int(name) if name.isdecimal() else _named(held, owners, name) for name in names]


def _all_of(client: Client, owner: str) -> list[Node]:
    """Opened or not, whoever settled it."""
    holding = client.nodes.held_by(owner)
    return [*holding.nodes, *(each.node for each in holding.folded)]


def _named(held: dict[str, Node], owners: Sequence[str], name: str) -> int:
    short = name.upper().removeprefix("ADN").strip()
    if short not in held:
        raise click.UsageError(
            f"{' and '.join(owners)} {'has' if len(owners) == 1 else 'have'} no node {name!r}, but "
            f"{', '.join(held) or 'none at all'}. Name one of those, or give the full token id."
        )
    return held[short].token_id


def show_receipt(receipt: Receipt) -> None:
    """One line on a transaction."""
    click.echo(f"Transaction {receipt.tx_hash} in block {receipt.block_number}, {receipt.gas_used:,} gas.")


def day(timestamp: int) -> str:
    """A moment as people read it, to the minute, in UTC."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M} UTC"
