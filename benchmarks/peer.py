"""A peer on the same chain: Sablier Lockup, deployed from the artifacts in its npm packages, streaming FEC.

As in production: the comptroller behind its proxy, the libraries linked. More kindly than in production: no fee is set.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_typing import ChecksumAddress, HexStr
from web3 import Web3

from benchmarks.lab import MEASURED_PERIOD, PERIOD, PRINCIPAL, Call, Lab, Scenario
from benchmarks.settlements import leaves
from fec.core.curve import FACE_MULTIPLE, PERIODS, released

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".build" / "peers"
NAME = "Sablier Lockup"
TEN = 10
FACE = PRINCIPAL * FACE_MULTIPLE  # wei, what each stream pays in all
SHAPE = "compound"  # a label that streams carry


@dataclass(frozen=True)
class Package:
    """A pinned npm package; `sha512` in base64, as npm's `dist.integrity` gives it."""

    name: str
    version: str
    sha512: str

    @property
    def tarball(self) -> Path:
        """Where `npm pack` puts it."""
        return CACHE / f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"

    def artifact(self, path: str) -> dict[str, Any]:
        """A file of the package's `artifacts` folder. Raises RuntimeError as `file`."""
        artifact: dict[str, Any] = json.loads(self.file(f"artifacts/{path}.json"))
        return artifact

    def file(self, path: str) -> str:
        """The text of a file of the package, fetched if need be. Raises RuntimeError unless it is the pinned one."""
        if not self.tarball.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            npm = shutil.which("npm")
            if npm is None:
                raise RuntimeError(f"npm is needed to fetch {self.name}; run `make setup`")
            command = [npm, "pack", "--silent", f"{self.name}@{self.version}"]
            done = subprocess.run(command, cwd=CACHE, check=False, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
        found = base64.b64encode(hashlib.sha512(self.tarball.read_bytes()).digest()).decode()
        if found != self.sha512:
            self.tarball.unlink()
            raise RuntimeError(
                f"{self.tarball.name}: SHA-512 was {found}, pinned is {self.sha512}; the file is removed"
            )
        with tarfile.open(self.tarball) as tar:
            member = tar.extractfile(f"package/{path}")
            if member is None:
                raise RuntimeError(f"{self.tarball.name}: no file {path}")
            return member.read().decode()


LOCKUP = Package(
    name="@sablier/lockup",
    version="4.0.1",
    sha512="jEWd1RqcYpjFx9X5SCju9Aqlge+R5zSxb+7K2jYt7wtytTQmUzIRN+q4UadMcJMSmskHU+6mf9lDfkng9Bgjrw==",
)
UTILS = Package(
    name="@sablier/evm-utils",
    version="2.0.1",
    sha512="LRyCMKTHMbnUbiTTO1IGsCVXzl+KL63K3qSjynwmXOZhUfPDE0MIqvvRlvF34JukWGy60IkdmnsPD0lWk+fzuw==",
)

CREATE = "(address,address,uint128,address,bool,bool,(uint40,uint40),string)"
CREATE_TRANCHED = f"createWithTimestampsLT({CREATE},(uint128,uint40)[])"
CREATE_LINEAR = f"createWithTimestampsLL({CREATE},(uint128,uint128),uint40,uint40)"
BATCHES = "Sablier BatchLockup"
CREATE_MANY = (
    "createWithTimestampsLL(address,address,"
    "(address,address,uint128,bool,bool,(uint40,uint40),uint40,(uint128,uint128),uint40,string)[])"
)
#: As many streams as fit into a transaction of 16,000,000 gas, and a few less.
MANY = 60


def deploy(lab: Lab) -> None:
    """Deploys the peer and lets it move the merchant's FEC."""
    comptroller = _deploy(lab, UTILS.artifact("SablierComptroller"), lab.owner)
    initialize = lab.web3.eth.contract(abi=UTILS.artifact("SablierComptroller")["abi"]).encode_abi(
        "initialize", [lab.owner, 0, 0, 0, 0, Web3.to_checksum_address("0x" + "00" * 20)]
    )
    proxy = _deploy(lab, UTILS.artifact("ERC1967Proxy"), comptroller, initialize)
    libraries = {name: _deploy(lab, LOCKUP.artifact(f"libraries/{name}")) for name in ("LockupHelpers", "LockupMath")}
    artifact = LOCKUP.artifact("SablierLockup")
    descriptor = _deploy(lab, LOCKUP.artifact("LockupNFTDescriptor"))
    address = _deploy(lab, artifact, proxy, descriptor, libraries=libraries)
    lab.contracts[NAME] = lab.web3.eth.contract(address=address, abi=artifact["abi"])
    lab.send(lab.fec("approve", (address, 2**256 - 1), lab.merchant))
    artifact = LOCKUP.artifact("SablierBatchLockup")
    batches = _deploy(lab, artifact)
    lab.contracts[BATCHES] = lab.web3.eth.contract(address=batches, abi=artifact["abi"])
    lab.send(lab.fec("approve", (batches, 2**256 - 1), lab.merchant))


def _deploy(
    lab: Lab, artifact: dict[str, Any], *args: Any, libraries: dict[str, ChecksumAddress] | None = None
) -> ChecksumAddress:
    bytecode = artifact["bytecode"]["object"].removeprefix("0x")
    for references in artifact["bytecode"]["linkReferences"].values():
        for name, places in references.items():
            for place in places:
                start, end = 2 * place["start"], 2 * (place["start"] + place["length"])
                bytecode = bytecode[:start] + (libraries or {})[name][2:].lower() + bytecode[end:]
    contract = lab.web3.eth.contract(abi=artifact["abi"], bytecode=HexStr("0x" + bytecode))
    receipt = lab.send_data(contract.constructor(*args).data_in_transaction, lab.owner, None, "deployment of the peer")
    address: ChecksumAddress = receipt["contractAddress"]
    return address


def _create(lab: Lab) -> tuple[Any, ...]:
    """What both kinds of stream share: as long as a node minted at the same time, not cancelable, transferable."""
    fec = lab.contracts["FEC"].address
    period = (lab.start, lab.start + PERIODS * PERIOD)
    return (lab.merchant, lab.alice, FACE, fec, False, True, period, SHAPE)


def create_tranched(lab: Lab, _: int) -> Call:
    """With the node's own curve: a tranche for each period."""
    tranches = [
        (released(PRINCIPAL, k) - released(PRINCIPAL, k - 1), lab.start + k * PERIOD) for k in range(1, PERIODS + 1)
    ]
    return Call(NAME, CREATE_TRANCHED, (_create(lab), tranches), lab.merchant)


def create_linear(lab: Lab, _: int) -> Call:
    """A straight line instead of a curve."""
    return Call(NAME, CREATE_LINEAR, (_create(lab), (0, 0), 1, 0), lab.merchant)


def withdraw_tranched(lab: Lab, _: int) -> Call:
    """Everything released by the period that nodes are measured in."""
    lab.send(create_tranched(lab, 0))
    lab.to_period(lab.period + MEASURED_PERIOD)
    return Call(
        NAME, "withdraw(uint256,address,uint128)", (1, lab.alice, released(PRINCIPAL, MEASURED_PERIOD)), lab.alice
    )


def withdraw_linear(lab: Lab, _: int) -> Call:
    """The same share of the time."""
    lab.send(create_linear(lab, 0))
    lab.to_period(lab.period + MEASURED_PERIOD)
    amount = FACE * MEASURED_PERIOD // PERIODS
    return Call(NAME, "withdraw(uint256,address,uint128)", (1, lab.alice, amount), lab.alice)


def create_many(lab: Lab, count: int) -> Call:
    """Linear streams to accounts that hold none, of random sums, all in one call."""
    period = (lab.start, lab.start + PERIODS * PERIOD)
    streams = [
        (lab.merchant, leaf.owner, FACE_MULTIPLE * leaf.principal, False, True, period, 0, (0, 0), 1, SHAPE)
        for leaf in leaves(count)
    ]
    fec, lockup = lab.contracts["FEC"].address, lab.contracts[NAME].address
    return Call(BATCHES, CREATE_MANY, (lockup, fec, streams), lab.merchant)


def withdraw_many(lab: Lab, count: int) -> Call:
    """From tranched streams, each of which a transaction created."""
    for _ in range(count):
        lab.send(create_tranched(lab, 0))
    lab.to_period(lab.period + MEASURED_PERIOD)
    amounts = [released(PRINCIPAL, MEASURED_PERIOD)] * count
    args = (list(range(1, count + 1)), amounts)
    return Call(NAME, "withdrawMultiple(uint256[],uint128[])", args, lab.alice)


def create_tranched_repeat(lab: Lab, _: int) -> Call:
    """A second stream to the same account."""
    lab.send(create_tranched(lab, 0))
    return create_tranched(lab, 0)


def create_linear_repeat(lab: Lab, _: int) -> Call:
    """A second stream to the same account."""
    lab.send(create_linear(lab, 0))
    return create_linear(lab, 0)


SCENARIOS = (
    Scenario("100 tranches, receiver's first", create_tranched, peer_of="ADN.mint: receiver's first node"),
    Scenario("100 tranches, receiver holds one", create_tranched_repeat, peer_of="ADN.mint: receiver holds a node"),
    Scenario("linear, receiver's first", create_linear, peer_of="ADN.mint: receiver's first node"),
    Scenario("linear, receiver holds one", create_linear_repeat, peer_of="ADN.mint: receiver holds a node"),
    Scenario("100 tranches, period 37", withdraw_tranched, peer_of="ADN.claim: first"),
    Scenario("linear, period 37", withdraw_linear, peer_of="ADN.claim: first"),
    Scenario("linear", create_many, (MANY,), unit="stream", shared=True, peer_of="ADN.settle: 1000 sales"),
    Scenario("100 tranches, period 37", withdraw_many, (TEN,), unit="stream", peer_of="ADN.claimTo: 10 nodes, first"),
)
