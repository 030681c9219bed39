// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The compound release curve
/// @notice Pure arithmetic: how much of a node's face has been released after `k` of its 100 periods.
/// @dev With principal `P` in wei and face `10·P`, the exact rule is
///
///     released(P, k) = floor(10·P · (1.05^k − 1) / (1.05^100 − 1)),   k = min(100, periods elapsed)
///
/// 1.05^k is the product of the constants 1.05^(2^i) over the set bits i of k, in Q124 (124 fractional bits).
/// 1.05^99 < 2^7, so the widest product has 7 + 2·124 = 255 bits and cannot overflow.
///
/// Rounding. Each constant and each product is rounded down and the denominator is rounded up, so the result is never
/// above the exact value: never early. For P < 2^96 the accumulated error is below 2^-23 wei before the last floor, so
/// the result is never more than 1 wei below the exact floor. `tests/unit/test_curve.py` proves both for all 101 k in
/// exact rationals. At k = 100 the growth equals the denominator, so the face is released to the wei.
/// The result is linear in P under one floor, hence released(a, k) + released(b, k) ≤ released(a + b, k).
library ReleaseCurve {
    /// @notice Number of periods over which a node pays back.
    uint256 internal constant PERIODS = 100;

    /// @notice Face of a node as a multiple of its principal.
    uint256 internal constant FACE_MULTIPLE = 10;

    /// @dev 1 in Q124.
    uint256 private constant ONE = 1 << 124;

    /// @dev floor((21/20)^(2^i) · 2^124) for i = 0 … 6.
    uint256 private constant GROWTH_1 = 0x10cccccccccccccccccccccccccccccc;
    uint256 private constant GROWTH_2 = 0x11a3d70a3d70a3d70a3d70a3d70a3d70;
    uint256 private constant GROWTH_4 = 0x1372b6ae7d566cf41f212d77318fc504;
    uint256 private constant GROWTH_8 = 0x17a3a851c5f064ac7cf61fd760cf78a3;
    uint256 private constant GROWTH_16 = 0x22ed0de785eb021916950fdc089b5923;
    uint256 private constant GROWTH_32 = 0x4c3d3343f01b6ad5ed5c5b29fdaea3d5;
    uint256 private constant GROWTH_64 = 0x16b46511cf34d8326b0087f23e10214e3;

    /// @dev ceil(((21/20)^100 − 1) · 2^124): the growth over all periods.
    uint256 private constant FULL_GROWTH = 0x8280526f28bc9a968bbd9a3a354a7258e;

    /// @notice Number of whole periods that have passed.
    /// @param start Beginning of the first period, in seconds since the epoch.
    /// @param periodLength Length of a period in seconds, not zero.
    /// @param timestamp Moment asked for, in seconds since the epoch.
    /// @return k min(100, floor((timestamp − start) / periodLength)), and 0 before `start`.
    function periodsElapsed(uint256 start, uint256 periodLength, uint256 timestamp) internal pure returns (uint256 k) {
        if (timestamp < start) return 0;
        unchecked {
            k = (timestamp - start) / periodLength;
        }
        if (k > PERIODS) k = PERIODS;
    }

    /// @notice Growth of the curve after `k` periods, to be shared by all nodes that stand at the same period.
    /// @param k Number of periods elapsed; 100 and above mean all.
    /// @return growth 1.05^k − 1 in Q124, rounded down; for k ≥ 100 the denominator of the curve itself.
    function growthDown(uint256 k) internal pure returns (uint256 growth) {
        if (k >= PERIODS) return FULL_GROWTH;
        growth = ONE;
        unchecked {
            if (k & 1 != 0) growth = GROWTH_1;
            if (k & 2 != 0) growth = (growth * GROWTH_2) >> 124;
            if (k & 4 != 0) growth = (growth * GROWTH_4) >> 124;
            if (k & 8 != 0) growth = (growth * GROWTH_8) >> 124;
            if (k & 16 != 0) growth = (growth * GROWTH_16) >> 124;
            if (k & 32 != 0) growth = (growth * GROWTH_32) >> 124;
            if (k & 64 != 0) growth = (growth * GROWTH_64) >> 124;
            growth -= ONE;
        }
    }

    /// @notice Part of the face that has been released at a growth.
    /// @param principal Principal in wei, below 2^96.
    /// @param growth Result of {growthDown}.
    /// @return released Released amount in wei, rounded down.
    function releasedDown(uint256 principal, uint256 growth) internal pure returns (uint256 released) {
        unchecked {
            released = (principal * FACE_MULTIPLE * growth) / FULL_GROWTH;
        }
    }
}
