// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors, IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IADN, Settlement} from "../../contracts/interfaces/IADN.sol";
import {ICheckout} from "../../contracts/interfaces/ICheckout.sol";
import {Giving} from "./Giving.sol";
import {vm} from "./Vm.sol";

/// @title Actions with settlements: many nodes under one root, each opened in its own time
abstract contract Settling is Giving {
    struct Opening {
        uint256 settlementId;
        uint256 index;
        address owner;
        uint256 principal;
        bytes32[] proof;
    }

    function settle(uint256 seed) external {
        uint256 programId = 1 + _rand(seed, "program") % programs.length;
        if (_program(programId).closed || _program(programId).issuer == address(checkout)) programId = 1;
        if (_program(programId).closed) return;
        address caller = _program(programId).issuer;
        if (caller == address(0)) caller = _person(seed, "caller");
        (bytes memory leaves, uint256 total) = _draw(seed, _least(coins[caller], _program(programId).quota));
        if (total == 0) return;
        vm.prank(caller);
        _settled(adn.settle(programId, leaves), caller, programId, leaves);
        _succeeded("settle");
    }

    /// @dev Under a new reference; and again under the same, which must fail.
    function settleSales(uint256 seed) external {
        uint256 programId = _sellingProgram(seed);
        if (programId == 0) return;
        address caller = _signerOrOperator(seed, programId);
        (bytes memory leaves, uint256 total) = _draw(seed, _least(coins[caller], _quotaLeft(programId)));
        if (total == 0) return;
        bytes32 ref = keccak256(abi.encode("sales", settlements.length));
        _allow(caller, total);
        vm.prank(caller);
        uint256 settlementId = checkout.settle(programId, leaves, ref);
        require(checkout.settlementOfRef(programId, ref) == settlementId, "settleSales: reference");
        _settled(settlementId, caller, programId, leaves);
        _succeeded("settleSales");
        bytes memory again = abi.encodeCall(ICheckout.settle, (programId, leaves, ref));
        bytes memory expected =
            abi.encodeWithSelector(ICheckout.Checkout_RefUsed.selector, programId, ref, settlementId);
        _refused(caller, address(checkout), again, expected, "a reference used before");
    }

    function open(uint256 seed) external {
        if (waiting.length == 0) return;
        uint256 tokenId = waiting[_rand(seed, "leaf") % waiting.length];
        Opening memory opening = _openingOf(tokenId);
        vm.prank(stranger);
        uint256 opened = adn.open(opening.settlementId, opening.index, opening.owner, opening.principal, opening.proof);
        require(opened == tokenId, "open: token id");
        _arrive(tokenId);
        _succeeded("open");
    }

    /// @dev Every other time once something is due.
    function openAndClaim(uint256 seed) external {
        if (waiting.length == 0) return;
        uint256 tokenId = waiting[_rand(seed, "leaf") % waiting.length];
        if (seed % 2 == 0) _wait(nodes[tokenId].start + nodes[tokenId].length);
        _openAndClaim(tokenId);
    }

    /// @dev Everything wrong with an opening, one at a time; and calls that know tokens only.
    function refuseOpenings(uint256 seed) external {
        if (settlements.length == 0) return;
        GhostSettlement storage settlement = settlements[_rand(seed, "settlement") % settlements.length];
        uint256 tokenId = settlement.tokens[_rand(seed, "leaf") % settlement.tokens.length];
        _refuseForgeries(seed, _openingOf(tokenId), settlement.tokens.length);
        if (!_waits(tokenId)) {
            bytes memory twice = abi.encodeWithSelector(IADN.ADN_AlreadyOpened.selector, tokenId);
            _refused(stranger, address(adn), _callOf(_openingOf(tokenId)), twice, "a second opening");
            return;
        }
        bytes memory none = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, tokenId);
        _refused(stranger, address(adn), abi.encodeCall(IADN.claimFor, (_one(tokenId))), none, "a claim unopened");
    }

    function refuseSettlements(uint256 seed) external {
        uint256 kind = _rand(seed, "kind") % 6;
        bytes memory leaves = abi.encodePacked(people[0], uint96(1e15), people[1], uint96(1e15));
        bytes memory expected;
        GhostProgram storage program = programs[0];
        if (program.closed) return;
        if (kind == 0) {
            leaves = "";
            expected = abi.encodeWithSelector(IADN.ADN_BatchTooShort.selector, 0, 1);
        } else if (kind == 1) {
            leaves = abi.encodePacked(leaves, uint8(0));
            expected = abi.encodeWithSelector(IADN.ADN_LeafCutOff.selector, 65, 32);
        } else if (kind == 2) {
            leaves = abi.encodePacked(leaves, address(0), uint96(1e15));
            expected = abi.encodeWithSelector(IADN.ADN_LeafWithoutOwner.selector, 2);
        } else if (kind == 3) {
            leaves = abi.encodePacked(leaves, stranger, uint96(1e15 - 1));
            expected = abi.encodeWithSelector(IADN.ADN_LeafTooSmall.selector, 2, 1e15 - 1, 1e15);
        } else if (kind == 4) {
            leaves = abi.encodePacked(leaves, stranger, type(uint96).max);
            expected = abi.encodeWithSelector(
                IADN.ADN_QuotaExceeded.selector, 1, uint256(type(uint96).max) + 2e15, program.quota
            );
        } else {
            if (program.quota < 2e15) return;
            expected = abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, stranger, 0, 2e15);
        }
        _refused(stranger, address(adn), abi.encodeCall(IADN.settle, (1, leaves)), expected, "a settlement");
    }

    // ---------------------------------------------------------------- internals

    /// @dev One to nine leaves of people and vaults, some of one owner; nothing if they would come to more than `most`.
    function _draw(uint256 seed, uint256 most) private view returns (bytes memory leaves, uint256 total) {
        uint256 count = 1 + _rand(seed, "count") % 9;
        if (most < count * LEAST_PART) return ("", 0);
        uint256 spare = most - count * LEAST_PART;
        for (uint256 i = 0; i < count; ++i) {
            uint256 more = _amount(seed ^ i, spare);
            spare -= more;
            address owner = _rand(seed, "one owner") % 3 == 0 ? people[seed % PEOPLE] : _owner(seed ^ i, "owner");
            leaves = abi.encodePacked(leaves, owner, uint96(LEAST_PART + more));
            total += LEAST_PART + more;
        }
    }

    /// @dev Books a settlement in the ghost, and holds the chain's view of it against that.
    function _settled(uint256 settlementId, address payer, uint256 programId, bytes memory leaves) private {
        GhostProgram storage program = _program(programId);
        GhostSettlement storage settlement = settlements.push();
        settlement.id = settlementId;
        uint256 count = leaves.length / 32;
        uint256 start = clock - (clock - program.origin) % program.length;
        uint256 firstSerial = program.serial + 1;
        uint256 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            (address owner, uint256 principal) = _leafAt(leaves, i);
            total += principal;
            families.push(Family({principal: principal, paid: 0, start: start, length: program.length}));
            settlement.tokens.push(_await(programId, start, principal, owner, settlements.length - 1, i));
        }
        coins[payer] -= total;
        totalBurned += total;
        program.quota -= total;
        program.burned += total;
        Settlement memory seen = adn.settlementOf(settlementId);
        require(seen.programId == programId && seen.start == start, "settle: program and start");
        require(seen.periodLength == program.length && seen.firstSerial == firstSerial, "settle: length and serial");
        require(seen.count == count && seen.total == total, "settle: count and total");
        require(seen.root == _rootOf(settlement.tokens, 0, count), "settle: root");
    }

    function _leafAt(bytes memory leaves, uint256 i) private pure returns (address owner, uint256 principal) {
        uint256 word;
        assembly ("memory-safe") {
            word := mload(add(add(leaves, 32), mul(i, 32)))
        }
        return (address(uint160(word >> 96)), uint96(word));
    }

    function _openAndClaim(uint256 tokenId) internal {
        Opening memory opening = _openingOf(tokenId);
        vm.prank(stranger);
        (uint256 opened, uint256 paid) =
            adn.openAndClaim(opening.settlementId, opening.index, opening.owner, opening.principal, opening.proof);
        require(opened == tokenId, "openAndClaim: token id");
        _arrive(tokenId);
        require(_claim(tokenId, nodes[tokenId].owner) == paid, "openAndClaim: paid");
        _succeeded(paid == 0 ? "openAndClaim nothing" : "openAndClaim");
    }

    /// @dev What is wrong: nothing passes that differs from the leaf in any part.
    function _refuseForgeries(uint256 seed, Opening memory opening, uint256 count) private {
        uint256 kind = _rand(seed, "forgery") % 8;
        bytes memory expected =
            abi.encodeWithSelector(IADN.ADN_InvalidProof.selector, opening.settlementId, opening.index);
        if (kind == 0) {
            opening.settlementId ^= 1 << (_rand(seed, "bit") % 256);
            expected = abi.encodeWithSelector(IADN.ADN_UnknownSettlement.selector, opening.settlementId);
        } else if (kind == 1) {
            opening.index += count << (seed % 200);
            expected = abi.encodeWithSelector(IADN.ADN_NoSuchLeaf.selector, opening.settlementId, opening.index, count);
        } else if (kind == 2) {
            opening.principal |= 1 << (96 + seed % 160);
            expected = abi.encodeWithSelector(IADN.ADN_PrincipalTooLarge.selector, opening.principal, type(uint96).max);
        } else if (kind == 3) {
            opening.principal ^= 1 << (seed % 96);
        } else if (kind == 4) {
            opening.owner = stranger;
        } else if (kind == 5) {
            bytes32[] memory longer = new bytes32[](opening.proof.length + 1);
            for (uint256 i = 0; i < opening.proof.length; ++i) {
                longer[i] = opening.proof[i];
            }
            opening.proof = longer;
        } else if (opening.proof.length == 0) {
            return;
        } else if (kind == 6) {
            bytes32[] memory shorter = new bytes32[](opening.proof.length - 1);
            for (uint256 i = 0; i < shorter.length; ++i) {
                shorter[i] = opening.proof[i + seed % 2];
            }
            opening.proof = shorter;
        } else {
            opening.proof[seed % opening.proof.length] ^= bytes32(uint256(1));
        }
        _refused(stranger, address(adn), _callOf(opening), expected, "a forged opening");
    }

    function _callOf(Opening memory opening) private pure returns (bytes memory) {
        return abi.encodeCall(
            IADN.open, (opening.settlementId, opening.index, opening.owner, opening.principal, opening.proof)
        );
    }

    // --------------------------------------------------------------------- tree

    /// @dev What an opening takes, from what was settled: the owner and principal of then.
    function _openingOf(uint256 tokenId) private view returns (Opening memory opening) {
        GhostLeaf storage leaf = leafOf[tokenId];
        GhostSettlement storage settlement = settlements[leaf.settlement];
        opening = Opening({
            settlementId: settlement.id,
            index: leaf.index,
            owner: leaf.owner,
            principal: uint96(tokenId >> 40),
            proof: _proofOf(settlement.tokens, leaf.index)
        });
    }

    /// @dev By definition: on the left is the largest full tree that leaves something to the right.
    function _rootOf(uint256[] storage tokens, uint256 from, uint256 count) private view returns (bytes32) {
        if (count == 1) return keccak256(abi.encodePacked(tokens[from], leafOf[tokens[from]].owner));
        uint256 left = _leftOf(count);
        return keccak256(abi.encodePacked(_rootOf(tokens, from, left), _rootOf(tokens, from + left, count - left)));
    }

    function _proofOf(uint256[] storage tokens, uint256 index) private view returns (bytes32[] memory proof) {
        bytes32[] memory down = new bytes32[](8);
        uint256 depth = 0;
        (uint256 from, uint256 count) = (0, tokens.length);
        while (count > 1) {
            uint256 left = _leftOf(count);
            if (index < from + left) {
                down[depth++] = _rootOf(tokens, from + left, count - left);
                count = left;
            } else {
                down[depth++] = _rootOf(tokens, from, left);
                (from, count) = (from + left, count - left);
            }
        }
        proof = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            proof[i] = down[depth - 1 - i];
        }
    }

    function _leftOf(uint256 count) private pure returns (uint256 left) {
        left = 1;
        while (left * 2 < count) left *= 2;
    }
}
