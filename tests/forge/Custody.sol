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
        bytes memory first = abi.encodePacked(vm.addr(signers[member.vault][0].key));
        bytes32 memberId = keccak256(abi.encode(keccak256(first), member.salt));
        vm.prank(member.brand);
        require(custodian.enroll(memberId) == member.vault, "enroll: vault");
        _succeeded("enroll");
    }

    /// @dev After claiming from the vault's nodes; relayed by a stranger, or sent by the key itself, unsigned.
    function spend(uint256 seed) external {
        GhostMember storage member = _turn(seed);
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
        GhostMember storage member = _turn(seed);
        uint256[] memory kept = _kept(member.vault);
        uint256 amount = _amount(seed, coins[member.vault]);
        if (amount == 0 && kept.length == 0) return;
        _withdraw(seed, member, _cut(kept, (kept.length + 1) / 2), amount);
        _succeeded("withdrawPart");
    }

    function withdrawAll(uint256 seed) external {
        GhostMember storage member = _turn(seed);
        uint256[] memory kept = _kept(member.vault);
        if (kept.length == 0) return;
        _withdraw(seed, member, kept, type(uint256).max);
        _succeeded("withdrawAll");
    }

    /// @dev A few changes of one vault's signers: alone, each would hardly ever find what the one before it left.
    function changeSigners(uint256 seed) external {
        uint256 vault = seed % inCustody.length;
        for (uint256 i = 0; i < 4; ++i) {
            seed = _rand(seed, "change");
            _changeSigner(seed - seed % inCustody.length + vault);
        }
    }

    // ---------------------------------------------------------------- internals

    /// @dev Adds a signer, new or removed before; or asks to remove one, takes that back, or removes it when its time has come.
    function _changeSigner(uint256 seed) private {
        GhostMember storage member = _turn(seed);
        GhostSigner[] storage all = signers[member.vault];
        uint256 i = _rand(seed, "which") % (all.length < 5 ? all.length + 1 : all.length);
        if (i == all.length) {
            all.push(GhostSigner(uint256(keccak256(abi.encode(member.vault, i))), 0, 0, false));
        }
        bytes memory signer = abi.encodePacked(vm.addr(all[i].key));
        bytes memory byHash = abi.encode(keccak256(signer));
        bool own = i == acting[member.vault];
        if (!all[i].present) {
            _sendAct(member, ActKind.AddSigner, abi.encode(signer));
            all[i].present = true;
            _succeeded("addSigner");
        } else if (custodian.signerCountOf(member.vault) < 2) {
            return;
        } else if (own ? seed % 2 == 0 : all[i].removableFrom != 0 && clock >= all[i].removableFrom) {
            _sendAct(member, ActKind.RemoveSigner, byHash);
            (all[i].present, all[i].removableFrom) = (false, 0);
            _succeeded("removeSigner");
        } else if (all[i].removableFrom != 0 && seed % 4 == 0) {
            _sendAct(member, ActKind.CancelRemoval, byHash);
            all[i].removableFrom = 0;
        } else if (!own) {
            _sendAct(member, ActKind.AskRemoval, byHash);
            all[i].removableFrom = clock + 3 days;
            _succeeded("askRemoval");
        }
    }

    /// @dev A member, with one of the present signers as the one who signs.
    function _turn(uint256 seed) internal returns (GhostMember storage member) {
        member = inCustody[seed % inCustody.length];
        GhostSigner[] storage all = signers[member.vault];
        all[acting[member.vault]].nonce = member.nonce;
        uint256 i = _rand(seed, "signer") % all.length;
        while (!all[i].present) i = (i + 1) % all.length;
        acting[member.vault] = i;
        (member.key, member.nonce) = (all[i].key, all[i].nonce);
    }

    function _sendAct(GhostMember storage member, ActKind kind, bytes memory data) private {
        Act[] memory acts = new Act[](1);
        acts[0] = Act(uint8(kind), data);
        bytes memory signature = _actsSignature(member, acts, clock);
        Member memory revealed = _revealed(member);
        uint256 nonce = member.nonce++;
        vm.prank(stranger);
        custodian.act(revealed, acts, nonce, clock, signature);
    }

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
        return _actsSignature(member, _acts(out), out.deadline);
    }

    function _actsSignature(GhostMember storage member, Act[] memory acts, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
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
                deadline
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
