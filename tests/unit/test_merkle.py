"""Merkle trees of rewards, their CSV and their file of proofs."""

import json
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from fec.core.amounts import WEI_PER_FEC
from fec.i18n.errors import InvalidArgument
from fec.protocol.merkle import ProvenReward, Reward, RewardTree, read_csv, read_proofs, write_proofs

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def rewards(count: int) -> list[Reward]:
    return [Reward(index, (ALICE, BOB)[index % 2], 10**18 + index) for index in range(count)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rewards"


# ------------------------------------------------------------------------- tree


def test_leaf__is_hashed_twice_over_the_abi_encoding() -> None:
    inner = keccak(encode(["uint256", "address", "uint256"], [3, BOB, 7]))
    assert Reward(3, BOB, 7).leaf == keccak(inner)


def test_root__one_reward__is_its_leaf() -> None:
    (reward,) = rewards(1)
    tree = RewardTree([reward])
    assert (tree.root, list(tree.proofs())) == ("0x" + reward.leaf.hex(), [ProvenReward(reward, ())])


def test_root__three_rewards__hashes_sorted_pairs_and_lifts_the_odd_one() -> None:
    first, second, third = (reward.leaf for reward in rewards(3))
    pair = keccak(b"".join(sorted((first, second))))
    assert RewardTree(rewards(3)).root == "0x" + keccak(b"".join(sorted((pair, third)))).hex()


@given(st.integers(min_value=1, max_value=40))
def test_proofs__any_size__each_leads_to_the_root(count: int) -> None:
    tree = RewardTree(rewards(count))
    assert [proven.root for proven in tree.proofs()] == [tree.root] * count


def test_proof__of_another_amount__leads_elsewhere() -> None:
    tree = RewardTree(rewards(5))
    proven = list(tree.proofs())[2]
    raised = Reward(proven.reward.index, proven.reward.shopper, proven.reward.amount + 1)
    assert ProvenReward(raised, proven.proof).root != tree.root


def test_total__is_the_sum_in_wei() -> None:
    assert RewardTree(rewards(3)).total == 3 * 10**18 + 3


def test_tree__no_rewards__raises() -> None:
    with pytest.raises(InvalidArgument, match="There are no rewards"):
        RewardTree([])


def test_tree__index_twice__raises() -> None:
    with pytest.raises(InvalidArgument, match="Reward 4 occurs twice"):
        RewardTree([Reward(4, ALICE, 1), Reward(4, BOB, 2)])


def test_tree__nothing_to_give__raises() -> None:
    with pytest.raises(InvalidArgument, match="Reward 0 has 0 wei"):
        RewardTree([Reward(0, ALICE, 0)])


# -------------------------------------------------------------------------- CSV


def test_read_csv__without_index__counts_rows_from_zero(file: Path) -> None:
    file.write_text(f"address,amount\n{ALICE},5\n{BOB},7\n")
    assert read_csv(file) == [Reward(0, ALICE, 5 * WEI_PER_FEC), Reward(1, BOB, 7 * WEI_PER_FEC)]


def test_read_csv__decimals__are_exact(file: Path) -> None:
    file.write_text(f'address,amount\n{ALICE},12.000000000000000001\n{BOB},"1,250.5"\n')
    assert [reward.amount for reward in read_csv(file)] == [12 * WEI_PER_FEC + 1, 2_501 * WEI_PER_FEC // 2]


def test_read_csv__amounts_in_wei__are_read_as_such(file: Path) -> None:
    file.write_text(f"address,amount_wei\n{ALICE},5\n{BOB},7\n")
    assert read_csv(file) == [Reward(0, ALICE, 5), Reward(1, BOB, 7)]


def test_read_csv__with_index__takes_it(file: Path) -> None:
    file.write_text(f"address,amount,index\n{ALICE},5,9\n{BOB},7,3\n")
    assert [reward.index for reward in read_csv(file)] == [9, 3]


def test_read_csv__from_a_spreadsheet__is_read(file: Path) -> None:
    file.write_bytes(f"\ufeffaddress, amount\r\n{ALICE.lower()}, 5\r\n".encode())
    assert read_csv(file) == [Reward(0, ALICE, 5 * WEI_PER_FEC)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be address,amount or address,amount,index"),
        (f"{ALICE},5\n", "must be address,amount or address,amount,index"),
        (f"address,amount,amount_wei\n{ALICE},5,5\n", "must be address,amount"),
        (f"address,amount_wei\n{ALICE},1.5\n", "line 2: '1.5' is not a whole number below 2\\^256"),
        (f"address,amount_wei\n{ALICE},{2**256}\n", f"line 2: '{2**256}' is not a whole number"),
        (f"address,amount\n{ALICE},5\n{BOB},1e18\n", "line 3: '1e18' is not an amount of FEC"),
        (f"address,amount\n{ALICE},-1\n", "line 2: '-1' is not an amount of FEC"),
        (f"address,amount\n{ALICE},0.{1:019}\n", "line 2: '0.0000000000000000001' has 19 decimals"),
        (f"address,amount\n{ALICE},{2**256}\n", f"line 2: '{str(2**256)[:58]}' … is more FEC than can exist"),
        (f"address,amount\n{ALICE}\n", "line 2: a row must have as many entries as the first line"),
        (f"address,amount\n{ALICE},1,2\n", "line 2: a row must have as many entries as the first line"),
        ("address,amount\nalice,1\n", "line 2: 'alice' is not an address"),
        (f"address,amount,index\n{ALICE},1,\n", "line 2: '' is not a whole number"),
    ],
)
def test_read_csv__malformed__names_the_line(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(InvalidArgument, match=message):
        read_csv(file)


# --------------------------------------------------------------- file of proofs


def test_write_proofs__read_again__are_the_same(file: Path) -> None:
    tree = RewardTree(rewards(5))
    write_proofs(tree, file)
    assert read_proofs(file) == list(tree.proofs())


def test_read_proofs__of_one_shopper__leaves_out_the_others(file: Path) -> None:
    write_proofs(RewardTree(rewards(5)), file)
    assert [proven.reward.index for proven in read_proofs(file, BOB)] == [1, 3]


def test_write_proofs__numbers__are_text(file: Path) -> None:
    write_proofs(RewardTree(rewards(1)), file)
    document = json.loads(file.read_text())
    assert (document["total"], document["rewards"][0]["amount"]) == (str(10**18), str(10**18))


def test_read_proofs__amount_changed__raises(file: Path) -> None:
    write_proofs(RewardTree(rewards(3)), file)
    document = json.loads(file.read_text())
    document["rewards"][1]["amount"] = "7"
    file.write_text(json.dumps(document))
    with pytest.raises(InvalidArgument, match="the proof of reward 1 does not match the root in the file"):
        read_proofs(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"root": "0x", "rewards": [{}]}', '{"root": "0x", "rewards": 1}'])
def test_read_proofs__something_else__raises(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(InvalidArgument, match="is not a file of proofs"):
        read_proofs(file)


def test_read_proofs__amount_as_number__raises(file: Path) -> None:
    write_proofs(RewardTree(rewards(1)), file)
    file.write_text(file.read_text().replace(f'"amount": "{10**18}"', f'"amount": {10**18}'))
    with pytest.raises(InvalidArgument, match="1000000000000000000 is not a whole number"):
        read_proofs(file)


def test_read_proofs__hash_not_hex__raises(file: Path) -> None:
    write_proofs(RewardTree(rewards(2)), file)
    document = json.loads(file.read_text())
    document["rewards"][0]["proof"] = ["0xzz"]
    file.write_text(json.dumps(document))
    with pytest.raises(InvalidArgument, match=r"is not a file of proofs\..*it has a value of the wrong type"):
        read_proofs(file)
