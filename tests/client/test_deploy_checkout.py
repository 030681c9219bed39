"""That Checkout and Custodian are wired as they should be is checked."""

from copy import deepcopy

import pytest
from eth_account.signers.local import LocalAccount

from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy, verify
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.i18n.errors import InvalidArgument, VerificationFailed


@pytest.fixture
def another(chain: Anvil, accounts: list[LocalAccount]) -> Deployment:
    """A second deployment on the same chain."""
    return deploy(chain.web3, accounts[0])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (
            "Checkout",
            "Checkout: its nodes are ADN, its coupon is FEC; Custodian: its Checkout is the deployed one; "
            "Relay: it calls the deployed contracts",
        ),
        (
            "Custodian",
            "Custodian: its nodes are ADN, its coupon is FEC; Custodian: its Checkout is the deployed one; "
            "Relay: it calls the deployed contracts; "
            "Custodian: its vaults and its verifier of passkeys are the deployed ones",
        ),
        ("Relay", "Relay: it calls the deployed contracts"),
        ("NodeMetadata", "ADN: NodeMetadata writes its metadata"),
    ],
)
def test_verify__contract_of_another_deployment__names_the_wiring(
    chain: Anvil, deployment: Deployment, another: Deployment, name: str, wrong: str
) -> None:
    mixed = deepcopy(deployment)
    mixed["contracts"][name] = another["contracts"][name]
    with pytest.raises(VerificationFailed, match=rf"These do not hold: {wrong}\. Do not use it"):
        verify(chain.web3, mixed)


def test_verify__second_checkout_on_the_same_nodes__names_the_custodian(
    chain: Anvil, deployment: Deployment, accounts: list[LocalAccount]
) -> None:
    nodes = {name: deployment["contracts"][name] for name in ("ADN", "FEC", "NodeMetadata")}
    again = deploy(chain.web3, accounts[0], done=Deployment(chainId=31337, contracts=nodes))
    mixed = deepcopy(deployment)
    mixed["contracts"]["Checkout"] = again["contracts"]["Checkout"]
    with pytest.raises(VerificationFailed, match=r": Custodian: its Checkout is the deployed one; Relay: it calls"):
        verify(chain.web3, mixed)


def test_deploy__interrupted_before_the_checkout__goes_on(
    chain: Anvil, deployment: Deployment, accounts: list[LocalAccount]
) -> None:
    nodes = {name: deployment["contracts"][name] for name in ("ADN", "FEC", "NodeMetadata")}
    resumed = deploy(chain.web3, accounts[0], done=Deployment(chainId=31337, contracts=nodes))
    assert resumed["contracts"]["ADN"] == nodes["ADN"]
    assert "Custodian: its Checkout is the deployed one" in verify(chain.web3, resumed)


def test_signed_by__another__leaves_the_first_as_it_is(owner: Client, bob: Client) -> None:
    owner.signed_by(bob.address).orders.approve(7)
    assert (owner.orders.allowance(), bob.orders.allowance()) == (0, 7)


def test_signed_by__malformed__raises(owner: Client) -> None:
    with pytest.raises(InvalidArgument, match="'0x12' is not an address"):
        owner.signed_by("0x12")
