// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A curve of which nothing is known
/// @notice Stands in for `contracts/libraries/ReleaseCurve.sol` where a proof is about what contracts do with the curve, not about
/// the curve. Equal questions get equal answers; that is all. What a proof needs to know besides, it assumes by name, out of
/// what is proven of the real curve (`Curve.sol`, `proofs/curve.py`).
/// @dev Halmos knows nothing of a hash but that equal inputs give equal outputs, and that the lowest 160 bits of the outputs
/// differ for different inputs. The highest 96 bits, which are used here, are free.
library ReleaseCurve {
    uint256 internal constant PERIODS = 100;
    uint256 internal constant FACE_MULTIPLE = 10;

    function periodsElapsed(uint256 start, uint256 periodLength, uint256 timestamp) internal pure returns (uint256 k) {
        return uint256(keccak256(abi.encode(start, periodLength, timestamp))) >> 160;
    }

    function growthDown(uint256 k) internal pure returns (uint256 growth) {
        return k;
    }

    function releasedDown(uint256 principal, uint256 growth) internal pure returns (uint256 released) {
        return uint256(keccak256(abi.encode(principal, growth))) >> 160;
    }
}
