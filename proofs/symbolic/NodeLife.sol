// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Nodes that come into being and change hands, from any state.
/// @custom:unknown ReleaseCurve.sol
contract NodeLife is AnyNodes {
    /// @notice G1, G4: a mint burns the caller's coins out of the quota, by the issuer if there is one; its face fits the cap.
    function check_mint() external {
        address caller = svm.createAddress("caller");
        address to = svm.createAddress("to");
        uint256 programId = svm.createUint(32, "program");
        uint256 amount = svm.createUint256("amount");
        (uint256 quota, uint256 minted) = _quotaAndMinted(programId);
        address issuer = address(uint160(_word(address(adn), programId, PROGRAMS_SLOT, 1)));
        uint256 balance = fec.balanceOf(caller);
        // Supply and outstanding fit the cap with all quotas used up: S₀ + 9·(B + quotas + budget) ≤ cap.
        vm.assume(_all(burned < 1 << 95, supply <= cap, supply <= genesis + 9 * burned));
        vm.assume(_all(genesis + 9 * (burned + quota) <= cap, minted < SERIALS - 1, balance <= supply));
        _assumeGrid(programId);
        bytes memory data = abi.encodeCall(adn.mint, (programId, amount, to));
        vm.prank(caller);
        (bool succeeded, bytes memory answer) = address(adn).call(data);
        if (!succeeded) return;
        uint256 id = abi.decode(answer, (uint256));
        assert(_either(issuer == address(0), issuer == caller));
        unchecked {
            (uint256 quotaLeft, uint256 mintedNow) = _quotaAndMinted(programId);
            assert(_all(amount != 0, quotaLeft == quota - amount, amount <= quota, mintedNow == minted + 1));
            assert(_both(id >> 200 == programId, uint96(id >> 40) == amount));
            assert(_both(uint40(id) == minted + 1, _word(address(adn), id, NODES_SLOT, 0) == uint160(to)));
            assert(
                _all(fec.balanceOf(caller) == balance - amount, fec.totalSupply() == supply - amount, amount <= balance)
            );
            assert(_both(fec.totalBurned() == burned + amount, 10 * amount <= cap));
        }
    }

    /// @notice G3: a node starts at the boundary at or before its mint: in its first period, in which nothing is released.
    function check_mint_starts_now() external {
        uint256 programId = svm.createUint(32, "program");
        _assumeGrid(programId);
        uint256 amount = svm.createUint(95, "amount");
        address to = svm.createAddress("to");
        bytes memory data = abi.encodeCall(adn.mint, (programId, amount, to));
        vm.prank(svm.createAddress("caller"));
        (bool succeeded, bytes memory answer) = address(adn).call(data);
        if (!succeeded) return;
        uint256 id = abi.decode(answer, (uint256));
        unchecked {
            uint256 start = uint40(id >> 136);
            assert(_both(start <= time, time - start < uint24(id >> 176)));
        }
    }

    /// @notice G4: only the owner, an operator or an approved account moves a node; all approvals of it, to claim included, end.
    function check_transfer() external {
        uint256 id = svm.createUint256("id");
        (address caller, address from, address to) =
            (svm.createAddress("caller"), svm.createAddress("from"), svm.createAddress("to"));
        Words memory words = _words(id);
        address owner = address(uint160(words.state));
        bool may =
            _either(caller == owner, _either(adn.isApprovedForAll(owner, caller), words.approval == uint160(caller)));
        // The upper bits of a word that holds an address are zero.
        vm.assume(_both(words.approval >> 160 == 0, words.claimApproval >> 160 == 0));
        _watch(id);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.transferFrom, (from, to, id)))) return;
        assert(_all(may, owner == from, owner != address(0), to != address(0)));
        words.state = ((words.state >> 160) << 160) | uint160(to);
        (words.approval, words.claimApproval) = (0, 0);
        assert(_both(_same(words, _words(id)), _untouched(0)));
    }

    /// @notice G4: whatever anybody else calls, with whatever arguments, a node stays as it is; it can only be made to pay its owner.
    /// @custom:slow every function
    function check_nobody_else() external {
        uint256 id = svm.createUint256("id");
        address caller = svm.createAddress("caller");
        Seen memory node = _assumeFine(id);
        Words memory words = _words(id);
        vm.assume(_both(node.owner != address(0), caller != node.owner));
        vm.assume(_both(!adn.isApprovedForAll(node.owner, caller), words.approval != uint160(caller)));
        vm.assume(_both(words.claimApproval != uint160(caller), !adn.isClaimApprovedForAll(node.owner, caller)));
        vm.assume(uint40(id) <= uint40(_word(address(adn), id >> 200, PROGRAMS_SLOT, 0) >> 96));
        uint256 balance = fec.balanceOf(node.owner);
        if (!_callAs(caller, address(adn), svm.createCalldata("ADN"))) return;
        Words memory after_ = _words(id);
        if (after_.state != words.state) {
            words.state = _pack(node.owner, node.released, node.resized);
            unchecked {
                assert(fec.balanceOf(node.owner) - balance >= node.released - node.claimed);
            }
        }
        assert(_same(words, after_));
    }

    function _quotaAndMinted(uint256 programId) private view returns (uint256 quota, uint256 minted) {
        uint256 word = _word(address(adn), programId, PROGRAMS_SLOT, 0);
        return (uint96(word), uint40(word >> 96));
    }

    /// @dev The grid of a program does not begin in the future, and has periods.
    function _assumeGrid(uint256 programId) private view {
        uint256 word = _word(address(adn), programId, PROGRAMS_SLOT, 0);
        vm.assume(_both(uint40(word >> 136) <= time, uint24(word >> 176) != 0));
    }
}
