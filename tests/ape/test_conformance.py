"""The contracts as Ape sees them: what they emit, what they support, and the errors that a caller catches."""

from collections.abc import Callable

import ape
import pytest
from ape.api import AccountAPI
from ape.contracts import ContractInstance

from fec.client.client import Client
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import WEEK
from fec.protocol.types import Node

ZERO_ADDRESS = "0x" + "00" * 20


@pytest.mark.parametrize(
    "interface_id",
    ["0x01ffc9a7", "0x80ac58cd", "0x5b5e139f", "0xbd3a202b", "0x49064906", "0xf5112315"],
    ids=["ERC-165", "ERC-721", "ERC-721 metadata", "ERC-5725", "ERC-4906", "ERC-5646"],
)
def test_supports_interface__standard__is_true(adn: ContractInstance, interface_id: str) -> None:
    assert adn.supportsInterface(interface_id)


def test_supports_interface__invalid_id__is_false(adn: ContractInstance) -> None:
    assert not adn.supportsInterface("0xffffffff")


def test_claim__after_a_period__emits_and_pays(
    adn: ContractInstance, fec: ContractInstance, alice: AccountAPI, node: Node, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(1)
    due = curve.claimable(node.principal, 0, 1)
    before = fec.balanceOf(alice)
    receipt = adn.claim(node.token_id, sender=alice)
    assert receipt.decode_logs(adn.PayoutClaimed) == [
        adn.PayoutClaimed(tokenId=node.token_id, recipient=alice, claimAmount=due)
    ]
    assert fec.balanceOf(alice) - before == due


def test_claim__nothing_released__reverts(adn: ContractInstance, alice: AccountAPI, node: Node) -> None:
    with ape.reverts(adn.ADN_NothingToClaim, tokenId=node.token_id):
        adn.claim(node.token_id, sender=alice)


def test_claim__approval_set_to_false__reverts(
    adn: ContractInstance, alice: AccountAPI, bob: AccountAPI, node: Node, weeks_later: Callable[[int], int]
) -> None:
    adn.setClaimApproval(bob, True, node.token_id, sender=alice)
    adn.setClaimApproval(bob, False, node.token_id, sender=alice)
    weeks_later(1)
    with ape.reverts(adn.ADN_NotClaimer, tokenId=node.token_id, caller=bob.address):
        adn.claim(node.token_id, sender=bob)


def test_transfer__claim_approval__is_cleared(
    adn: ContractInstance, alice: AccountAPI, bob: AccountAPI, owner: AccountAPI, node: Node
) -> None:
    adn.setClaimApproval(bob, True, node.token_id, sender=alice)
    adn.transferFrom(alice, owner, node.token_id, sender=alice)
    assert adn.getClaimApproved(node.token_id) == ZERO_ADDRESS


def test_mint__nothing__reverts(adn: ContractInstance, alice: AccountAPI) -> None:
    with ape.reverts(adn.ADN_ZeroPrincipal):
        adn.mint(1, 0, alice, sender=alice)


def test_mint__above_quota__reverts(adn: ContractInstance, owner: AccountAPI, client: Client) -> None:
    left = client.programs.get(1).quota
    with ape.reverts(adn.ADN_QuotaExceeded, programId=1, asked=left + 1, left=left):
        adn.mint(1, left + 1, owner, sender=owner)


def test_mint__closed_program__reverts(adn: ContractInstance, owner: AccountAPI) -> None:
    adn.closeProgram(1, sender=owner)
    with ape.reverts(adn.ADN_ProgramClosed, programId=1):
        adn.mint(1, WEI_PER_FEC, owner, sender=owner)


def test_create_program__not_the_owner__reverts(adn: ContractInstance, bob: AccountAPI) -> None:
    with ape.reverts(adn.OwnableUnauthorizedAccount, account=bob.address):
        adn.createProgram(bob, ZERO_ADDRESS, WEEK, 0, WEI_PER_FEC, sender=bob)


def test_split__not_the_owner__reverts(adn: ContractInstance, bob: AccountAPI, node: Node) -> None:
    with ape.reverts(adn.ADN_NotOwnerOrOperator, tokenId=node.token_id, caller=bob.address):
        adn.split(node.token_id, [WEI_PER_FEC], sender=bob)


def test_merge__with_itself__reverts(adn: ContractInstance, alice: AccountAPI, node: Node) -> None:
    with ape.reverts(adn.ADN_MergeWithItself, tokenId=node.token_id):
        adn.merge([node.token_id, node.token_id], sender=alice)


def test_fec_mint__not_the_minter__reverts(adn: ContractInstance, fec: ContractInstance, owner: AccountAPI) -> None:
    with ape.reverts(fec.FEC_NotMinter, caller=owner.address, minter=adn.address):
        fec.mint(owner, 1, sender=owner)
