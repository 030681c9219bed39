// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ADN} from "../../contracts/ADN.sol";
import {FEC} from "../../contracts/FEC.sol";
import {ReleaseCurve} from "../../contracts/libraries/ReleaseCurve.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title The node contract and its coupon, in any state
/// @notice All of their storage, the cap, the genesis supply and the time are symbols.
abstract contract AnyNodes is Symbolic {
    /// @dev A node as its storage words say. `released` is net of `held`, what a merge holds back now.
    struct Seen {
        address owner;
        uint256 principal;
        uint256 claimed;
        uint256 held;
        uint256 released;
        bool resized;
    }

    /// @dev The words of a node, and who is approved for it.
    struct Words {
        uint256 state;
        uint256 resized;
        uint256 approval;
        uint256 claimApproval;
    }

    ADN internal adn;
    FEC internal fec;
    uint256 internal time;
    uint256 internal cap;
    uint256 internal genesis;

    // What was there before the call.
    uint256 internal supply;
    uint256 internal burned;
    uint256 internal other;
    Words internal watched;

    address private constant HOLDER = address(2);
    uint256 private constant PUBLIC_PROGRAM = 1;
    uint256 private constant PROGRAM_WORDS = 3;

    // As `contracts.lock.json` has them.
    uint256 internal constant OWNER_SLOT = 0;
    uint256 internal constant PROGRAM_COUNT_SLOT = 2;
    uint256 internal constant BUDGET_SLOT = 3;
    uint256 internal constant PROGRAMS_SLOT = 4;
    uint256 internal constant ROOTS_SLOT = 5;
    uint256 internal constant BALANCES_SLOT = 17;
    uint256 internal constant APPROVALS_SLOT = 10;
    uint256 internal constant NODES_SLOT = 15;
    uint256 internal constant RESIZED_SLOT = 16;
    uint256 internal constant CLAIM_APPROVALS_SLOT = 18;
    uint256 private constant SUPPLY_SLOT = 10;
    uint256 private constant COINS_SLOT = 11;

    /// @dev What a split or merge can at most put a node ahead of its curve, or hold back, within a period: a wei for each serial
    /// of its program, and those have 40 bits. Each period releases more than that (`curve.every_period_pays`).
    uint256 internal constant SERIALS = 1 << 40;

    function setUp() public {
        cap = svm.createUint(95, "cap");
        genesis = svm.createUint(95, "genesis");
        vm.assume(genesis <= cap);
        vm.warp(4 days);
        adn = ADN(_deploy(_nodeContract(), abi.encode(address(1), HOLDER, cap, genesis, 0)));
        fec = FEC(address(adn.fec()));
        svm.enableSymbolicStorage(address(adn));
        svm.enableSymbolicStorage(address(fec));
        _forget(address(adn), OWNER_SLOT);
        _forget(address(adn), PROGRAM_COUNT_SLOT);
        _forget(address(adn), BUDGET_SLOT);
        for (uint256 i = 0; i < PROGRAM_WORDS; ++i) {
            _forget(address(adn), PUBLIC_PROGRAM, PROGRAMS_SLOT, i);
        }
        _forget(address(fec), SUPPLY_SLOT);
        _forget(address(fec), uint160(HOLDER), COINS_SLOT, 0);
        _more();
        time = svm.createUint(40, "time");
        vm.warp(time);
        supply = fec.totalSupply();
        burned = fec.totalBurned();
    }

    /// @dev The artifact of the node contract.
    function _nodeContract() internal pure virtual returns (string memory) {
        return "ADN.sol:ADN";
    }

    /// @dev Deploys what a check needs besides.
    // solhint-disable-next-line no-empty-blocks
    function _more() internal virtual {}

    /// @dev Chooses a node that the call is not about, and keeps what it looks like.
    function _watch(uint256 id) internal {
        other = svm.createUint256("other");
        vm.assume(other != id);
        watched = _words(other);
    }

    /// @dev Whether that node is as it was, and so are the totals but for `made` coins. The supply, checked against the cap, is kept in
    /// 128 bits; to compare in as many is what solvers do at once.
    function _untouched(uint256 made) internal view returns (bool) {
        unchecked {
            return _all(
                _same(watched, _words(other)), fec.totalSupply() == uint128(supply + made), fec.totalBurned() == burned
            );
        }
    }

    /// @dev A node's words.
    function _words(uint256 id) internal view returns (Words memory) {
        return Words({
            state: _word(address(adn), id, NODES_SLOT, 0),
            resized: _word(address(adn), id, RESIZED_SLOT, 0),
            approval: uint160(_word(address(adn), id, APPROVALS_SLOT, 0)),
            claimApproval: uint160(_word(address(adn), id, CLAIM_APPROVALS_SLOT, 0))
        });
    }

    function _same(Words memory a, Words memory b) internal pure returns (bool) {
        return
            _all(
                a.state == b.state, a.resized == b.resized, a.approval == b.approval, a.claimApproval == b.claimApproval
            );
    }

    function _quotaAndMinted(uint256 programId) internal view returns (uint256 quota, uint256 minted) {
        uint256 word = _word(address(adn), programId, PROGRAMS_SLOT, 0);
        return (uint96(word), uint40(word >> 96));
    }

    /// @dev The id of the next node of a program: born at the boundary of its grid at or before now.
    function _nextOf(uint256 programId, uint256 amount, uint256 minted) internal view returns (uint256 id) {
        uint256 word = _word(address(adn), programId, PROGRAMS_SLOT, 0);
        (uint256 origin, uint256 length) = (uint40(word >> 136), uint24(word >> 176));
        vm.assume(_both(origin <= time, length != 0));
        unchecked {
            uint256 since = (time - origin) % length;
            // A remainder is below its divisor and no more than what is divided, as Halmos does not know at first.
            vm.assume(_both(since < length, since <= time - origin));
            return (programId << 200) | (length << 176) | ((time - since) << 136) | (amount << 40) | (minted + 1);
        }
    }

    /// @dev Reads a node out of its words. From the lowest bit, `resized` is principal (96), heldUntil (40), held (120).
    function _look(uint256 id) internal view returns (Seen memory seen) {
        uint256 state = _word(address(adn), id, NODES_SLOT, 0);
        (seen.owner, seen.claimed, seen.resized) = (address(uint160(state)), (state << 1) >> 161, state >> 255 != 0);
        seen.principal = uint96(id >> 40);
        if (seen.resized) {
            uint256 resized = _word(address(adn), id, RESIZED_SLOT, 0);
            seen.principal = uint96(resized);
            if (time < uint40(resized >> 96)) seen.held = resized >> 136;
        }
        unchecked {
            seen.released = _released(id, seen.principal) - seen.held;
        }
    }

    /// @dev The word of a node: from the lowest bit owner (160), claimed (95), resized (1).
    function _pack(address owner, uint256 claimed, bool resized) internal pure returns (uint256) {
        uint256 word = (claimed << 160) | uint160(owner);
        return resized ? word | (1 << 255) : word;
    }

    /// @dev What the curve says now, for a node of the class of `id`.
    function _released(uint256 id, uint256 principal) internal view returns (uint256) {
        uint256 k = ReleaseCurve.periodsElapsed(uint40(id >> 136), uint24(id >> 176), time);
        return ReleaseCurve.releasedDown(principal, ReleaseCurve.growthDown(k));
    }

    /// @dev Assumes what {_fine} says, and, as is proven of the curve (`check_non_decreasing`, `check_face`), that no more than the
    /// face is released. A face fits the cap.
    function _assumeFine(uint256 id) internal view returns (Seen memory seen) {
        seen = _look(id);
        vm.assume(_both(_released(id, seen.principal) <= cap, _fine(id, seen)));
    }

    /// @dev Proven: the parts release at most what the whole does, and at most 1 wei less (`check_superadditive`).
    function _assumeSuperadditive(uint256 id, uint256 a, uint256 b) internal view {
        unchecked {
            uint256 parts = _released(id, a) + _released(id, b);
            uint256 whole = _released(id, a + b);
            vm.assume(_both(parts <= whole, whole <= parts + 1));
        }
    }

    /// @dev The invariant of a node: what a merge holds back it has released, and is less than a wei a serial, and is held for no
    /// longer than a period; it has been paid no more than its face, and no more than released but for a wei a serial.
    function _fine(uint256 id, Seen memory seen) internal view returns (bool) {
        unchecked {
            uint256 heldUntil = uint40(_word(address(adn), id, RESIZED_SLOT, 0) >> 96);
            bool held = _all(
                seen.released <= _released(id, seen.principal),
                seen.held < SERIALS,
                _either(seen.held == 0, heldUntil <= time + uint24(id >> 176))
            );
            return _all(held, seen.claimed <= cap, seen.claimed < seen.released + SERIALS);
        }
    }
}
