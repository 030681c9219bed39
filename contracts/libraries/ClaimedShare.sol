// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Who takes along what was claimed when a node is split
/// @notice Pure arithmetic.
/// @dev However a node is split, its parts have together no more released or paid, whichever is more, than it had. `proofs/splits.py`
/// proves what that takes of these statements, which it reads from here; the rest is that parts never release more than the whole.
library ClaimedShare {
    /// @notice Share of what was claimed that goes with one part: in proportion to principal, but at most what the part has
    /// released, and enough that the others need not hold more than they have released.
    /// @param claimed What was claimed of all that is left to divide, in wei.
    /// @param part Principal of the part, in wei, not zero.
    /// @param principal Principal of all that is left to divide, this part included, in wei.
    /// @param released What the part has released, in wei.
    /// @param later What all that is left to divide has released but for this part, in wei.
    /// @return share In wei.
    function ofPart(uint256 claimed, uint256 part, uint256 principal, uint256 released, uint256 later)
        internal
        pure
        returns (uint256 share)
    {
        share = (claimed * part) / principal;
        if (share + later < claimed) share = claimed - later;
        if (share > released) share = released;
    }
}
