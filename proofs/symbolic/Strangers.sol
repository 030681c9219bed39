// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice What somebody does who is neither a node's owner nor approved for it, by what no other check is about.
/// @custom:unknown libraries
contract Strangers is AnyNodes {
    /// @notice G4: a stranger's approvals are for the stranger's own: a node's, and those of its owner, stay as they are.
    function check_stranger_approves() external {
        (uint256 id, uint256 any) = (svm.createUint256("id"), svm.createUint256("any"));
        address operator = svm.createAddress("operator");
        (bool approved, uint256 way) = (svm.createUint(1, "approved") != 0, svm.createUint(2, "way"));
        bytes memory data = abi.encodeCall(adn.approve, (operator, any));
        if (way == 1) data = abi.encodeCall(adn.setApprovalForAll, (operator, approved));
        if (way == 2) data = abi.encodeCall(adn.setClaimApproval, (operator, approved, any));
        if (way == 3) data = abi.encodeCall(adn.setClaimApprovalForAll, (operator, approved));
        _leavesAlone(id, data);
    }

    /// @notice G4: a stranger who transfers nodes safely, in each of the three ways, transfers their own.
    function check_stranger_transfers_safely() external {
        (uint256 id, uint256 any) = (svm.createUint256("id"), svm.createUint256("any"));
        (address from, address to) = (svm.createAddress("from"), svm.createAddress("to"));
        uint256 way = svm.createUint(2, "way");
        bytes memory data = abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", from, to, any);
        bytes memory extra = svm.createBytes(32, "extra");
        if (way == 1) {
            data = abi.encodeWithSignature("safeTransferFrom(address,address,uint256,bytes)", from, to, any, extra);
        }
        if (way > 1) {
            data = abi.encodeWithSignature(
                "safeTransferFrom(address,address,uint256,bytes,bytes32)",
                from,
                to,
                any,
                extra,
                svm.createBytes32("fingerprint")
            );
        }
        _leavesAlone(id, data);
    }

    /// @notice G4: whatever the owner of the contract, an operator or anybody else does with programs, nodes stay as they are.
    function check_administration_leaves_nodes() external {
        (uint256 id, uint256 programId) = (svm.createUint256("id"), svm.createUint256("program"));
        (address a, address b) = (svm.createAddress("a"), svm.createAddress("b"));
        (uint256 amount, uint256 way) = (svm.createUint256("amount"), svm.createUint(3, "way"));
        (uint32 length, uint40 origin) = (uint32(svm.createUint(32, "length")), uint40(svm.createUint(40, "origin")));
        bytes memory data = abi.encodeCall(adn.createProgram, (a, b, length, origin, amount));
        if (way == 1) data = abi.encodeCall(adn.grantQuota, (programId, amount));
        if (way == 2) data = abi.encodeCall(adn.closeProgram, (programId));
        if (way == 3) data = abi.encodeCall(adn.setProgramOperator, (programId, a));
        if (way == 4) data = abi.encodeCall(adn.transferOwnership, (a));
        if (way == 5) data = abi.encodeCall(adn.acceptOwnership, ());
        if (way > 5) data = abi.encodeCall(adn.renounceOwnership, ());
        Words memory words = _words(id);
        if (!_callAs(svm.createAddress("caller"), address(adn), data)) return;
        assert(_both(_same(words, _words(id)), _both(fec.totalSupply() == supply, fec.totalBurned() == burned)));
    }

    /// @notice G4: a mint leaves every node that was there as it is.
    function check_mint_leaves_nodes() external {
        uint256 id = svm.createUint256("id");
        (uint256 programId, uint256 amount) = (svm.createUint(32, "program"), svm.createUint256("amount"));
        uint256 word = _word(address(adn), id >> 200, PROGRAMS_SLOT, 0);
        // Serials beyond those minted are unused.
        vm.assume(uint40(id) <= uint40(word >> 96));
        word = _word(address(adn), programId, PROGRAMS_SLOT, 0);
        (uint256 origin, uint256 length) = (uint40(word >> 136), uint24(word >> 176));
        vm.assume(_all(origin <= time, length != 0, uint40(word >> 96) < SERIALS - 1));
        unchecked {
            uint256 since = (time - origin) % length;
            // A remainder is below its divisor and no more than what is divided, as Halmos does not know at first.
            vm.assume(_both(since < length, since <= time - origin));
        }
        Words memory words = _words(id);
        bytes memory data = abi.encodeCall(adn.mint, (programId, amount, svm.createAddress("to")));
        if (!_callAs(svm.createAddress("caller"), address(adn), data)) return;
        assert(_same(words, _words(id)));
    }

    /// @notice G4: nobody but a node's owner and their operators split it.
    function check_stranger_splits() external {
        uint256 id = svm.createUint256("id");
        uint256[] memory parts = new uint256[](1);
        parts[0] = svm.createUint256("part");
        address owner = address(uint160(_words(id).state));
        address caller = svm.createAddress("caller");
        vm.assume(_both(caller != owner, !adn.isApprovedForAll(owner, caller)));
        assert(!_callAs(caller, address(adn), abi.encodeCall(adn.split, (id, parts))));
    }

    /// @dev Calls as somebody who is nothing to a node: it stays as it is, and so do its owner's approvals.
    function _leavesAlone(uint256 id, bytes memory data) private {
        Words memory words = _words(id);
        address owner = address(uint160(words.state));
        (address caller, address friend) = (svm.createAddress("caller"), svm.createAddress("friend"));
        vm.assume(_all(owner != address(0), caller != owner, caller != address(0)));
        vm.assume(_both(!adn.isApprovedForAll(owner, caller), words.approval != uint160(caller)));
        (bool operates, bool claims) = (adn.isApprovedForAll(owner, friend), adn.isClaimApprovedForAll(owner, friend));
        if (!_callAs(caller, address(adn), data)) return;
        assert(_same(words, _words(id)));
        assert(
            _both(adn.isApprovedForAll(owner, friend) == operates, adn.isClaimApprovedForAll(owner, friend) == claims)
        );
        assert(_both(fec.totalSupply() == supply, fec.totalBurned() == burned));
    }
}
