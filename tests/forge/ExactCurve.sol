// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReleaseCurve} from "../../contracts/libraries/ReleaseCurve.sol";

/// @title The curve in exact integers
/// @notice released(P, k) = floor(10·P · (21^k·20^(100−k) − 20^100) / (21^100 − 20^100)), by long division of integers of up to
/// 440 bits: none of the library's constants. Amounts in wei.
library ExactCurve {
    /// @dev An integer of 512 bits.
    struct Wide {
        uint256 high;
        uint256 low;
    }

    /// @dev Where the exact value lies less than 2^-23 above an integer, the contracts may be one wei late
    /// (docs/reference/mathematics.md), and are held to their own integer steps.
    uint256 private constant LATE = 1 << (256 - 23);

    /// @notice floor(w(k)·2^256) for k = 0 … 99.
    function weights() internal pure returns (uint256[100] memory w) {
        Wide memory divisor = _minus(_power(100), _power(0));
        for (uint256 k = 1; k < 100; ++k) {
            Wide memory rest = _minus(_power(k), _power(0));
            for (uint256 bit = 0; bit < 256; ++bit) {
                rest = _times(rest, 2);
                w[k] <<= 1;
                if (!_less(rest, divisor)) {
                    rest = _minus(rest, divisor);
                    ++w[k];
                }
            }
        }
    }

    /// @notice The exact floor of what is released, from `weight` = {weights}[k], and how far the value is above it, times 2^256.
    function released(uint256 principal, uint256 weight) internal pure returns (uint256 whole, uint256 fraction) {
        uint256 face = 10 * principal;
        uint256 product = mulmod(face, weight, type(uint256).max);
        unchecked {
            fraction = face * weight;
            whole = product - fraction - (product < fraction ? 1 : 0);
        }
        // The weight was cut off: the exact value is up to face·2^-256 higher. That must not be a matter of one wei.
        require(fraction < type(uint256).max - face, "ambiguous");
    }

    /// @notice What the contracts are to release: the exact floor, or the wei less that the documents allow, where they do.
    function releasedByContracts(uint256 principal, uint256 weight, uint256 k) internal pure returns (uint256 amount) {
        uint256 fraction;
        (amount, fraction) = released(principal, weight);
        if (fraction >= LATE) return amount;
        uint256 steps = ReleaseCurve.releasedDown(principal, ReleaseCurve.growthDown(k));
        require(steps == amount || steps + 1 == amount, "more than a wei late");
        return steps;
    }

    /// @dev 21^k · 20^(100−k).
    function _power(uint256 k) private pure returns (Wide memory x) {
        x.low = 1;
        for (uint256 i = 0; i < 100; ++i) {
            x = _times(x, i < k ? 21 : 20);
        }
    }

    function _times(Wide memory x, uint256 factor) private pure returns (Wide memory) {
        uint256 carry = (x.low >> 128) * factor + (((x.low & type(uint128).max) * factor) >> 128);
        unchecked {
            return Wide({high: x.high * factor + (carry >> 128), low: x.low * factor});
        }
    }

    function _minus(Wide memory x, Wide memory y) private pure returns (Wide memory) {
        unchecked {
            return Wide({high: x.high - y.high - (x.low < y.low ? 1 : 0), low: x.low - y.low});
        }
    }

    function _less(Wide memory x, Wide memory y) private pure returns (bool) {
        return x.high < y.high || (x.high == y.high && x.low < y.low);
    }
}
