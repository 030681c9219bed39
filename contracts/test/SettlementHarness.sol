// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SettlementId} from "../libraries/SettlementId.sol";
import {SettlementLeaves} from "../libraries/SettlementLeaves.sol";
import {SettlementTree} from "../libraries/SettlementTree.sol";

/// @notice Exposes the libraries of settlements to tests. Never deployed.
contract SettlementHarness {
    function countOf(uint256 length) external pure returns (uint256) {
        return SettlementLeaves.countOf(length);
    }

    function leafAt(bytes calldata leaves, uint256 index) external pure returns (address owner, uint256 principal) {
        return SettlementLeaves.leafAt(leaves, index);
    }

    function total(bytes calldata leaves) external pure returns (uint256) {
        return SettlementLeaves.total(leaves);
    }

    function hashLeaf(uint256 tokenId, address owner) external pure returns (bytes32) {
        return SettlementTree.hashLeaf(tokenId, owner);
    }

    function hashLeaves(bytes calldata leaves, uint256 firstId, uint256 least)
        external
        pure
        returns (bytes32[] memory hashes, uint256 total_, bool sound)
    {
        return SettlementTree.hashLeaves(leaves, firstId, least);
    }

    // They are overwritten.
    // solhint-disable-next-line gas-calldata-parameters
    function root(bytes32[] memory hashes) external pure returns (bytes32) {
        return SettlementTree.root(hashes);
    }

    function proves(bytes32 root_, bytes32 hash, uint256 index, uint256 count, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return SettlementTree.proves(root_, hash, index, count, proof);
    }

    function pack(uint256 count, uint256 batch) external pure returns (uint256) {
        return SettlementId.pack(count, batch);
    }

    function nodeAt(uint256 settlementId, uint256 index, uint256 principal) external pure returns (uint256) {
        return SettlementId.nodeAt(settlementId, index, principal);
    }
}
