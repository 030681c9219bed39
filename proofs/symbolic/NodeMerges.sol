// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice One merge, from any state.
/// @custom:unknown libraries
contract NodeMerges is AnyNodes {
    /// @notice G2, G3, G4: a merge of two conserves, holds back what rounding would release, and is the owner's or their operator's.
    /// @custom:slow many paths
    function check_merge() external {
        uint256[] memory ids = new uint256[](2);
        ids[0] = svm.createUint256("first");
        ids[1] = ((ids[0] >> 136) << 136) | svm.createUint(136, "second");
        Seen memory a = _assumeFine(ids[0]);
        Seen memory b = _assumeFine(ids[1]);
        // The faces of nodes of one class fit the cap together (docs/reference/mathematics.md).
        vm.assume(_both(a.principal + b.principal <= cap, a.claimed + b.claimed <= cap));
        _assumeSuperadditive(ids[0], a.principal, b.principal);
        _watch(ids[0]);
        vm.assume(other != ids[1]);
        uint256 end = _periodEnd(ids[0]);
        address caller = svm.createAddress("caller");
        bool may = _either(caller == a.owner, adn.isApprovedForAll(a.owner, caller));
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.merge, (ids)))) return;
        assert(_all(may, ids[0] != ids[1], a.owner == b.owner));
        unchecked {
            // Together they have released as much as each by itself: what more their sum would release is held back.
            uint256 held = _released(ids[0], a.principal + b.principal) - a.released - b.released;
            assert(_both(held <= a.held + b.held + 1, held < SERIALS + SERIALS));
            Words memory words = _words(ids[0]);
            assert(words.state == _pack(a.owner, a.claimed + b.claimed, true));
            assert(uint96(words.resized) == uint96(a.principal + b.principal));
            assert(uint40(words.resized >> 96) == uint40(held == 0 ? 0 : end));
            assert(words.resized >> 136 == uint120(held));
            assert(_all(words.approval == 0, words.claimApproval == 0, a.owner != address(0)));
            words = _words(ids[1]);
            assert(_all(words.state == 1 << 255, words.approval == 0, words.claimApproval == 0));
            assert(_both(_either(!b.resized, words.resized == 0), _untouched(0)));
        }
    }

    /// @notice G3: nodes of different programs, periods or starts are never merged.
    function check_merge_unlike() external {
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (svm.createUint256("first"), svm.createUint256("second"));
        vm.assume(ids[0] >> 136 != ids[1] >> 136);
        assert(!_callAs(svm.createAddress("caller"), address(adn), abi.encodeCall(adn.merge, (ids))));
    }

    /// @dev When a node's period ends: after now, and no later than a period from now.
    function _periodEnd(uint256 id) private view returns (uint256) {
        (uint256 start, uint256 length) = (uint40(id >> 136), uint24(id >> 176));
        vm.assume(_all(length != 0, start <= time, time < (1 << 40) - (1 << 24)));
        unchecked {
            uint256 since = (time - start) % length;
            // A remainder is below its divisor, as Halmos does not know at first.
            vm.assume(since < length);
            return time + length - since;
        }
    }
}
