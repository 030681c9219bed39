"""Deploying, and checking what is deployed."""

from copy import deepcopy

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deploy import CONTRACTS, DeploySettings, deploy, verify
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.i18n.errors import DeploymentMissing, LimitExceeded, VerificationFailed, WrongNetwork
from fec.protocol import abi


def address(deployment: Deployment, name: str) -> str:
    return deployment["contracts"][name]["address"]


def test_deploy__default_terms__are_those_of_the_design(owner: Client) -> None:
    figures = owner.figures()
    assert (figures.cap, figures.supply, figures.outstanding, figures.burned) == (
        10_000_000_000 * WEI_PER_FEC,
        1_000_000_000 * WEI_PER_FEC,
        0,
        0,
    )
    assert figures.budget + owner.programs.get(1).quota == 1_000_000_000 * WEI_PER_FEC


def test_deploy__other_terms__are_taken(chain: Anvil, accounts: list[LocalAccount]) -> None:
    terms = DeploySettings(accounts[3].address, accounts[4].address, cap=1000, genesis_supply=100, public_quota=40)
    client = Client(chain.web3, deploy(chain.web3, accounts[0], terms))
    figures = client.figures()
    assert (figures.cap, figures.genesis_supply, figures.budget) == (1000, 100, 60)
    assert client.balance(accounts[4].address) == 100
    assert client.programs.get(1).operator == accounts[3].address


def test_deploy__record__is_valid_and_names_the_transaction(chain: Anvil, deployment: Deployment) -> None:
    deployments.validate(deployment, "the record")
    assert set(deployment["contracts"]) == set(CONTRACTS)
    record = deployment["contracts"]["ADN"]
    receipt = chain.web3.eth.get_transaction_receipt(Web3.to_bytes(hexstr=record["txHash"]))
    assert (receipt["contractAddress"], receipt["blockNumber"]) == (record["address"], record["blockNumber"])


def test_deploy__unlocked_address__needs_no_key(chain: Anvil) -> None:
    verify(chain.web3, deploy(chain.web3, chain.web3.eth.accounts[5]))


def test_deploy__all_done_before__sends_nothing(
    chain: Anvil, deployment: Deployment, accounts: list[LocalAccount]
) -> None:
    before = chain.web3.eth.block_number
    assert deploy(chain.web3, accounts[0], done=deployment) == deployment
    assert chain.web3.eth.block_number == before


def test_deploy__done_on_another_chain__raises(
    chain: Anvil, deployment: Deployment, accounts: list[LocalAccount]
) -> None:
    elsewhere = Deployment(chainId=1, contracts=deployment["contracts"])
    with pytest.raises(WrongNetwork) as caught:
        deploy(chain.web3, accounts[0], done=elsewhere)
    assert (caught.value.expected, caught.value.actual) == (1, 31337)


def test_deploy__progress__is_told_each_step(chain: Anvil, accounts: list[LocalAccount]) -> None:
    told: list[Deployment] = []
    assert deploy(chain.web3, accounts[0], progress=told.append) == told[-1]


def test_deploy__public_quota_above_budget__is_refused(chain: Anvil, accounts: list[LocalAccount]) -> None:
    me = accounts[0].address
    before = chain.web3.eth.block_number
    with pytest.raises(LimitExceeded) as caught:
        deploy(chain.web3, accounts[0], DeploySettings(me, me, cap=1000, genesis_supply=100, public_quota=101))
    assert (caught.value.name, caught.value.values) == ("ADN_BudgetExceeded", {"asked": 101, "left": 100})
    assert chain.web3.eth.block_number == before


def test_deploy__cap_above_95_bits__is_refused(chain: Anvil, accounts: list[LocalAccount]) -> None:
    me = accounts[0].address
    with pytest.raises(LimitExceeded) as caught:
        deploy(chain.web3, accounts[0], DeploySettings(me, me, cap=2**95))
    assert (caught.value.name, caught.value.values) == ("FEC_CapTooHigh", {"cap": 2**95, "most": 2**95 - 1})


def test_verify__as_deployed__says_what_was_checked(chain: Anvil, deployment: Deployment) -> None:
    assert "FEC: its minter is ADN" in verify(chain.web3, deployment)


def test_verify__after_use__still_holds(alice: Client, deployment: Deployment) -> None:
    alice.nodes.mint(1, WEI_PER_FEC)
    assert "supply + outstanding = genesis + 9 · burned" in verify(alice.web3, deployment)


def test_verify__one_byte_differs__names_the_contract(chain: Anvil, deployment: Deployment) -> None:
    code = bytearray.fromhex(abi.load("FEC")["deployedBytecode"].removeprefix("0x"))
    code[0] ^= 1
    chain.request("anvil_setCode", address(deployment, "FEC"), "0x" + code.hex())
    with pytest.raises(VerificationFailed, match=r"do not hold: FEC: its code is what was compiled\. Do not use it"):
        verify(chain.web3, deployment)


def test_verify__no_code__names_the_contract(chain: Anvil, deployment: Deployment) -> None:
    chain.request("anvil_setCode", address(deployment, "ADN"), "0x")
    with pytest.raises(VerificationFailed, match=r"do not hold: ADN: its code is what was compiled\. Do not use it"):
        verify(chain.web3, deployment)


def test_verify__coupon_of_another_deployment__names_the_wiring(
    chain: Anvil, deployment: Deployment, accounts: list[LocalAccount]
) -> None:
    mixed = deepcopy(deployment)
    mixed["contracts"]["FEC"] = deploy(chain.web3, accounts[0])["contracts"]["FEC"]
    with pytest.raises(VerificationFailed, match="do not hold: FEC: its minter is ADN; ADN: its coupon is FEC"):
        verify(chain.web3, mixed)


def test_verify__another_chain__raises(chain: Anvil, deployment: Deployment) -> None:
    with pytest.raises(WrongNetwork, match="This chain has id 31337, but the deployment is on chain 5"):
        verify(chain.web3, Deployment(chainId=5, contracts=deployment["contracts"]))


def test_verify__contract_not_recorded__raises(chain: Anvil, deployment: Deployment) -> None:
    partial = Deployment(chainId=31337, contracts={"ADN": deployment["contracts"]["ADN"]})
    with pytest.raises(DeploymentMissing, match="has no contract 'FEC', only ADN"):
        verify(chain.web3, partial)


def test_deploy__evm_without_mcopy__sends_nothing() -> None:
    with Anvil(hardfork="shanghai") as chain:
        with pytest.raises(VerificationFailed, match="lacks the instruction MCOPY"):
            deploy(chain.web3, chain.accounts[0])
        assert chain.web3.eth.block_number == 0
        assert chain.web3.eth.get_transaction_count(chain.accounts[0].address, "pending") == 0


def test_verify__deployed_where_mcopy_is_missing__says_so(deployment: Deployment) -> None:
    with Anvil(hardfork="shanghai") as chain:
        for record in deployment["contracts"].values():
            chain.request("anvil_setCode", record["address"], "0x00")
        with pytest.raises(VerificationFailed, match="the chain's EVM has MCOPY"):
            verify(chain.web3, deployment)
