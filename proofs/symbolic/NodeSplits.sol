// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimedShare} from "../../contracts/libraries/ClaimedShare.sol";
import {AnyNodes} from "./AnyNodes.sol";

/// @notice One split, from any state.
/// @custom:unknown libraries
contract NodeSplits is AnyNodes {
    /// @dev A split of one part as it is asked for: what the part and the rest have released, and the part's share of what was claimed.
    struct Split {
        uint256 id;
        uint256 newId;
        uint256 part;
        uint256 released;
        uint256 later;
        uint256 share;
    }

    /// @notice G1, G2, G4: a split is the owner's or their operator's; part and rest have the principal and the claims of the whole;
    /// one more serial of the program is used up, and no quota.
    function check_split_books() external {
        (Split memory split, Seen memory node) = _any();
        Words memory before = _words(split.id);
        _watch(split.id);
        vm.assume(other != split.newId);
        uint256 least = adn.MIN_SPLIT_PRINCIPAL();
        uint256 program = _word(address(adn), split.id >> 200, PROGRAMS_SLOT, 0);
        uint256 budget = adn.budget();
        address caller = svm.createAddress("caller");
        bool may = _either(caller == node.owner, adn.isApprovedForAll(node.owner, caller));
        if (!_callAs(caller, address(adn), _call(split))) return;
        unchecked {
            assert(_both(may, node.owner != address(0)));
            uint256 rest = node.principal - split.part;
            assert(_all(split.part >= least, rest >= least, rest < node.principal));
            Words memory words = _words(split.newId);
            assert(_both(split.share <= node.claimed, words.state == _pack(node.owner, split.share, false)));
            assert(_all(words.resized == 0, words.approval == 0, words.claimApproval == 0));
            words = _words(split.id);
            assert(words.state == _pack(node.owner, node.claimed - split.share, true));
            assert(_both(uint96(words.resized) == rest, words.resized >> 96 == before.resized >> 96));
            assert(_both(words.approval == before.approval, words.claimApproval == before.claimApproval));
            // From the lowest bit, a program's first word is quota (96), minted (40), and what a split leaves alone.
            assert(_word(address(adn), split.id >> 200, PROGRAMS_SLOT, 0) == program + (1 << 96));
            assert(_both(adn.budget() == budget, _untouched(0)));
        }
    }

    /// @notice G3: a split makes nothing claimable, and puts what stays ahead by a wei at most.
    /// @custom:slow many paths
    function check_split_never_early() external {
        (Split memory split, Seen memory node) = _any();
        _assumeSuperadditive(split.id, split.part, node.principal - split.part);
        // Proven in integers: `splits.share_within`, and of `splits.parts_never_early` the part that concerns what stays.
        unchecked {
            vm.assume(_both(split.share <= node.claimed, split.share <= split.released));
            uint256 stays = node.claimed - split.share;
            vm.assume(_either(stays <= split.later, stays + split.released <= node.claimed));
        }
        if (!_callAs(svm.createAddress("caller"), address(adn), _call(split))) return;
        unchecked {
            (Seen memory rest, Seen memory off) = (_look(split.id), _look(split.newId));
            assert(_both(off.claimed <= off.released, off.held == 0));
            assert(_both(rest.held == node.held, rest.released <= _released(split.id, rest.principal)));
            // Whichever is more, what is released or what was paid, is let go of.
            assert(_either(rest.released + off.released <= node.released, rest.released + off.released <= node.claimed));
            assert(_either(rest.claimed + off.released <= node.released, rest.claimed + off.released <= node.claimed));
            uint256 ahead = node.claimed > node.released ? node.claimed - node.released : 0;
            assert(_either(rest.claimed <= rest.released, rest.claimed <= rest.released + ahead + 1));
        }
    }

    /// @notice G2: no part as large as the node, or larger, is split off it.
    function check_split_whole() external {
        (uint256 id, uint256 part) = (svm.createUint256("id"), svm.createUint256("part"));
        vm.assume(part >= _look(id).principal);
        uint256[] memory parts = new uint256[](1);
        parts[0] = part;
        assert(!_callAs(svm.createAddress("caller"), address(adn), abi.encodeCall(adn.split, (id, parts))));
    }

    /// @dev Some node, and one part to be split off it, smaller than the node (`check_split_whole`).
    function _any() private returns (Split memory split, Seen memory node) {
        split.id = svm.createUint256("id");
        split.part = svm.createUint(96, "part");
        node = _assumeFine(split.id);
        vm.assume(split.part < node.principal);
        uint256 minted = uint40(_word(address(adn), split.id >> 200, PROGRAMS_SLOT, 0) >> 96);
        split.newId = ((split.id >> 136) << 136) | (split.part << 40) | (minted + 1);
        unchecked {
            split.released = _released(split.id, split.part);
            split.later = _released(split.id, node.principal - split.part) - node.held;
        }
        split.share = ClaimedShare.ofPart(node.claimed, split.part, node.principal, split.released, split.later);
        // Serials beyond those minted are unused. A node that was not resized has no word that says how.
        Words memory unused = _words(split.newId);
        vm.assume(_both(uint40(split.id) <= minted, minted < SERIALS - 1));
        vm.assume(_all(unused.state == 0, unused.resized == 0, unused.approval == 0, unused.claimApproval == 0));
        vm.assume(_either(node.resized, _words(split.id).resized == 0));
    }

    function _call(Split memory split) private view returns (bytes memory) {
        uint256[] memory parts = new uint256[](1);
        parts[0] = split.part;
        return abi.encodeCall(adn.split, (split.id, parts));
    }
}
