// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {MemberVault} from "../../contracts/custody/MemberVault.sol";
import {IADN} from "../../contracts/interfaces/IADN.sol";
import {Order} from "../../contracts/interfaces/ICheckout.sol";
import {ICustodian} from "../../contracts/interfaces/ICustodian.sol";
import {RefusalsAtCheckout} from "./RefusalsAtCheckout.sol";
import {vm} from "./Vm.sol";

/// @title Calls on nodes and vaults that have to fail, with one error and its values, and change nothing
abstract contract Refusals is RefusalsAtCheckout {
    // -------------------------------------------------------------------- nodes

    function refuseNodeCalls(uint256 seed) external {
        if (live.length == 0) return;
        uint256 tokenId = _node(seed, "node");
        _refuseStrangers(seed, tokenId);
        _refuseStaleSale(seed, tokenId);
        _refuseForeignClaims(seed, tokenId);
        _refuseClaims(seed, tokenId);
        _refuseSplits(seed, tokenId);
        _refuseMerges(seed, tokenId);
    }

    function _refuseStrangers(uint256 seed, uint256 tokenId) private {
        address owner = nodes[tokenId].owner;
        uint256 kind = _rand(seed, "strange") % 5;
        bytes memory call;
        bytes memory expected =
            abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, stranger, tokenId);
        if (kind == 0) call = abi.encodeCall(IERC721.transferFrom, (owner, stranger, tokenId));
        if (kind == 1) {
            call = abi.encodeCall(IERC721.approve, (stranger, tokenId));
            expected = abi.encodeWithSelector(IERC721Errors.ERC721InvalidApprover.selector, stranger);
        }
        if (kind == 2) {
            call = abi.encodeWithSignature("setClaimApproval(address,bool,uint256)", stranger, true, tokenId);
            expected = abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, stranger, tokenId, owner);
        }
        if (kind == 3) {
            if (nodes[tokenId].principal < 2 * LEAST_PART) return;
            call = abi.encodeCall(IADN.split, (tokenId, _one(LEAST_PART)));
            expected = abi.encodeWithSelector(IADN.ADN_NotOwnerOrOperator.selector, tokenId, stranger);
        }
        if (kind == 4) {
            call = abi.encodeCall(IADN.merge, (_two(tokenId, tokenId)));
            expected = abi.encodeWithSelector(IADN.ADN_NotOwnerOrOperator.selector, tokenId, stranger);
        }
        _refused(stranger, address(adn), call, expected, "a stranger with a node");
    }

    function _refuseStaleSale(uint256 seed, uint256 tokenId) private {
        address owner = nodes[tokenId].owner;
        bytes32 stale = bytes32(seed);
        bytes memory call = abi.encodeWithSignature(
            "safeTransferFrom(address,address,uint256,bytes,bytes32)", owner, stranger, tokenId, "", stale
        );
        bytes32 seen = adn.getStateFingerprint(tokenId);
        bytes memory expected = abi.encodeWithSelector(IADN.ADN_StateChanged.selector, tokenId, stale, seen);
        _refused(owner, address(adn), call, expected, "a sale of a node that changed");
    }

    function _refuseClaims(uint256 seed, uint256 tokenId) private {
        address owner = nodes[tokenId].owner;
        bytes memory call = abi.encodeWithSignature("claim(uint256)", tokenId);
        bytes memory expected = abi.encodeWithSelector(IADN.ADN_NothingToClaim.selector, tokenId);
        if (_claimable(tokenId) == 0) {
            _refused(owner, address(adn), call, expected, "a claim of nothing");
            call = abi.encodeCall(IADN.claimTo, (_one(tokenId), stranger));
            _refused(owner, address(adn), call, expected, "a claim of nothing");
        }
        uint256 none = gone.length == 0 ? tokenId + 1e9 : gone[_rand(seed, "gone") % gone.length];
        call = abi.encodeWithSignature("claim(uint256)", none);
        expected = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, none);
        _refused(stranger, address(adn), call, expected, "a claim from no node");
        call = abi.encodeCall(IADN.claimFor, (_two(tokenId, tokenId + 1e9)));
        expected = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, tokenId + 1e9);
        _refused(stranger, address(adn), call, expected, "a claim from no node");
    }

    /// @dev An account that may transfer the node may not claim from it: the approved, and with `claim` an operator neither.
    function _refuseForeignClaims(uint256 seed, uint256 tokenId) private {
        Node storage node = nodes[tokenId];
        uint256 kind = _rand(seed, "claim") % 2;
        address caller = _rand(seed, "caller") % 2 == 0 ? stranger : _person(seed, "caller");
        if (node.approved != address(0) && seed % 2 == 0) caller = node.approved;
        bool may = caller == node.owner || caller == node.claimer || claimsAll[node.owner][caller];
        if (may || (kind == 1 && operates[node.owner][caller])) return;
        bytes memory call = kind == 0
            ? abi.encodeWithSignature("claim(uint256)", tokenId)
            : abi.encodeCall(IADN.claimTo, (_one(tokenId), caller));
        bytes memory expected = abi.encodeWithSelector(IADN.ADN_NotClaimer.selector, tokenId, caller);
        _refused(caller, address(adn), call, expected, "a claim by another");
    }

    function _refuseSplits(uint256 seed, uint256 tokenId) private {
        uint256 principal = nodes[tokenId].principal;
        uint256 kind = _rand(seed, "split") % 4;
        uint256 part = LEAST_PART - 1;
        bytes memory expected = abi.encodeWithSelector(IADN.ADN_PrincipalTooSmall.selector, part, LEAST_PART);
        if (kind == 1 && principal >= LEAST_PART) {
            part = principal + 1;
            expected = abi.encodeWithSelector(IADN.ADN_SplitExceedsPrincipal.selector, tokenId, part, principal);
        }
        if (kind == 2 && principal > LEAST_PART) {
            part = principal - 1;
            expected = abi.encodeWithSelector(IADN.ADN_PrincipalTooSmall.selector, 1, LEAST_PART);
        }
        uint256[] memory parts = _one(part);
        if (kind == 3) {
            parts = new uint256[](0);
            expected = abi.encodeWithSelector(IADN.ADN_BatchTooShort.selector, 0, 1);
        }
        _refused(nodes[tokenId].owner, address(adn), abi.encodeCall(IADN.split, (tokenId, parts)), expected, "a split");
    }

    function _refuseMerges(uint256 seed, uint256 tokenId) private {
        address owner = nodes[tokenId].owner;
        uint256 other = _node(seed, "other");
        uint256[] memory batch = _two(tokenId, other);
        bytes memory expected;
        if (_rand(seed, "merge") % 4 == 0) {
            batch = _one(tokenId);
            expected = abi.encodeWithSelector(IADN.ADN_BatchTooShort.selector, 1, 2);
        } else if (other == tokenId) {
            expected = abi.encodeWithSelector(IADN.ADN_MergeWithItself.selector, tokenId);
        } else if (nodes[other].owner != owner) {
            address otherOwner = nodes[other].owner;
            expected = abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, owner, other, otherOwner);
        } else if (!_alike(tokenId, other)) {
            expected = abi.encodeWithSelector(IADN.ADN_UnlikeNodes.selector, tokenId, other);
        } else {
            return;
        }
        _refused(owner, address(adn), abi.encodeCall(IADN.merge, (batch)), expected, "a merge");
    }

    // ------------------------------------------------------------------ custody

    function refuseCustodyCalls(uint256 seed) external {
        GhostMember storage member = _turn(_rand(seed, "member"));
        for (uint256 i = 0; i < inCustody.length; ++i) {
            _refuseRemoved(inCustody[i]);
        }
        _refuseWithdrawals(seed, member);
        _refuseSpends(seed, member);
        _refuseBrands(member);
    }

    function _refuseWithdrawals(uint256 seed, GhostMember storage member) private {
        uint256 kind = _rand(seed, "withdrawal") % 5;
        Withdrawal memory out = Withdrawal(_kept(member.vault), type(uint256).max, member.brand, clock);
        bytes memory expected = abi.encodeWithSelector(ICustodian.Custodian_InvalidSignature.selector, _signer(member));
        if (kind == 0) --out.deadline;
        if (kind == 0) expected = abi.encodeWithSelector(ICustodian.Custodian_Expired.selector, clock - 1, clock);
        bytes memory signature = _leaveSignature(member, out);
        if (kind == 1) out.to = stranger;
        if (kind == 2) signature = "";
        if (kind == 3) signature = _sign(keyOf[member.brand], keccak256(signature));
        if (kind == 4) {
            // The signature of the withdrawal before, or of the one after the next.
            uint256 nonce = member.nonce;
            member.nonce = nonce == 0 ? 1 : nonce - 1;
            signature = _leaveSignature(member, out);
            member.nonce = nonce;
        }
        bytes memory call =
            abi.encodeCall(ICustodian.act, (_revealed(member), _acts(out), member.nonce, out.deadline, signature));
        _refused(member.brand, address(custodian), call, expected, "a withdrawal");
    }

    /// @dev Who was removed takes nothing out, the first signer neither.
    function _refuseRemoved(GhostMember storage member) private {
        GhostSigner[] storage all = signers[member.vault];
        for (uint256 i = 0; i < all.length; ++i) {
            if (all[i].present) continue;
            (uint256 key, uint256 nonce) = (member.key, member.nonce);
            (member.key, member.nonce) = (all[i].key, all[i].nonce);
            Withdrawal memory out = Withdrawal(_kept(member.vault), type(uint256).max, member.brand, clock);
            bytes memory signature = _leaveSignature(member, out);
            bytes memory expected =
                abi.encodeWithSelector(ICustodian.Custodian_NotSigner.selector, member.vault, _signer(member));
            bytes memory call =
                abi.encodeCall(ICustodian.act, (_revealed(member), _acts(out), member.nonce, out.deadline, signature));
            (member.key, member.nonce) = (key, nonce);
            _refused(member.brand, address(custodian), call, expected, "a removed signer");
        }
    }

    function _refuseSpends(uint256 seed, GhostMember storage member) private {
        (Order memory order,) = _order(seed, member.vault);
        if (order.amount == 0) return;
        bool elsewhere = _rand(seed, "elsewhere") % 2 == 0;
        order.customer = elsewhere ? member.brand : member.vault;
        bytes memory signature = _spendSignature(member, order);
        bytes memory expected =
            abi.encodeWithSelector(ICustodian.Custodian_WrongCustomer.selector, member.brand, member.vault);
        if (!elsewhere) {
            order.minPrincipal ^= 1;
            expected = abi.encodeWithSelector(ICustodian.Custodian_InvalidSignature.selector, _signer(member));
        }
        bytes memory call = abi.encodeCall(ICustodian.spend, (_revealed(member), order, _kept(member.vault), signature));
        _refused(member.brand, address(custodian), call, expected, "a member's payment");
    }

    function _refuseBrands(GhostMember storage member) private {
        if (member.vault.code.length != 0) {
            bytes memory expected = abi.encodeWithSelector(ICustodian.MemberVault_NotCustodian.selector, member.brand);
            bytes memory call =
                abi.encodeCall(MemberVault.execute, (address(fec), abi.encodeCall(fec.transfer, (member.brand, 0))));
            _refused(member.brand, member.vault, call, expected, "a brand at the vault");
        }
        uint256[] memory kept = _kept(member.vault);
        if (kept.length != 0) {
            bytes memory expected =
                abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, member.brand, kept[0]);
            bytes memory call = abi.encodeCall(IERC721.transferFrom, (member.vault, member.brand, kept[0]));
            _refused(member.brand, address(adn), call, expected, "a brand with a member's node");
        }
    }

    function _two(uint256 a, uint256 b) private pure returns (uint256[] memory list) {
        list = new uint256[](2);
        (list[0], list[1]) = (a, b);
    }
}
