"""What can be read off a node: ERC-165, ERC-5725, ERC-5646 and the metadata."""

from __future__ import annotations

import base64
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from eth_abi import encode
from eth_utils import keccak

from fec.core import curve as schedule
from fec.core.durations import WEEK
from tests.contracts.support.evm import expect
from tests.contracts.support.world import FEC, World

SVG = "{http://www.w3.org/2000/svg}"

P = 1000 * FEC


@pytest.fixture
def node(world: World) -> int:
    """One ADN of alice's, 37 periods old, of which 30 were claimed."""
    node = world.node(world.alice, P)
    world.pass_periods(30)
    world.adn.claim(node, sender=world.alice)
    world.pass_periods(7)
    return node


@pytest.mark.parametrize(
    ("interface", "known"),
    [
        ("01ffc9a7", True),  # ERC-165
        ("80ac58cd", True),  # ERC-721
        ("5b5e139f", True),  # ERC-721 metadata
        ("bd3a202b", True),  # ERC-5725
        ("49064906", True),  # ERC-4906
        ("f5112315", True),  # ERC-5646
        ("ffffffff", False),
        ("00000000", False),
        ("780e9d63", False),  # ERC-721 enumerable
    ],
)
def test_supports_interface__node_contract__by_id(world: World, interface: str, known: bool) -> None:
    assert world.adn.supportsInterface(bytes.fromhex(interface)) is known


@pytest.mark.parametrize(("interface", "known"), [("01ffc9a7", True), ("b0202a11", True), ("ffffffff", False)])
def test_supports_interface__coupon__by_id(world: World, interface: str, known: bool) -> None:
    assert world.fec.supportsInterface(bytes.fromhex(interface)) is known


def test_payouts__after_a_claim__split_what_vested(world: World, node: int) -> None:
    vested, claimed = schedule.released(P, 37), schedule.released(P, 30)
    adn = world.adn
    assert (adn.vestedPayout(node), adn.claimedPayout(node)) == (vested, claimed)
    assert (adn.claimablePayout(node), adn.vestingPayout(node)) == (vested - claimed, 10 * P - vested)


def test_vested_payout_at_time__any_period__is_the_curve(world: World) -> None:
    node = world.node(world.alice, P)
    start = world.adn.nodeOf(node)["start"]
    found = [world.adn.vestedPayoutAtTime(node, start + k * WEEK) for k in range(103)]
    assert found == [schedule.released(P, min(k, 100)) for k in range(103)]


@pytest.mark.parametrize("timestamp", [0, 1])
def test_vested_payout_at_time__before_the_start__is_zero(world: World, node: int, timestamp: int) -> None:
    assert world.adn.vestedPayoutAtTime(node, timestamp) == 0


def test_vested_payout_at_time__in_the_past__is_as_it_was(world: World, node: int) -> None:
    start = world.adn.nodeOf(node)["start"]
    assert world.adn.vestedPayoutAtTime(node, start + 5 * WEEK) == schedule.released(P, 5)


def test_vested_payout_at_time__end_of_time__is_the_face(world: World, node: int) -> None:
    assert world.adn.vestedPayoutAtTime(node, 2**256 - 1) == 10 * P


def test_vesting_period__a_node__is_a_hundred_periods(world: World, node: int) -> None:
    start = world.adn.nodeOf(node)["start"]
    assert world.adn.vestingPeriod(node) == [start, start + 100 * WEEK]


def test_payout_token__a_node__is_the_coupon(world: World, node: int) -> None:
    assert world.adn.payoutToken(node) == world.fec.address


@pytest.mark.parametrize(
    "view",
    [
        "claimedPayout",
        "claimablePayout",
        "vestedPayout",
        "vestingPayout",
        "vestingPeriod",
        "payoutToken",
        "getClaimApproved",
        "getStateFingerprint",
        "tokenURI",
        "nodeOf",
        "ownerOf",
        "getApproved",
    ],
)
def test_views__never_minted__revert(world: World, node: int, view: str) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn[view](node + 1)


def test_vested_payout_at_time__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.vestedPayoutAtTime(node + 1, 0)


def test_fingerprint__a_node__hashes_chain_contract_id_principal_claimed_and_held(world: World, node: int) -> None:
    words = [1, world.adn.address, node, P, world.claimed(node), 0, 0]
    expected = keccak(encode(["uint256", "address", *["uint256"] * 5], words))
    assert world.adn.getStateFingerprint(node) == expected


def test_fingerprint__merged_and_nothing_held_back__has_no_time_either(world: World) -> None:
    node, other = (world.node(world.alice, P) for _ in range(2))
    world.adn.merge([node, other], sender=world.alice)
    words = [1, world.adn.address, node, 2 * P, 0, 0, 0]
    expected = keccak(encode(["uint256", "address", *["uint256"] * 5], words))
    assert world.adn.getStateFingerprint(node) == expected


def metadata(world: World, node: int) -> dict[str, Any]:
    uri = world.adn.tokenURI(node)
    prefix = "data:application/json;base64,"
    assert uri.startswith(prefix)
    decoded: dict[str, Any] = json.loads(base64.b64decode(uri.removeprefix(prefix), validate=True))
    return decoded


def image(found: dict[str, Any]) -> ElementTree.Element:
    uri = found["image"]
    prefix = "data:image/svg+xml;base64,"
    assert uri.startswith(prefix)
    return ElementTree.fromstring(base64.b64decode(uri.removeprefix(prefix), validate=True))  # noqa: S314 - our own


def fec_text(amount: int) -> str:
    """Wei as FEC, cut off after four decimals."""
    return f"{amount // FEC}.{amount % FEC // 10**14:04}"


def test_token_uri__json__has_name_description_and_attributes(world: World, node: int) -> None:
    world.pass_periods(1)
    found = metadata(world, node)
    assert found["name"] == "ADN 1-1"
    face, released, claimed = 10 * P, schedule.released(P, 38), world.claimed(node)
    assert found["description"] == (
        f"Made by burning {fec_text(P)} FEC. Pays {fec_text(face)} FEC over 100 periods on a compound curve, weights "
        "1.05^n. Of each 1,000 FEC burned, 3.83 FEC come in period 1 and 479.84 FEC in period 100; the burned amount "
        "is back in period 55, half of it all in period 86. Nothing promises FEC a price."
    )
    assert [(item["trait_type"], item["value"]) for item in found["attributes"]] == [
        ("Program", 1),
        ("Principal (FEC)", float(fec_text(P))),
        ("Face (FEC)", float(fec_text(face))),
        ("Released (FEC)", float(fec_text(released))),
        ("Claimed (FEC)", float(fec_text(claimed))),
        ("Claimable (FEC)", float(fec_text(released - claimed))),
        ("Period of 100", 38),
        ("Start", world.adn.nodeOf(node)["start"]),
    ]


def test_token_uri__image__draws_the_curve_and_says_what_there_is(world: World, node: int) -> None:
    world.pass_periods(1)
    svg = image(metadata(world, node))
    released, claimed = schedule.released(P, 38), world.claimed(node)
    assert [text.text for text in svg.iter(f"{SVG}text")] == [
        "ADN 1-1",
        f"{fec_text(P)} FEC burned, pays {fec_text(10 * P)}",
        "Period 38 of 100",
        f"Released {fec_text(released)} of {fec_text(10 * P)} FEC",
        f"Claimable now {fec_text(released - claimed)} FEC",
    ]
    # Every fourth period, to the tenth of a pixel.
    heights = [3000 - round(2000 * schedule.released(10**24, k) / 10**25) for k in range(0, 101, 4)]
    curve = "M" + " ".join(f"{(400 + 128 * i) / 10:g} {height / 10:g}" for i, height in enumerate(heights))
    assert [path.get("d") for path in svg.iter(f"{SVG}path")] == [f"{curve} 360 300Z", curve, "M40 300H360"]
    clip = svg.find(f"{SVG}clipPath/{SVG}rect")
    assert clip is not None
    assert clip.get("width") == "161.6"


@pytest.mark.parametrize("principal", [1, 10**14 - 1, P, 123_456_789_012_345_678_901_234])
def test_token_uri__amounts__are_cut_off_after_four_decimals(world: World, principal: int) -> None:
    node = world.node(world.alice, principal)
    world.pass_periods(30)
    world.adn.claimFor([node], sender=world.alice)
    world.pass_periods(7)
    uri = world.adn.tokenURI(node)
    text = base64.b64decode(uri.partition(",")[2]).decode()
    vested, claimed = schedule.released(principal, 37), schedule.released(principal, 30)
    amounts = {
        "Principal": principal,
        "Face": 10 * principal,
        "Released": vested,
        "Claimed": claimed,
        "Claimable": vested - claimed,
    }
    for trait, amount in amounts.items():
        assert f'"trait_type":"{trait} (FEC)","value":{fec_text(amount)}}}' in text


@pytest.mark.parametrize("k", [0, 1, 50, 99, 100, 1000])
def test_token_uri__image__is_well_formed_and_marks_the_period(world: World, k: int) -> None:
    node = world.node(world.alice, P)
    world.pass_periods(k)
    svg = image(metadata(world, node))
    assert svg.tag == f"{SVG}svg"
    circle = svg.find(f"{SVG}circle")
    assert circle is not None
    # The box of the curve goes from (40, 300) to (360, 100), in tenths.
    x = 400 + 32 * min(k, 100)
    assert circle.get("cx") == f"{x // 10}.{x % 10}"
    y = 3000 - schedule.released(200, min(k, 100))
    assert circle.get("cy") == f"{y // 10}.{y % 10}"
    assert f"Period {min(k, 100)} of 100" in "".join(svg.itertext())
