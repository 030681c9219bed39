"""Programs through the client."""

import pytest

from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, HOUR
from fec.i18n.errors import InvalidArgument, InvalidInput, LimitExceeded, NotAllowed, NotFound, StateConflict
from fec.protocol.types import Program
from tests.fixtures.deployed import MONDAY

QUOTA = 1_000 * WEI_PER_FEC


def create(owner: Client, operator: Client, issuer: Client | None = None) -> int:
    created = owner.programs.create(
        operator.address,
        period_length=DAY,
        origin=MONDAY,
        quota=QUOTA,
        issuer=issuer.address if issuer else None,
    )
    return created.program_id


def test_create__with_issuer__is_read_back(owner: Client, alice: Client, bob: Client) -> None:
    program_id = create(owner, alice, issuer=bob)
    assert owner.programs.get(program_id) == Program(
        program_id, alice.address, bob.address, DAY, MONDAY, QUOTA, burned=0, closed=False
    )


def test_create__without_issuer__is_open_to_all(owner: Client, alice: Client) -> None:
    assert owner.programs.get(create(owner, alice)).issuer is None


def test_create__quota__comes_out_of_the_budget(owner: Client, alice: Client) -> None:
    before = owner.figures().budget
    create(owner, alice)
    assert owner.figures().budget == before - QUOTA


def test_create__by_a_stranger__is_refused(alice: Client) -> None:
    with pytest.raises(NotAllowed) as caught:
        create(alice, alice)
    assert (caught.value.name, caught.value.values) == ("OwnableUnauthorizedAccount", {"account": alice.address})


@pytest.mark.parametrize("period_length", [12 * HOUR - 1, 90 * DAY + 1])
def test_create__period_out_of_range__is_refused(owner: Client, period_length: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        owner.programs.create(owner.address, period_length=period_length, origin=MONDAY, quota=0)
    assert caught.value.name == "ADN_PeriodOutOfRange"
    assert caught.value.values == {"periodLength": period_length, "least": 12 * HOUR, "most": 90 * DAY}


def test_create__period_no_call_can_carry__raises(owner: Client) -> None:
    with pytest.raises(InvalidArgument, match=f"`{2**32}` is not compatible with type `uint32`"):
        owner.programs.create(owner.address, period_length=2**32, origin=MONDAY, quota=0)


def test_create__above_budget__is_refused(owner: Client) -> None:
    left = owner.figures().budget
    with pytest.raises(LimitExceeded) as caught:
        owner.programs.create(owner.address, period_length=DAY, origin=MONDAY, quota=left + 1)
    assert (caught.value.name, caught.value.values) == ("ADN_BudgetExceeded", {"asked": left + 1, "left": left})


def test_grant__amount__adds_to_the_quota(owner: Client, alice: Client) -> None:
    program_id = create(owner, alice)
    owner.programs.grant(program_id, 5)
    assert owner.programs.get(program_id).quota == QUOTA + 5


def test_close__unused_quota__goes_back_to_the_budget(owner: Client, alice: Client) -> None:
    before = owner.figures().budget
    program_id = create(owner, alice)
    alice.programs.close(program_id)
    assert owner.programs.get(program_id).closed
    assert owner.figures().budget == before


def test_close__twice__is_refused(owner: Client, alice: Client) -> None:
    program_id = create(owner, alice)
    alice.programs.close(program_id)
    with pytest.raises(StateConflict) as caught:
        alice.programs.close(program_id)
    assert (caught.value.name, caught.value.values) == ("ADN_ProgramClosed", {"programId": program_id})


def test_close__by_a_stranger__is_refused(owner: Client, alice: Client, bob: Client) -> None:
    program_id = create(owner, alice)
    with pytest.raises(NotAllowed) as caught:
        bob.programs.close(program_id)
    assert caught.value.name == "ADN_NotProgramOperator"
    assert caught.value.values == {"programId": program_id, "caller": bob.address}


def test_set_operator__another__may_close(owner: Client, alice: Client, bob: Client) -> None:
    program_id = create(owner, alice)
    alice.programs.set_operator(program_id, bob.address)
    assert owner.programs.get(program_id).operator == bob.address


def test_list__all__from_the_public_one(owner: Client, alice: Client) -> None:
    program_id = create(owner, alice)
    assert [program.program_id for program in owner.programs.list()] == [1, program_id]


def test_get__unknown__is_refused(owner: Client) -> None:
    with pytest.raises(NotFound) as caught:
        owner.programs.get(99)
    assert (caught.value.name, caught.value.values) == ("ADN_UnknownProgram", {"programId": 99})
