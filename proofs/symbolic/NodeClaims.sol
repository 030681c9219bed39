// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Claims, from any state. That a node of 95 bits of claims cannot spill over is part of what is proven.
/// @custom:unknown ReleaseCurve.sol
contract NodeClaims is AnyNodes {
    /// @notice G2, G4: a claim by owner or approved pays exactly what is released and unpaid, and touches nothing else.
    function check_claim() external {
        uint256 id = svm.createUint256("id");
        address caller = svm.createAddress("caller");
        Seen memory node = _assumeFine(id);
        Words memory words = _words(id);
        _watch(id);
        uint256 balance = fec.balanceOf(caller);
        bool may = _either(caller == node.owner, _mayClaim(id, node.owner, caller));
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.claim, (id)))) return;
        assert(_all(may, node.owner != address(0), node.claimed < node.released));
        words.state = _pack(node.owner, node.released, node.resized);
        unchecked {
            uint256 paid = node.released - node.claimed;
            assert(_same(words, _words(id)));
            assert(_both(fec.balanceOf(caller) - balance == paid, _untouched(paid)));
        }
    }

    /// @notice G1: a claim of the owner's cannot fail while something is released and unpaid.
    /// @custom:slow its witness compiles everything again
    function check_claim_succeeds() external {
        uint256 id = svm.createUint256("id");
        Seen memory node = _assumeFine(id);
        vm.assume(_both(node.owner != address(0), node.claimed < node.released));
        unchecked {
            // G1 before the claim: what the node still owes is part of what is outstanding.
            uint256 due = node.released - node.claimed;
            vm.assume(_all(supply <= cap, due <= cap, supply + due <= cap));
        }
        assert(_callAs(node.owner, address(adn), abi.encodeCall(adn.claim, (id))));
    }

    /// @notice G2, G4: anybody may make two nodes pay, but it is their owners who are paid, what is released and unpaid.
    /// @custom:slow many paths
    function check_claimFor() external {
        uint256[] memory ids = _two();
        Seen memory a = _assumeFine(ids[0]);
        Seen memory b = _assumeFine(ids[1]);
        vm.assume(_both(ids[0] != ids[1], _both(a.owner != address(0), b.owner != address(0))));
        _watch(ids[0]);
        vm.assume(other != ids[1]);
        address payee = svm.createAddress("payee");
        uint256 balance = fec.balanceOf(payee);
        if (!_callAs(svm.createAddress("caller"), address(adn), abi.encodeCall(adn.claimFor, (ids)))) return;
        uint256 duePayee = 0;
        uint256 due = 0;
        unchecked {
            if (a.released > a.claimed) {
                due = a.released - a.claimed;
                if (a.owner == payee) duePayee = due;
                a.claimed = a.released;
            }
            if (b.released > b.claimed) {
                due += b.released - b.claimed;
                if (b.owner == payee) duePayee += b.released - b.claimed;
                b.claimed = b.released;
            }
            assert(_words(ids[0]).state == _pack(a.owner, a.claimed, a.resized));
            assert(_words(ids[1]).state == _pack(b.owner, b.claimed, b.resized));
            assert(_both(fec.balanceOf(payee) - balance == duePayee, _untouched(due)));
        }
    }

    /// @notice G2, G4: a claim from two nodes to anybody, by who may claim from both, pays what is released and unpaid, once.
    /// @custom:slow many paths
    function check_claimTo() external {
        uint256[] memory ids = _two();
        address caller = svm.createAddress("caller");
        address to = svm.createAddress("to");
        Seen memory a = _assumeFine(ids[0]);
        Seen memory b = _assumeFine(ids[1]);
        vm.assume(ids[0] != ids[1]);
        _watch(ids[0]);
        vm.assume(other != ids[1]);
        bool may = _both(_mayClaimTo(ids[0], a.owner, caller), _mayClaimTo(ids[1], b.owner, caller));
        uint256 balance = fec.balanceOf(to);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.claimTo, (ids, to)))) return;
        assert(may);
        uint256 due = 0;
        unchecked {
            if (a.released > a.claimed) (due, a.claimed) = (a.released - a.claimed, a.released);
            if (b.released > b.claimed) (due, b.claimed) = (due + b.released - b.claimed, b.released);
            assert(_words(ids[0]).state == _pack(a.owner, a.claimed, a.resized));
            assert(_words(ids[1]).state == _pack(b.owner, b.claimed, b.resized));
            assert(_both(fec.balanceOf(to) - balance == due, _untouched(due)));
        }
    }

    /// @dev Two ids. Programs count from one, so that no node is of class zero.
    function _two() private pure returns (uint256[] memory ids) {
        ids = new uint256[](2);
        (ids[0], ids[1]) = (svm.createUint256("first"), svm.createUint256("second"));
        vm.assume(_both(ids[0] >> 200 != 0, ids[1] >> 200 != 0));
    }

    function _mayClaim(uint256 id, address owner, address caller) private view returns (bool) {
        return _either(
            address(uint160(_word(address(adn), id, CLAIM_APPROVALS_SLOT, 0))) == caller,
            adn.isClaimApprovedForAll(owner, caller)
        );
    }

    function _mayClaimTo(uint256 id, address owner, address caller) private view returns (bool) {
        bool owns = _either(caller == owner, adn.isApprovedForAll(owner, caller));
        return _either(owns, _both(owner != address(0), _mayClaim(id, owner, caller)));
    }
}
