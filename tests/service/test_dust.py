"""A holder of ten thousand nodes costs readers a bounded multiple of what a usual one does, in the same run."""

import random
import time
from collections.abc import Callable

import pytest
from eth_account import Account
from sqlalchemy.orm import Session

from fec import store
from fec.core import curve
from fec.core.durations import WEEK
from fec.core.node_id import NodeId
from fec.i18n.parsing import parse_fec
from fec.indexer.models import NodeRecord, NodeVersion
from fec.protocol.types import Node
from fec.service.models import Action, ActionState, BrandMember, Role
from fec.store.bulk import insert_rows
from tests.service.conftest import MONDAY, ServiceClient, Shop

Serving = Callable[..., ServiceClient]

MANY, FEW = 10_000, 200
DUSTY, TIDY = (Account.from_key(bytes([number]) * 32).address for number in (0x71, 0x72))
MEMBERS = {DUSTY: "0x" + "71" * 32, TIDY: "0x" + "72" * 32}


def sample(program_id: int, owner: str, count: int, first: int) -> list[Node]:
    """Nodes of all sizes, no two alike, so that none can be counted together."""
    draw = random.Random(owner)
    found = []
    for serial in range(first, first + count):
        start, principal = MONDAY - draw.randrange(60) * WEEK, draw.randrange(10**16, 10**20)
        released = curve.released(principal, (MONDAY - start) // WEEK)
        token_id = NodeId(program_id, WEEK, start, principal, serial).token_id
        found.append(Node(token_id, owner, principal, draw.randrange(released + 1)))
    return found


@pytest.fixture
def nodes(reader: ServiceClient, shop: Shop) -> dict[str, list[Node]]:
    """What both hold, written into the index as the indexer would; each of them is a member as well."""
    held = {DUSTY: sample(shop.at_once, DUSTY, MANY, 1), TIDY: sample(shop.at_once, TIDY, FEW, MANY + 1)}
    births, versions = [], []
    for number, node in enumerate(node for some in held.values() for node in some):
        place = (1, number, node.token_id)
        births.append((*place, node.program_id, node.id.serial, WEEK, node.start, node.principal))
        versions.append((*place, node.owner, node.principal, node.claimed, "mint"))
    with store.writing(reader.service.engine) as connection:
        insert_rows(connection, NodeRecord.__table__, births)  # type: ignore[arg-type]
        insert_rows(connection, NodeVersion.__table__, versions)  # type: ignore[arg-type]
    with Session(store.writer(reader.service.engine)) as session, session.begin():
        for owner, identity in MEMBERS.items():
            action = Action(
                id=identity, program_id=shop.at_once, kind="enrolment", request_key=identity, subjects=[], details={},
                contract="", function="", arguments=[], state=ActionState.DONE, busy_until=0, created_at=0,
            )  # fmt: skip
            session.add(action)
            session.flush()
            session.add(
                BrandMember(
                    program_id=shop.at_once, member_id=identity, vault=owner, action_number=action.number, created_at=0
                )
            )
    return held


@pytest.fixture
def reader(serving: Serving, shop: Shop) -> ServiceClient:
    return serving(shop.at_once, index=False, relay=False).as_(shop.at_once, Role.ACCOUNTANT)


def cost(reader: ServiceClient, path: str) -> float:
    """Seconds of this process's own time that an answer takes, the database's within: others' load is not in it."""
    began = time.process_time()
    reader.get(path)
    return time.process_time() - began


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/custody/{member}", 5),
        ("/v1/shoppers/{owner}", 20),
        ("/v1/shoppers/{owner}/nodes?limit=200", 5),
        ("/v1/shoppers/{owner}/calendar?by=day&count=366", 30),
    ],
)
def test_reading__holder_of_fifty_times_the_nodes__costs_a_bounded_multiple(
    reader: ServiceClient, nodes: dict[str, list[Node]], path: str, most: int
) -> None:
    dusty, tidy = (path.format(owner=owner, member=MEMBERS[owner]) for owner in nodes)
    pairs = [(cost(reader, dusty), cost(reader, tidy)) for _ in range(5)]
    dear, cheap = (min(costs) for costs in zip(*pairs, strict=True))
    assert dear <= most * cheap


def test_shopper__ten_thousand_nodes__adds_up_to_the_wei(reader: ServiceClient, nodes: dict[str, list[Node]]) -> None:
    listed = {item["address"]: item for item in reader.get("/v1/shoppers")["items"]}
    for owner, held in nodes.items():
        shown = reader.get(f"/v1/shoppers/{owner}")
        now = shown["asOf"]["timestamp"]
        assert shown["nodes"] == len(held)
        assert parse_fec(shown["principal"]) == sum(node.principal for node in held)
        assert parse_fec(shown["claimed"]) == sum(node.claimed for node in held)
        assert parse_fec(shown["claimable"]) == sum(node.claimable(now) for node in held) > 0
        assert parse_fec(shown["outstanding"]) == sum(node.outstanding for node in held)
        assert listed[owner].items() <= shown.items()


def test_calendar__ten_thousand_nodes__adds_up_to_the_wei(reader: ServiceClient, nodes: dict[str, list[Node]]) -> None:
    shown = reader.get(f"/v1/shoppers/{DUSTY}/calendar?by=week&count=3")
    for flow in shown["items"]:
        assert parse_fec(flow["inAll"]) == sum(node.claimable(flow["end"] - 1) for node in nodes[DUSTY])
