// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What changes in the life of a node, in one storage word, from the lowest bit: owner (160), claimed in wei (95),
/// and whether a split or merge gave the node another principal than its id says (1). Zero: never minted. Owner zero but
/// not zero: merged into another node.
/// @dev A face is at most the cap of FEC, which is below 2^95, so the claimed amount cannot spill over.
type NodeState is uint256;

using NodeStateLib for NodeState global;

/// @title Packing of node states
/// @notice Pure: takes words, returns words.
library NodeStateLib {
    uint256 private constant OWNER_MASK = type(uint160).max;
    uint256 private constant CLAIMED_SHIFT = 160;
    uint256 private constant CLAIMED_MASK = (1 << 95) - 1;
    uint256 private constant RESIZED = 1 << 255;

    /// @notice What stays of a node that was merged into another.
    NodeState internal constant MERGED = NodeState.wrap(RESIZED);

    function pack(address owner_, uint256 claimed_, bool resized_) internal pure returns (NodeState) {
        uint256 word = uint160(owner_) | (claimed_ << CLAIMED_SHIFT);
        return NodeState.wrap(resized_ ? word | RESIZED : word);
    }

    function owner(NodeState state) internal pure returns (address) {
        return address(uint160(NodeState.unwrap(state)));
    }

    function claimed(NodeState state) internal pure returns (uint256) {
        return (NodeState.unwrap(state) >> CLAIMED_SHIFT) & CLAIMED_MASK;
    }

    function resized(NodeState state) internal pure returns (bool) {
        return NodeState.unwrap(state) >= RESIZED;
    }

    /// @notice Whether such a node was ever minted.
    function exists(NodeState state) internal pure returns (bool) {
        return NodeState.unwrap(state) != 0;
    }

    /// @notice The same node with another owner.
    function withOwner(NodeState state, address owner_) internal pure returns (NodeState) {
        return NodeState.wrap((NodeState.unwrap(state) & ~OWNER_MASK) | uint160(owner_));
    }

    /// @notice The same node after `amount` wei more were claimed.
    function addClaimed(NodeState state, uint256 amount) internal pure returns (NodeState) {
        unchecked {
            return NodeState.wrap(NodeState.unwrap(state) + (amount << CLAIMED_SHIFT));
        }
    }
}
