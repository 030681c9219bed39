"""The opening: deploys, admits all stores, sets their terms, founds the alliance, hands out coins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo.cast import ORIGIN, Cast, Habit, spend_of
from demo.data import Year
from demo.stage import Stage
from demo.wire import Contract, Wire
from fec.chain.anvil import Anvil
from fec.chain.deploy import Terms as DeploymentTerms
from fec.chain.deploy import deploy
from fec.core.amounts import WEI_PER_FEC
from fec.core.curve import FACE_MULTIPLE
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.terms import Terms

MILLION = 1_000_000 * WEI_PER_FEC
PUBLIC_QUOTA = 10_000 * WEI_PER_FEC
MAX_UINT256 = 2**256 - 1


def terms_for(year: Year, cast: Cast, owner: str) -> DeploymentTerms:
    """A deployment just large enough for the year, so that its picture shows something. Amounts in wei.

    The cap follows from the quotas: all that the programs may burn must be able to flow back, in full.
    """
    genesis = -(-spend_of(year.baskets) // MILLION) * MILLION
    quotas = PUBLIC_QUOTA + sum(store.quota for store in cast.stores.values())
    headroom = -(-(FACE_MULTIPLE - 1) * quotas // MILLION) * MILLION
    return DeploymentTerms(
        owner=owner, genesis_holder=owner, cap=genesis + headroom, genesis_supply=genesis, public_quota=PUBLIC_QUOTA
    )


def open_stage(anvil: Anvil, year: Year, cast: Cast, seed: str, tick: Callable[[str], object]) -> Stage:
    """Makes everything ready for the first basket; `tick` is told what is being done."""
    tick("Deploying FEC, ADN, Checkout and Custodian")
    owner = anvil.accounts[0]
    deployment = deploy(anvil.web3, owner, terms_for(year, cast, owner.address))
    wire = Wire(anvil.url)
    contracts = {name: wire.add(Contract(name, record["address"])) for name, record in deployment["contracts"].items()}
    stage = Stage(wire, contracts, cast, seed, owner.address, anvil.now, deployment["chainId"])
    stage.book.balances[owner.address] = wire.view(stage.fec, "genesisSupply")
    tick(f"Admitting {len(cast.stores)} stores")
    _admit(stage)
    tick("Founding the alliance")
    _ally(stage)
    tick("Handing out coins and enrolling members")
    _hand_out(stage)
    stage.checkpoint()
    return stage


def _admit(stage: Stage) -> None:
    stores = list(stage.cast.stores.values())
    stage.give_gas(*(account for store in stores for account in (store.merchant, store.till.address)))
    admitted = stage.act_all(
        [
            stage.adn.call(
                stage.owner,
                "createProgram",
                store.merchant,
                stage.checkout.address,
                store.period_length,
                ORIGIN,
                store.quota,
            )
            for store in stores
        ]
    )
    for store, done in zip(stores, admitted, strict=True):
        stage.programs[store.number] = done.only("ProgramCreated")["programId"]
    stage.act_all(
        [
            stage.checkout.call(store.merchant, "setTerms", stage.programs[store.number], _fields(store.terms))
            for store in stores
        ]
    )


def _fields(terms: Terms) -> tuple[Any, ...]:
    """The till's struct."""
    return (
        terms.signer,
        terms.treasury,
        terms.return_window,
        terms.donation_bps,
        terms.min_claim,
        [(tier.min_spend, tier.burn_bps) for tier in terms.tiers],
        list(terms.causes),
    )


def _ally(stage: Stage) -> None:
    members = [(stage.programs[number], stage.cast.stores[number].merchant) for number in stage.cast.alliance]
    program, merchant = members[0]
    founded = stage.act(stage.checkout.call(merchant, "foundAlliance", program))
    alliance = founded.only("AllianceJoined")["allianceId"]
    for position, (program, merchant) in enumerate(members[1:], start=1):
        stage.act_all(
            [
                stage.checkout.call(member, "approveCandidate", member_program, program, True)
                for member_program, member in members[:position]
            ]
        )
        stage.act(stage.checkout.call(merchant, "joinAlliance", program, alliance))


def _hand_out(stage: Stage) -> None:
    cast, book = stage.cast, stage.book
    brand = cast.brand.address
    stage.give_gas(brand, cast.keeper, cast.relayer, cast.stranger)
    enrolled = stage.act_all(
        [stage.custodian.call(brand, "enroll", to_bytes32(member.id)) for _, member in cast.members]
    )
    for (household, _), done in zip(cast.members, enrolled, strict=True):
        stage.vaults[household.number] = done.only("MemberEnrolled")["vault"]
    wallets = [household for household in cast.households.values() if household.member is None]
    stage.give_gas(*(household.key.address for household in wallets if household.habit is not Habit.AUTHORIZATION))
    grants = [(household.key.address, household.budget) for household in wallets]
    grants.append((brand, sum(household.budget for household, _ in cast.members)))
    stage.act_all([stage.fec.call(stage.owner, "transfer", account, amount) for account, amount in grants])
    for account, amount in grants:
        book.move(stage.owner, account, amount)
    approving = [brand, *(household.key.address for household in wallets if household.habit is Habit.ALLOWANCE)]
    stage.act_all([stage.fec.call(account, "approve", stage.checkout.address, MAX_UINT256) for account in approving])
