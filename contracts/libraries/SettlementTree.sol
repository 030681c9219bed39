// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {SettlementLeaves} from "./SettlementLeaves.sol";

/// @title The Merkle tree of a settlement
/// @notice A leaf's hash is keccak256(tokenId ‖ owner), 52 bytes. An inner node's is keccak256(left ‖ right), 64 bytes, by
/// position. An odd last node is carried up unchanged. Pure.
/// @dev No inner node is a leaf: they are hashes of other lengths. With leaves of 64 bytes a hash can be found by trying that
/// reads as a token id of our program with a huge principal, and the inner node above it then passes for a leaf. A proof has
/// exactly the length that index and count give, for the same reason.
library SettlementTree {
    // Thousands are hashed in one call. Solidity's own way copies each before, and checks each place: a third more gas.
    // solhint-disable no-inline-assembly

    /// @notice Hash of a leaf.
    function hashLeaf(uint256 tokenId, address owner) internal pure returns (bytes32 hash) {
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            mstore(0x00, tokenId)
            mstore(0x20, shl(96, owner))
            hash := keccak256(0x00, 52)
        }
    }

    /// @notice Hashes of leaves that stand in call data (see {SettlementLeaves}), and the sum of their principals in wei.
    /// @param leaves The leaves; what is behind the last whole one is left out.
    /// @param firstId Token id of the first leaf, with zero for its principal. Serials must not run out of their bits.
    /// @param least Least principal of a leaf, in wei.
    /// @return hashes In the order of the leaves.
    /// @return total Sum of all principals.
    /// @return sound Whether each leaf has an owner and the least principal.
    function hashLeaves(bytes calldata leaves, uint256 firstId, uint256 least)
        internal
        pure
        returns (bytes32[] memory hashes, uint256 total, bool sound)
    {
        uint256 count = leaves.length / SettlementLeaves.LENGTH;
        hashes = new bytes32[](count);
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            let refused := 0
            // The id of each but for its principal.
            let id := firstId
            let from := leaves.offset
            let shift := sub(add(hashes, 0x20), from)
            for { let end := add(from, shl(5, count)) } lt(from, end) { from := add(from, 0x20) } {
                let leaf := calldataload(from)
                let principal := and(leaf, 0xffffffffffffffffffffffff)
                // Without an owner the leaf is its principal.
                refused := or(refused, or(eq(leaf, principal), lt(principal, least)))
                total := add(total, principal)
                mstore(0x00, or(id, shl(40, principal)))
                // The owner is the first 20 bytes of the leaf.
                mstore(0x20, leaf)
                mstore(add(from, shift), keccak256(0x00, 52))
                id := add(id, 1)
            }
            sound := iszero(refused)
        }
    }

    /// @notice Root over hashes of leaves, of which there must be one at least. Overwrites them.
    function root(bytes32[] memory hashes) internal pure returns (bytes32) {
        unchecked {
            for (uint256 width = hashes.length; width > 1; width = (width + 1) / 2) {
                // Each pair is hashed where it stands, and takes the place of its parent.
                // slither-disable-next-line assembly
                assembly ("memory-safe") {
                    let from := add(hashes, 0x20)
                    let to := from
                    for { let end := add(to, shl(5, shr(1, width))) } lt(to, end) { to := add(to, 0x20) } {
                        mstore(to, keccak256(from, 0x40))
                        from := add(from, 0x40)
                    }
                }
                if (width % 2 == 1) hashes[width / 2] = hashes[width - 1];
            }
        }
        return hashes[0];
    }

    // solhint-enable no-inline-assembly

    /// @notice Whether a leaf stands at a place of a tree.
    /// @param root_ Root of the tree.
    /// @param hash Hash of the leaf.
    /// @param index Place of the leaf, from 0; below the count.
    /// @param count Number of leaves of the tree; not zero.
    /// @param proof Hashes beside the way up, from the lowest. Where a node is carried up unchanged there is none.
    function proves(bytes32 root_, bytes32 hash, uint256 index, uint256 count, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        uint256 used = 0;
        unchecked {
            for (uint256 last = count - 1; last != 0; last /= 2) {
                // The last of an odd number is carried up.
                if (index != last || index % 2 == 1) {
                    if (used == proof.length) return false;
                    bytes32 sibling = proof[used++];
                    hash = index % 2 == 0
                        ? Hashes.efficientKeccak256(hash, sibling)
                        : Hashes.efficientKeccak256(sibling, hash);
                }
                index /= 2;
            }
        }
        return used == proof.length && hash == root_;
    }
}
