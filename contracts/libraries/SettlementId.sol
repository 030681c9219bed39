// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeId} from "./NodeId.sol";

/// @title Ids of settlements
/// @notice The id of a settlement says all of it but who owns what: the number of its nodes (24 bits), then, laid out as in a
/// token id, program, period length, start, the sum of all principals, and the first node's serial. Amounts in wei.
/// @dev So only the root of its tree has to be stored. Pure.
library SettlementId {
    uint256 private constant COUNT_SHIFT = 232;

    /// @notice Puts an id together. The count must fit: nothing is masked.
    /// @param count_ Number of nodes.
    /// @param batch_ Id of a node with the first serial and all principal.
    function pack(uint256 count_, uint256 batch_) internal pure returns (uint256 settlementId) {
        return (count_ << COUNT_SHIFT) | batch_;
    }

    function count(uint256 settlementId) internal pure returns (uint256) {
        return settlementId >> COUNT_SHIFT;
    }

    /// @notice Id of a node with the first serial and all principal, for {NodeId} to read.
    function batch(uint256 settlementId) internal pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast) -- what is below the count is meant
        return uint232(settlementId);
    }

    /// @notice Id of one of the nodes. Index and principal must fit: nothing is masked.
    function nodeAt(uint256 settlementId, uint256 index, uint256 principal) internal pure returns (uint256 tokenId) {
        uint256 first = batch(settlementId);
        unchecked {
            return NodeId.sibling(first, principal, NodeId.serial(first) + index);
        }
    }
}
