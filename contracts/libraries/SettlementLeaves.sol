// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN} from "../interfaces/IADN.sol";

/// @title Leaves of a settlement
/// @notice Packed in call data, 32 bytes each: owner (20), principal in wei (12). Pure.
library SettlementLeaves {
    uint256 internal constant LENGTH = 32;

    /// @notice Most leaves of a settlement: its id counts them in 24 bits.
    uint256 internal constant MOST = (1 << 24) - 1;

    /// @notice How many leaves so many bytes are. Reverts if they are none, too many, or the last one is cut off.
    function countOf(uint256 length) internal pure returns (uint256 count) {
        count = length / LENGTH;
        if (length % LENGTH != 0) revert IADN.ADN_LeafCutOff(length, LENGTH);
        if (count == 0) revert IADN.ADN_BatchTooShort(0, 1);
        if (count > MOST) revert IADN.ADN_BatchTooLong(count, MOST);
    }

    /// @notice One leaf. The index must be below the count: it is not checked.
    function leafAt(bytes calldata leaves, uint256 index) internal pure returns (address owner, uint256 principal) {
        uint256 leaf = uint256(bytes32(leaves[index * LENGTH:]));
        // forge-lint: disable-next-line(unsafe-typecast) -- the lower 96 bits are meant
        return (address(uint160(leaf >> 96)), uint96(leaf));
    }

    /// @notice Sum of the principals of all whole leaves in wei, whatever they are.
    function total(bytes calldata leaves) internal pure returns (uint256 sum) {
        uint256 count = leaves.length / LENGTH;
        // Principals have 96 bits, and no call data holds 2^160 of them. As in {SettlementTree}.
        // solhint-disable no-inline-assembly
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            let from := leaves.offset
            for { let end := add(from, shl(5, count)) } lt(from, end) { from := add(from, 0x20) } {
                sum := add(sum, and(calldataload(from), 0xffffffffffffffffffffffff))
            }
        }
        // solhint-enable no-inline-assembly
    }
}
