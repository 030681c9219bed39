"""What is simulated is what the real contracts do with the same orders, to the wei, at every step and to the end."""

from __future__ import annotations

from itertools import islice

from fec.chain.anvil import Anvil
from fec.core.durations import DAY
from fec.simulate import Economy
from fec.simulate.checks import MAX_CAP, MAX_PERIOD, MIN_BURN, MIN_PERIOD
from tests.contracts.support.evm import expect
from tests.contracts.support.shop_world import deploy_market
from tests.contracts.support.world import deploy_world
from tests.simulate.chains import Books, InProcess, OnAnvil, follow
from tests.simulate.scenarios import mixed, small


def simulated(economy: Economy) -> Books:
    return Books(
        economy.supply,
        economy.nodes.outstanding,
        economy.budget,
        {kind.name: kind.quota for kind in economy.kinds},
    )


def test_economy__a_year_on_the_evm__is_equal_at_every_step_and_when_all_is_paid() -> None:
    scenario = mixed()
    economy, chain = Economy(scenario), InProcess(scenario)
    points = []
    for point in economy.steps():
        follow(chain, economy.grants, economy.purchases, point.time)
        assert chain.books() == simulated(economy)
        points.append(point)
    # The story has all that it should: many orders, wash trades, and quotas that ran out.
    assert sum(point.orders for point in points) > 200
    assert sum(point.wash_burned for point in points) > 0
    assert sum(point.without_quota for point in points) > 0
    result = Economy(scenario).run()
    chain.travel_to(result.paid_until)
    chain.claim()
    books = chain.books()
    assert (books.supply, books.outstanding) == (result.final_supply, result.final_outstanding)
    assert result.final_outstanding > 0


def test_economy__some_weeks_on_anvil__are_equal_at_every_step() -> None:
    scenario = small(shoppers__baskets="60", merchants__shops__quota="400", shoppers__claims="50%")
    economy = Economy(scenario)
    refused = 0
    with Anvil(timestamp=scenario.start - DAY) as anvil:
        chain = OnAnvil(anvil, scenario)
        for point in islice(economy.steps(), 6):
            follow(chain, economy.grants, economy.purchases, point.time)
            assert chain.books() == simulated(economy)
            refused += point.without_quota
    assert economy.nodes.paid > 0
    assert refused > 0


def test_economy__a_program_that_closes__gives_its_quota_back_as_the_contract_does() -> None:
    """A kind of one merchant who leaves in the middle of the year."""
    scenario = small(
        merchants__shops__first="1",
        merchants__shops__market="1",
        merchants__shops__churn="200%",
        merchants__shops__imitators="0%",
        merchants__shops__innovators="0%",
        merchants__shops__quota="5000",
    )
    economy, chain = Economy(scenario), InProcess(scenario)
    counts = []
    for point in economy.steps():
        if counts and counts[-1] > point.merchants:
            chain.travel_to(point.time)
            chain.market.adn.closeProgram(chain.programs["shops"], sender=chain.market.merchant)
        follow(chain, economy.grants, economy.purchases, point.time)
        assert chain.books() == simulated(economy)
        counts.append(point.merchants)
    assert (counts[0], counts[-1]) == (1, 0)
    assert economy.nodes.burned > 0
    assert economy.budget == chain.market.adn.budget() > 0


def test_bounds__are_the_contracts() -> None:
    market = deploy_market()
    adn, checkout = market.adn, market.checkout
    assert (adn.MIN_PERIOD_LENGTH(), adn.MAX_PERIOD_LENGTH()) == (MIN_PERIOD, MAX_PERIOD)
    assert checkout.MIN_BURN_BPS() == MIN_BURN
    with expect("FEC_CapTooHigh", MAX_CAP + 1, MAX_CAP):
        deploy_world(cap=MAX_CAP + 1)
