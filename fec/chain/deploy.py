"""Deploys the contracts, and checks that what is on a chain is what was compiled and is wired as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from web3 import Web3
from web3.contract.contract import Contract
from web3.exceptions import ContractLogicError, Web3RPCError
from web3.types import TxReceipt

from fec.chain import deployments
from fec.chain.deployments import ContractRecord, Deployment
from fec.chain.passkeys import passkey_gas
from fec.chain.rpc import clear_errors
from fec.chain.sender import Sender
from fec.core.amounts import WEI_PER_FEC
from fec.core.curve import FACE_MULTIPLE
from fec.i18n import Message
from fec.i18n.errors import VerificationFailed, WrongNetwork
from fec.protocol import abi

PUBLIC_PROGRAM = 1

#: Code for an eth_call without a recipient: PUSH0 PUSH0 PUSH0 MCOPY, then one that returns 32 bytes. And without MCOPY.
_MCOPY_PROBE = HexStr("0x5f5f5f5e60015f5260205ff3")
_PROBE = HexStr("0x600160005260206000f3")


@dataclass(frozen=True)
class DeploySettings:
    """What a deployment is made with. Amounts in wei."""

    owner: str
    """Who admits programs and grants quotas."""
    genesis_holder: str
    """Who gets the genesis supply."""
    cap: int = 10_000_000_000 * WEI_PER_FEC
    """The most FEC that may ever exist."""
    genesis_supply: int = 1_000_000_000 * WEI_PER_FEC
    """FEC to create at deployment."""
    public_quota: int = 100_000_000 * WEI_PER_FEC
    """Principal that may be burned in program 1, the public one."""


Addresses = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One transaction that creates a contract."""

    name: str
    """The contract."""
    arguments: Callable[[DeploySettings, Addresses], Sequence[Any]]
    """Its constructor's arguments, from the terms and the addresses of the contracts of earlier steps."""
    children: Mapping[str, str]
    """Contracts that its constructor creates in turn: the getter of the address, by name."""


STEPS = (
    Step(
        name="ADN",
        arguments=lambda terms, _: [
            terms.owner,
            terms.genesis_holder,
            terms.cap,
            terms.genesis_supply,
            terms.public_quota,
        ],
        children={"FEC": "fec", "NodeMetadata": "metadata"},
    ),
    Step(name="Checkout", arguments=lambda _, addresses: [addresses["ADN"]], children={}),
    Step(
        name="Custodian",
        arguments=lambda _, addresses: [addresses["Checkout"]],
        children={"MemberVault": "vaultImplementation", "PasskeyVerifier": "passkeyVerifier"},
    ),
    Step(name="Relay", arguments=lambda _, addresses: [addresses["Custodian"]], children={}),
)

#: All contracts of a deployment.
CONTRACTS = tuple(name for step in STEPS for name in (step.name, *step.children))


def deploy(
    web3: Web3,
    signer: LocalAccount | str,
    terms: DeploySettings | None = None,
    *,
    done: Deployment | None = None,
    progress: Callable[[Deployment], object] | None = None,
) -> Deployment:
    """Deploys all contracts and returns their record.

    `terms` default to the default amounts, with the signer as owner and holder of the genesis supply. Steps found in
    `done` are not taken again; `progress` gets the record after each step, to be kept for that. Raises what
    `Sender.send` raises, and WrongNetwork if `done` is of another chain.
    """
    sender = Sender(web3, signer)
    terms = terms or DeploySettings(owner=sender.address, genesis_holder=sender.address)
    with clear_errors():
        chain_id = web3.eth.chain_id
    if done is not None and done["chainId"] != chain_id:
        raise WrongNetwork(done["chainId"], chain_id)
    if not has_mcopy(web3):
        raise VerificationFailed(
            "This chain's EVM lacks the instruction MCOPY (EIP-5656, Ethereum since Cancun), so that nodes could not "
            "be shown there. Nothing was sent. Choose a chain that has it."
        )
    records = dict(done["contracts"]) if done else {}
    for step in STEPS:
        if step.name in records:
            continue
        addresses = {name: record["address"] for name, record in records.items()}
        artifact = abi.load(step.name)
        factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        with clear_errors():
            constructor = factory.constructor(*step.arguments(terms, addresses))
        receipt = sender.send(constructor)
        records |= created(web3, step, receipt)
        if progress is not None:
            progress(Deployment(chainId=chain_id, contracts=dict(records)))
    return Deployment(chainId=chain_id, contracts=records)


def has_mcopy(web3: Web3) -> bool:
    """Whether a chain's EVM has the instruction MCOPY. Everything deploys without it, but `tokenURI` fails.

    Raises RPCUnreachable, RPCFailed.
    """
    with clear_errors():
        try:
            answer = web3.eth.call({"data": _MCOPY_PROBE})
        except (ContractLogicError, Web3RPCError):
            # The same without the instruction tells a chain that lacks it from an endpoint that runs no such call.
            web3.eth.call({"data": _PROBE})
            return False
    return bool(answer)


def created(web3: Web3, step: Step, receipt: TxReceipt) -> dict[str, ContractRecord]:
    """Records of the contracts that a step's transaction created, from its receipt."""
    address = str(receipt["contractAddress"])
    contract = web3.eth.contract(address=Web3.to_checksum_address(address), abi=abi.load(step.name)["abi"])
    with clear_errors():
        children = {name: str(contract.functions[getter]().call()) for name, getter in step.children.items()}
    return {
        name: ContractRecord(
            address=found,
            abi=abi.load(name)["abi"],
            txHash=receipt["transactionHash"].to_0x_hex(),
            blockNumber=receipt["blockNumber"],
        )
        for name, found in {step.name: address, **children}.items()
    }


def verify(web3: Web3, deployment: Deployment) -> list[Message]:
    """Checks a deployment against the artifacts of this package and its wiring; returns what was checked, in words.

    Raises WrongNetwork, DeploymentMissing if a contract is not recorded, or VerificationFailed with all that is wrong.
    """
    with clear_errors():
        if web3.eth.chain_id != deployment["chainId"]:
            raise WrongNetwork(deployment["chainId"], web3.eth.chain_id)
        checks = {
            Message("{name}: its code is what was compiled", name=name): _code_matches(web3, deployment, name)
            for name in CONTRACTS
        }
        checks[Message("the chain's EVM has MCOPY, which tokenURI needs")] = has_mcopy(web3)
        checks[Message("{gas:number} gas to check a passkey's signature here", gas=passkey_gas(web3))] = True
        if all(checks.values()):
            fec, adn = _at(web3, deployment, "FEC"), _at(web3, deployment, "ADN")
            checks |= _wiring(fec, adn, _at(web3, deployment, "NodeMetadata"))
            checkout, custodian = _at(web3, deployment, "Checkout"), _at(web3, deployment, "Custodian")
            checks |= _checkout_wiring(fec, adn, checkout, custodian)
            checks |= _relay_wiring(adn, checkout, custodian, _at(web3, deployment, "Relay"))
            checks |= _custody_wiring(web3, deployment, custodian)
    wrong = [check for check, holds in checks.items() if not holds]
    if wrong:
        raise VerificationFailed(
            "The deployment is not as it should be. These do not hold: {checks}. Do not use it. Deploy again.",
            checks=wrong,
        )
    return list(checks)


def _at(web3: Web3, deployment: Deployment, name: str) -> Contract:
    address = deployments.contract(deployment, name)["address"]
    return web3.eth.contract(address=Web3.to_checksum_address(address), abi=abi.load(name)["abi"])


def _code_matches(web3: Web3, deployment: Deployment, name: str) -> bool:
    """Whether the code on the chain is the compiled one, but for the immutables that the constructor filled in."""
    artifact = abi.load(name)
    expected = bytes.fromhex(artifact["deployedBytecode"].removeprefix("0x"))
    address = deployments.contract(deployment, name)["address"]
    actual = bytearray(web3.eth.get_code(Web3.to_checksum_address(address)))
    for start, length in artifact["immutableReferences"]:
        actual[start : start + length] = expected[start : start + length]
    return bytes(actual) == expected


def _wiring(fec: Contract, adn: Contract, metadata: Contract) -> dict[Message, bool]:
    cap = fec.functions.cap().call()
    genesis = fec.functions.genesisSupply().call()
    burned = fec.functions.totalBurned().call()
    supply = fec.functions.totalSupply().call()
    outstanding = adn.functions.outstanding().call()
    return {
        Message("FEC: its minter is ADN"): fec.functions.minter().call() == adn.address,
        Message("ADN: its coupon is FEC"): adn.functions.fec().call() == fec.address,
        Message("ADN: NodeMetadata writes its metadata"): adn.functions.metadata().call() == metadata.address,
        Message("FEC: genesis supply ≤ cap"): genesis <= cap,
        Message("ADN: budget ≤ (cap − genesis)/9"): adn.functions.budget().call()
        <= (cap - genesis) // (FACE_MULTIPLE - 1),
        Message("ADN: program 1 is public"): int(adn.functions.programOf(PUBLIC_PROGRAM).call()[1], 16) == 0,
        Message("G1: supply + outstanding ≤ cap"): supply + outstanding <= cap,
        Message("supply + outstanding = genesis + 9 · burned"): supply + outstanding
        == genesis + (FACE_MULTIPLE - 1) * burned,
    }


def _checkout_wiring(fec: Contract, adn: Contract, checkout: Contract, custodian: Contract) -> dict[Message, bool]:
    checks = {
        Message("{name}: its nodes are ADN, its coupon is FEC", name=name): contract.functions.adn().call()
        == adn.address
        and contract.functions.fec().call() == fec.address
        for name, contract in (("Checkout", checkout), ("Custodian", custodian))
    }
    return {
        **checks,
        Message("Custodian: its Checkout is the deployed one"): custodian.functions.checkout().call()
        == checkout.address,
    }


def _custody_wiring(web3: Web3, deployment: Deployment, custodian: Contract) -> dict[Message, bool]:
    made = (custodian.functions.vaultImplementation(), custodian.functions.passkeyVerifier())
    return {
        Message("Custodian: its vaults and its verifier of passkeys are the deployed ones"): [
            each.call() for each in made
        ]
        == [_at(web3, deployment, name).address for name in ("MemberVault", "PasskeyVerifier")]
    }


def _relay_wiring(adn: Contract, checkout: Contract, custodian: Contract, relay: Contract) -> dict[Message, bool]:
    targets = (relay.functions.adn(), relay.functions.checkout(), relay.functions.custodian())
    return {
        Message("Relay: it calls the deployed contracts"): [target.call() for target in targets]
        == [adn.address, checkout.address, custodian.address]
    }
