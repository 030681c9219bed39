// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "../../contracts/interfaces/ICheckout.sol";
import {Act, ActKind, Member} from "../../contracts/interfaces/ICustodian.sol";
import {Settling} from "./Settling.sol";
import {vm} from "./Vm.sol";

/// @title Actions of members whose nodes and coins a brand keeps
abstract contract Custody is Settling {
    struct Withdrawal {
        uint256[] tokenIds;
        uint256 amount;
        address to;
        uint256 deadline;
    }

    function enroll(uint256 seed) external {
        GhostMember storage member = inCustody[seed % inCustody.length];
        bytes32 memberId = keccak256(abi.encode(keccak256(_signer(member)), member.salt));
        vm.prank(member.brand);
        require(custodian.enroll(memberId) == member.vault, "enroll: vault");
        _succeeded("enroll");
    }

    /// @dev After claiming from the vault's nodes; relayed by a stranger, or sent by the key itself, unsigned.
    function spend(uint256 seed) external {
        GhostMember storage member = inCustody[seed % inCustody.length];
        uint256[] memory kept = _kept(member.vault);
        (Order memory order,) = _order(seed, member.vault);
        if (order.amount == 0) return;
        order.customer = member.vault;
        order.minPrincipal = 0;
        if (_burnOf(order) > _quotaLeft(order.programId)) return;
        _claimAll(kept);
        bool own = _rand(seed, "own") % 3 == 0;
        bytes memory signature = own ? bytes("") : _spendSignature(member, order);
        vm.prank(own ? vm.addr(member.key) : stranger);
        uint256 tokenId = custodian.spend(_revealed(member), order, kept, signature);
        _paid(order, member.vault, tokenId);
        _succeeded("spend");
    }

    function withdrawPart(uint256 seed) external {
        GhostMember storage member = inCustody[seed % inCustody.length];
        uint256[] memory kept = _kept(member.vault);
        uint256 amount = _amount(seed, coins[member.vault]);
        if (amount == 0 && kept.length == 0) return;
        _withdraw(seed, member, _cut(kept, (kept.length + 1) / 2), amount);
        _succeeded("withdrawPart");
    }

    function withdrawAll(uint256 seed) external {
        GhostMember storage member = inCustody[seed % inCustody.length];
        uint256[] memory kept = _kept(member.vault);
        if (kept.length == 0) return;
        _withdraw(seed, member, kept, type(uint256).max);
        _succeeded("withdrawAll");
    }

    // ---------------------------------------------------------------- internals

    function _withdraw(uint256 seed, GhostMember storage member, uint256[] memory tokenIds, uint256 amount) private {
        Withdrawal memory out = Withdrawal(tokenIds, amount, _person(seed, "to"), clock);
        bool own = _rand(seed, "own") % 3 == 0;
        _sendWithdrawal(
            member, out, own ? vm.addr(member.key) : stranger, own ? bytes("") : _leaveSignature(member, out)
        );
        ++member.nonce;
        _move(member.vault, out.to, amount == type(uint256).max ? coins[member.vault] : amount);
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            _give(tokenIds[i], out.to);
        }
    }

    function _sendWithdrawal(GhostMember storage member, Withdrawal memory out, address caller, bytes memory signature)
        internal
    {
        Member memory revealed = _revealed(member);
        Act[] memory acts = _acts(out);
        uint256 nonce = member.nonce;
        vm.prank(caller);
        custodian.act(revealed, acts, nonce, out.deadline, signature);
    }

    function _leaveSignature(GhostMember storage member, Withdrawal memory out) internal view returns (bytes memory) {
        Act[] memory acts = _acts(out);
        bytes32 act =
            keccak256(abi.encode(keccak256("Act(uint8 kind,bytes data)"), acts[0].kind, keccak256(acts[0].data)));
        bytes32 hash = keccak256(
            abi.encode(
                keccak256(
                    "Acts(address vault,bytes signer,Act[] acts,uint256 nonce,uint256 deadline)Act(uint8 kind,bytes data)"
                ),
                member.vault,
                keccak256(_signer(member)),
                keccak256(abi.encodePacked(act)),
                member.nonce,
                out.deadline
            )
        );
        return _sign(member.key, _digest(address(custodian), "FEC Custodian", hash));
    }

    function _spendSignature(GhostMember storage member, Order memory order) internal view returns (bytes memory) {
        bytes32 hash =
            keccak256(abi.encode(keccak256("Spend(address vault,bytes32 orderHash)"), member.vault, _orderHash(order)));
        return _sign(member.key, _digest(address(custodian), "FEC Custodian", hash));
    }

    function _burnOf(Order memory order) internal view returns (uint256) {
        uint256 burnBps = _burnBps(
            _terms(order.programId, _program(order.programId).version), _spend(order.programId, order.customer)
        );
        return _burnShare(order.amount, burnBps);
    }

    function _revealed(GhostMember storage member) internal view returns (Member memory) {
        return Member({vault: member.vault, brand: member.brand, salt: member.salt, signer: _signer(member)});
    }

    function _signer(GhostMember storage member) internal view returns (bytes memory) {
        return abi.encodePacked(vm.addr(member.key));
    }

    function _acts(Withdrawal memory out) internal pure returns (Act[] memory acts) {
        acts = new Act[](1);
        acts[0] = Act(uint8(ActKind.Withdraw), abi.encode(out.to, out.tokenIds, out.amount));
    }

    /// @dev The nodes in a vault.
    function _kept(address vault) internal view returns (uint256[] memory kept) {
        kept = new uint256[](live.length);
        uint256 count = 0;
        for (uint256 i = 0; i < live.length; ++i) {
            if (nodes[live[i]].owner == vault) kept[count++] = live[i];
        }
        return _cut(kept, count);
    }
}
