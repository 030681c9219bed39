"""The record of what is deployed where."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from fec.chain import deployments
from fec.chain.deployments import ContractRecord, Deployment
from fec.i18n.errors import DeploymentExists, DeploymentInvalid, DeploymentMissing


def record(address: str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266") -> ContractRecord:
    return ContractRecord(address=address, abi=[], txHash="0x" + "ab" * 32, blockNumber=1)


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(chainId=31337, contracts={"FEC": record()})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return deployments.path_for(31337, tmp_path / "deployments")


def test_path_for__a_chain__is_named_after_its_id(tmp_path: Path) -> None:
    assert deployments.path_for(11155111, tmp_path) == tmp_path / "11155111.json"


def test_write__new_file__is_read_back(deployment: Deployment, path: Path) -> None:
    deployments.write(deployment, path)
    assert deployments.read(path) == deployment


def test_write__nothing_else__is_left_in_the_folder(deployment: Deployment, path: Path) -> None:
    deployments.write(deployment, path)
    assert list(path.parent.iterdir()) == [path]


def test_write__another_address__refuses(deployment: Deployment, path: Path) -> None:
    deployments.write(deployment, path)
    other = Deployment(chainId=31337, contracts={"FEC": record("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")})
    with pytest.raises(DeploymentExists, match="records another FEC on chain 31337"):
        deployments.write(other, path)
    assert deployments.read(path) == deployment


def test_write__contract_left_out__refuses(deployment: Deployment, path: Path) -> None:
    deployments.write(deployment, path)
    with pytest.raises(DeploymentExists, match="records another FEC on chain 31337"):
        deployments.write(Deployment(chainId=31337, contracts={}), path)


def test_write__another_chain__refuses(deployment: Deployment, path: Path) -> None:
    deployments.write(deployment, path)
    with pytest.raises(DeploymentExists, match="records chain 31337, not 1"):
        deployments.write(Deployment(chainId=1, contracts=deployment["contracts"]), path)


def test_write__contract_added__keeps_the_others(deployment: Deployment, path: Path) -> None:
    deployments.write(deployment, path)
    more = Deployment(chainId=31337, contracts={**deployment["contracts"], "ADN": record()})
    deployments.write(more, path)
    assert deployments.read(path) == more


def test_write__told_to_overwrite__does(deployment: Deployment, path: Path) -> None:
    deployments.write(deployment, path)
    other = Deployment(chainId=1, contracts={})
    deployments.write(other, path, overwrite=True)
    assert deployments.read(path) == other


def test_read__no_file__raises(path: Path) -> None:
    with pytest.raises(DeploymentMissing, match=f"no deployments file {path}"):
        deployments.read(path)


def test_read__not_json__raises(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text("{")
    with pytest.raises(DeploymentInvalid, match=f"{path} is not JSON"):
        deployments.read(path)


@pytest.mark.parametrize(
    ("keys", "value", "complaint"),
    [
        ((), [], "`chainId` must be a positive integer"),
        (("chainId",), "1", "`chainId` must be a positive integer"),
        (("chainId",), True, "`chainId` must be a positive integer"),
        (("chainId",), 0, "`chainId` must be a positive integer"),
        (("contracts",), [], "`contracts` must be an object"),
        (("contracts", "FEC"), 5, "contract FEC must be an object"),
        (("contracts", "FEC", "address"), "0x12", "`address` must be an address"),
        (("contracts", "FEC", "address"), "0xf39fd6e51aad88f6f4ce6ab8827279cffFb92266", "`address` must be an address"),
        (("contracts", "FEC", "address"), None, "`address` must be an address"),
        (("contracts", "FEC", "abi"), {}, "`abi` must be a list"),
        (("contracts", "FEC", "txHash"), "0x12", "`txHash` must be 32 bytes"),
        (("contracts", "FEC", "blockNumber"), -1, "`blockNumber` must be an integer"),
    ],
)
def test_read__malformed__says_where(
    deployment: Deployment, tmp_path: Path, keys: tuple[str, ...], value: Any, complaint: str
) -> None:
    document: Any = {"": deepcopy(deployment)}
    place = document
    path_to_value = ("", *keys)
    for key in path_to_value[:-1]:
        place = place[key]
    place[path_to_value[-1]] = value
    path = tmp_path / "31337.json"
    path.write_text(json.dumps(document[""]))
    with pytest.raises(DeploymentInvalid, match=complaint):
        deployments.read(path)


def test_contract__not_recorded__raises(deployment: Deployment) -> None:
    with pytest.raises(DeploymentMissing, match="has no contract 'ADN', only FEC"):
        deployments.contract(deployment, "ADN")
