"""Each standard's interface, as its text has it, against the ABIs; and ERC-165, by which contracts tell them."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import function_signature_to_4byte_selector, keccak

from tests.contracts.support.build import shipped
from tests.contracts.support.evm import abi_type
from tests.contracts.support.world import World

#: From weak to strong, as ERC-721 orders them: an implementation may promise more than its standard asks, not less.
MUTABILITIES = ["payable", "nonpayable", "view", "pure"]

#: By standard: the contract, the interface's ERC-165 id if it has one, and for each function its mutability, signature
#: and what it returns.
FUNCTIONS: dict[str, tuple[str, str | None, str]] = {
    "ERC-20": (
        "FEC",
        None,
        """
        view name() string
        view symbol() string
        view decimals() uint8
        view totalSupply() uint256
        view balanceOf(address) uint256
        nonpayable transfer(address,uint256) bool
        nonpayable transferFrom(address,address,uint256) bool
        nonpayable approve(address,uint256) bool
        view allowance(address,address) uint256
        """,
    ),
    "ERC-1363": (
        "FEC",
        "b0202a11",
        """
        nonpayable transferAndCall(address,uint256) bool
        nonpayable transferAndCall(address,uint256,bytes) bool
        nonpayable transferFromAndCall(address,address,uint256) bool
        nonpayable transferFromAndCall(address,address,uint256,bytes) bool
        nonpayable approveAndCall(address,uint256) bool
        nonpayable approveAndCall(address,uint256,bytes) bool
        """,
    ),
    "ERC-1363 receiver": ("Checkout", None, "nonpayable onTransferReceived(address,address,uint256,bytes) bytes4"),
    "ERC-2612": (
        "FEC",
        None,
        """
        nonpayable permit(address,address,uint256,uint256,uint8,bytes32,bytes32)
        view nonces(address) uint256
        view DOMAIN_SEPARATOR() bytes32
        """,
    ),
    "ERC-3009": (
        "FEC",
        None,
        """
        view authorizationState(address,bytes32) bool
        nonpayable transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)
        nonpayable receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)
        nonpayable cancelAuthorization(address,bytes32,bytes)
        nonpayable transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)
        nonpayable receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)
        nonpayable cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)
        view TRANSFER_WITH_AUTHORIZATION_TYPEHASH() bytes32
        view RECEIVE_WITH_AUTHORIZATION_TYPEHASH() bytes32
        view CANCEL_AUTHORIZATION_TYPEHASH() bytes32
        """,
    ),
    "ERC-165, of the coupon": ("FEC", "01ffc9a7", "view supportsInterface(bytes4) bool"),
    "ERC-165, of the nodes": ("ADN", "01ffc9a7", "view supportsInterface(bytes4) bool"),
    "ERC-721": (
        "ADN",
        "80ac58cd",
        """
        view balanceOf(address) uint256
        view ownerOf(uint256) address
        payable safeTransferFrom(address,address,uint256,bytes)
        payable safeTransferFrom(address,address,uint256)
        payable transferFrom(address,address,uint256)
        payable approve(address,uint256)
        nonpayable setApprovalForAll(address,bool)
        view getApproved(uint256) address
        view isApprovedForAll(address,address) bool
        """,
    ),
    "ERC-721 metadata": (
        "ADN",
        "5b5e139f",
        """
        view name() string
        view symbol() string
        view tokenURI(uint256) string
        """,
    ),
    "ERC-721 receiver": ("MemberVault", None, "nonpayable onERC721Received(address,address,uint256,bytes) bytes4"),
    "ERC-5725": (
        "ADN",
        "bd3a202b",
        """
        nonpayable claim(uint256)
        view claimedPayout(uint256) uint256
        view claimablePayout(uint256) uint256
        view vestedPayout(uint256) uint256
        view vestedPayoutAtTime(uint256,uint256) uint256
        view vestingPayout(uint256) uint256
        view vestingPeriod(uint256) uint256,uint256
        view payoutToken(uint256) address
        nonpayable setClaimApprovalForAll(address,bool)
        nonpayable setClaimApproval(address,bool,uint256)
        view isClaimApprovedForAll(address,address) bool
        view getClaimApproved(uint256) address
        """,
    ),
    "ERC-5646": ("ADN", "f5112315", "view getStateFingerprint(uint256) bytes32"),
}

#: By contract and event, what is indexed.
EVENTS: dict[tuple[str, str], tuple[bool, ...]] = {
    ("FEC", "Transfer(address,address,uint256)"): (True, True, False),
    ("FEC", "Approval(address,address,uint256)"): (True, True, False),
    ("FEC", "AuthorizationUsed(address,bytes32)"): (True, True),
    ("FEC", "AuthorizationCanceled(address,bytes32)"): (True, True),
    ("ADN", "Transfer(address,address,uint256)"): (True, True, True),
    ("ADN", "Approval(address,address,uint256)"): (True, True, True),
    ("ADN", "ApprovalForAll(address,address,bool)"): (True, True, False),
    ("ADN", "MetadataUpdate(uint256)"): (False,),
    ("ADN", "BatchMetadataUpdate(uint256,uint256)"): (False, False),
    ("ADN", "PayoutClaimed(uint256,address,uint256)"): (True, True, False),
    ("ADN", "ClaimApprovalForAll(address,address,bool)"): (True, True, False),
    ("ADN", "ClaimApproval(address,address,uint256,bool)"): (True, True, True, False),
}
#: What a call pays before any code runs, beside its data (EIP-2028: at most 16 for a byte).
INTRINSIC_GAS = 21_000
#: The most that `supportsInterface` may use.
QUERY_GAS = 30_000


def entries(contract: str, kind: str) -> dict[str, dict[str, Any]]:
    """Functions or events of a contract, by signature."""
    return {
        f"{item['name']}({','.join(abi_type(part) for part in item['inputs'])})": item
        for item in shipped(contract)["abi"]
        if item["type"] == kind
    }


def rows(standard: str) -> list[list[str]]:
    """Mutability, signature and returned types of each function of a standard."""
    return [(line.strip() + " ").split(" ")[:3] for line in FUNCTIONS[standard][2].strip().splitlines()]


@pytest.mark.parametrize("standard", FUNCTIONS)
def test_interface__every_function_of_the_standard__is_there_as_it_says(standard: str) -> None:
    known = entries(FUNCTIONS[standard][0], "function")
    for mutability, signature, returned in rows(standard):
        found = known[signature]
        assert ",".join(abi_type(part) for part in found["outputs"]) == returned
        assert MUTABILITIES.index(found["stateMutability"]) >= MUTABILITIES.index(mutability)


@pytest.mark.parametrize("standard", [name for name, (_, identifier, _) in FUNCTIONS.items() if identifier])
def test_interface__its_functions__make_the_id_that_is_announced(world: World, standard: str) -> None:
    contract, identifier, _ = FUNCTIONS[standard]
    xored = 0
    for _, signature, _ in rows(standard):
        xored ^= int.from_bytes(function_signature_to_4byte_selector(signature), "big")
    assert xored.to_bytes(4, "big").hex() == identifier
    announcer = {"ADN": world.adn, "FEC": world.fec}[contract]
    assert announcer.supportsInterface(bytes.fromhex(identifier or "")) is True


@pytest.mark.parametrize(("contract", "event"), EVENTS)
def test_interface__every_event_of_the_standards__is_there_as_they_say(contract: str, event: str) -> None:
    found = entries(contract, "event")[event]
    assert tuple(part["indexed"] for part in found["inputs"]) == EVENTS[contract, event]
    assert found["anonymous"] is False


@pytest.mark.parametrize("contract", ["adn", "fec"])
@pytest.mark.parametrize(("identifier", "answer"), [("01ffc9a7", 1), ("ffffffff", 0), ("12345678", 0)])
def test_erc165__asked_as_the_standard_asks__answers_a_bool_within_the_gas(
    world: World, contract: str, identifier: str, answer: int
) -> None:
    data = bytes.fromhex("01ffc9a7" + identifier + "00" * 28)
    to = getattr(world, contract).address
    output = world.chain.send(world.stranger, to, data, static=True, gas=INTRINSIC_GAS + QUERY_GAS)
    assert output == answer.to_bytes(32, "big")


@pytest.mark.parametrize("identifier", ["36372b07", "9d8ff7da"])
def test_erc165__ids_that_standards_older_than_it_would_have__are_not_announced(world: World, identifier: str) -> None:
    # ERC-20 and ERC-2612 name no id; these are the XOR of their functions.
    assert world.fec.supportsInterface(bytes.fromhex(identifier)) is False


def test_erc4906__id__is_announced(world: World) -> None:
    # It has events only, so its id is a number of its own, and not the XOR of anything.
    assert world.adn.supportsInterface(bytes.fromhex("49064906")) is True


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("onERC721Received(address,address,uint256,bytes)", "150b7a02"),
        ("onTransferReceived(address,address,uint256,bytes)", "88a7ca5c"),
        ("onApprovalReceived(address,uint256,bytes)", "7b04a2d0"),
        ("isValidSignature(bytes32,bytes)", "1626ba7e"),
    ],
)
def test_magic_values__of_the_hooks__are_their_selectors(text: str, selector: str) -> None:
    assert keccak(text=text)[:4].hex() == selector
