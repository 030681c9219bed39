// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Shares of which nothing is known
/// @notice Stands in for `contracts/libraries/ClaimedShare.sol` where a proof is about what a split books. As `ReleaseCurve.sol` beside it:
/// equal questions get equal answers, and what a proof needs to know besides, it assumes out of what `proofs/splits.py` proves.
library ClaimedShare {
    function ofPart(uint256 claimed, uint256 part, uint256 principal, uint256 released, uint256 later)
        internal
        pure
        returns (uint256 share)
    {
        return uint256(keccak256(abi.encode(claimed, part, principal, released, later))) >> 160;
    }
}
