"""The record of what is deployed where: one JSON file a chain.

{"chainId": 31337, "contracts": {"FEC": {"address": …, "abi": […], "txHash": …, "blockNumber": …}, "ADN": …}}
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, TypedDict

from eth_utils.address import is_checksum_address

from fec.i18n import Message
from fec.i18n.errors import DeploymentExists, DeploymentInvalid, DeploymentMissing


class ContractRecord(TypedDict):
    """One deployed contract."""

    address: str
    abi: list[dict[str, Any]]
    txHash: str
    blockNumber: int


class Deployment(TypedDict):
    """All contracts of one chain, by name."""

    chainId: int
    contracts: dict[str, ContractRecord]


def path_for(chain_id: int, folder: Path) -> Path:
    """Where the record of a chain is kept in a folder."""
    return folder / f"{chain_id}.json"


def contract(deployment: Deployment, name: str) -> ContractRecord:
    """One contract's record. Raises DeploymentMissing if it is not in the deployment."""
    record = deployment["contracts"].get(name)
    if record is None:
        listed = ", ".join(sorted(deployment["contracts"])) or Message("nothing")
        raise DeploymentMissing(
            "The deployment on chain {chain_id} has no contract {name!r}, only {listed}. Choose the file "
            "of another deployment.",
            chain_id=deployment["chainId"],
            name=name,
            listed=listed,
        )
    return record


def read(path: Path) -> Deployment:
    """Reads and validates a deployments file.

    Raises DeploymentMissing if there is none, DeploymentInvalid if it is not one.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DeploymentMissing(
            "There is no deployments file {path}. Deploy first, or name the right file.", path=path
        ) from error
    except (ValueError, RecursionError) as error:
        raise DeploymentInvalid(
            "{path} is not JSON: {reason}. Correct the file, or deploy again.", path=path, reason=error
        ) from error
    return validate(document, str(path))


def write(deployment: Deployment, path: Path, *, overwrite: bool = False) -> None:
    """Writes a deployments file, whole or not at all.

    A record that is there already may be added to, as a resumed deployment does. Raises DeploymentExists if it would be
    changed or lost, unless `overwrite`; DeploymentInvalid if `deployment` is not valid.
    """
    validate(deployment, Message("the deployment"))
    if path.exists() and not overwrite:
        _refuse_loss(read(path), deployment, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w") as file:
        file.write(json.dumps(deployment, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _refuse_loss(before: Deployment, after: Deployment, path: Path) -> None:
    if before["chainId"] != after["chainId"]:
        raise DeploymentExists(
            "{path} records chain {chain_id}, not {other_chain_id}. Choose another file.",
            path=path,
            chain_id=before["chainId"],
            other_chain_id=after["chainId"],
        )
    lost = sorted(name for name, record in before["contracts"].items() if after["contracts"].get(name) != record)
    if lost:
        raise DeploymentExists(
            "{path} records another {names} on chain {chain_id}. Move the file away, choose another, or say "
            "explicitly that it is to be overwritten.",
            path=path,
            names=", ".join(lost),
            chain_id=before["chainId"],
        )


def validate(document: Any, source: str) -> Deployment:
    """Checks that a document read from `source` is a deployment. Raises DeploymentInvalid that says where it is not."""
    if not isinstance(document, dict) or not _is_count(document.get("chainId"), least=1):
        raise DeploymentInvalid(
            "{source}: `chainId` must be a positive integer. Correct the file, or deploy again.", source=source
        )
    contracts = document.get("contracts")
    if not isinstance(contracts, dict):
        raise DeploymentInvalid(
            "{source}: `contracts` must be an object of contracts by name. Correct the file, or deploy again.",
            source=source,
        )
    for name, record in contracts.items():
        _validate_record(record, Message("{source}: contract {name}", source=source, name=name))
    return Deployment(chainId=document["chainId"], contracts=contracts)


def _validate_record(record: Any, source: str) -> None:
    if not isinstance(record, dict):
        raise DeploymentInvalid("{source} must be an object. Correct the file, or deploy again.", source=source)
    if not is_checksum_address(record.get("address")):
        raise DeploymentInvalid(
            "{source}: `address` must be an address with its checksum, not {found!r}. Correct the file, "
            "or deploy again.",
            source=source,
            found=record.get("address"),
        )
    if not isinstance(record.get("abi"), list):
        raise DeploymentInvalid("{source}: `abi` must be a list. Correct the file, or deploy again.", source=source)
    if not _is_hash(record.get("txHash")):
        raise DeploymentInvalid(
            "{source}: `txHash` must be 32 bytes in hex, not {found!r}. Correct the file, or deploy again.",
            source=source,
            found=record.get("txHash"),
        )
    if not _is_count(record.get("blockNumber"), least=0):
        raise DeploymentInvalid(
            "{source}: `blockNumber` must be an integer, not {found!r}. Correct the file, or deploy again.",
            source=source,
            found=record.get("blockNumber"),
        )


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"0x[0-9a-f]{64}", value) is not None
