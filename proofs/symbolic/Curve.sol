// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReleaseCurve} from "../../contracts/libraries/ReleaseCurve.sol";

/// @notice The release curve, for every principal below 2^96 wei and every period.
/// @dev `unchecked` keeps the compiler's own overflow tests, which no solver answers, out of the queries. It hides nothing:
/// growth is below 2^132 by {check_growth}, 10·P below 2^100, so every product here is below 2^232. Claims are joined
/// without a branch where each branch would cost a hundred queries more, and compared rather than subtracted: a subtraction
/// that might wrap is beyond the solvers.
contract CurveChecks {
    uint256 private constant PERIODS = 100;
    uint256 private constant FACE_MULTIPLE = 10;

    /// @notice growth(k) never falls from a period to the next, is below 2^132, and stays at growth(100) beyond period 100.
    function check_growth(uint256 k) external pure {
        uint256 growth = ReleaseCurve.growthDown(k);
        uint256 full = ReleaseCurve.growthDown(PERIODS);
        assert(growth <= full && full < 1 << 132);
        assert(k < PERIODS || growth == full);
        assert(k >= PERIODS || growth <= ReleaseCurve.growthDown(k + 1));
    }

    /// @notice From period 100 on exactly the face, 10·P, is released.
    function check_face(uint96 principal, uint256 k) external pure {
        unchecked {
            if (k >= PERIODS) assert(_released(principal, k) == principal * FACE_MULTIPLE);
        }
    }

    /// @notice Nothing is released before the first period has passed.
    function check_start(uint96 principal) external pure {
        assert(_released(principal, 0) == 0);
    }

    /// @notice released is the floor of 10·P·growth(k) / growth(100), for each k: neither 1 wei more nor 1 wei less.
    /// @custom:slow a query for each of 101 periods
    function check_floor(uint96 principal, uint256 k) external pure {
        unchecked {
            uint256 released = _released(principal, k);
            uint256 full = ReleaseCurve.growthDown(PERIODS);
            uint256 product = principal * FACE_MULTIPLE * ReleaseCurve.growthDown(k);
            bool floor = _both(released * full <= product, product < (released + 1) * full);
            assert(_both(floor, released <= principal * FACE_MULTIPLE));
        }
    }

    /// @notice Released never falls from a period to the next.
    /// @custom:slow a query for each of 101 periods
    function check_non_decreasing(uint96 principal, uint8 k) external pure {
        unchecked {
            assert(_released(principal, k) <= _released(principal, uint256(k) + 1));
        }
    }

    /// @notice Two parts never release more than the whole, and at most 1 wei less.
    /// @custom:slow a query for each of 101 periods
    function check_superadditive(uint96 a, uint96 b, uint8 k) external pure {
        unchecked {
            if (uint256(a) + b >= 1 << 96) return;
            uint256 parts = _released(a, k) + _released(b, k);
            uint256 whole = _released(uint256(a) + b, k);
            assert(_both(parts <= whole, whole <= parts + 1));
        }
    }

    function _released(uint256 principal, uint256 k) private pure returns (uint256) {
        return ReleaseCurve.releasedDown(principal, ReleaseCurve.growthDown(k));
    }

    function _both(bool one, bool other) private pure returns (bool both) {
        assembly ("memory-safe") {
            both := and(one, other)
        }
    }
}
