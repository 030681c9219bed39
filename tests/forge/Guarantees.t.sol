// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN, Node as NodeView, Program} from "../../contracts/interfaces/IADN.sol";
import {ICheckout, Order, OrderStatus, PaidOrder} from "../../contracts/interfaces/ICheckout.sol";
import {ExactCurve} from "./ExactCurve.sol";
import {Refusals} from "./Refusals.sol";
import {vm} from "./Vm.sol";

/// @title The guarantees, after every call
/// @notice Forge gives every `invariant_` function a campaign of its own, so one function checks all eight: after each call of
/// one sequence, not each after the calls of another. What an invariant changes is undone by forge.
contract GuaranteesTest is Refusals {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(this);
    }

    function targetSenders() external view returns (address[] memory senders) {
        senders = new address[](1);
        senders[0] = stranger;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[42] memory actions = [
            this.waitSeconds.selector,
            this.waitForBoundary.selector,
            this.waitPeriods.selector,
            this.waitForEnd.selector,
            this.mint.selector,
            this.mintAlike.selector,
            this.claim.selector,
            this.claimTo.selector,
            this.claimFor.selector,
            this.split.selector,
            this.claimAndSplit.selector,
            this.merge.selector,
            this.transfer.selector,
            this.approve.selector,
            this.setApprovalForAll.selector,
            this.setClaimApproval.selector,
            this.setClaimApprovalForAll.selector,
            this.transferCoins.selector,
            this.createProgram.selector,
            this.grantQuota.selector,
            this.closeProgram.selector,
            this.setProgramOperator.selector,
            this.setTerms.selector,
            this.foundAlliance.selector,
            this.approveCandidate.selector,
            this.joinAlliance.selector,
            this.leaveAlliance.selector,
            this.payByAllowance.selector,
            this.payByPermit.selector,
            this.payByTransfer.selector,
            this.payByAuthorization.selector,
            this.payFromNodes.selector,
            this.refundPart.selector,
            this.refundWhole.selector,
            this.captureOne.selector,
            this.captureBatch.selector,
            this.reward.selector,
            this.fundRewards.selector,
            this.takeReward.selector,
            this.reclaimRewards.selector,
            this.enroll.selector,
            this.spend.selector
        ];
        bytes4[14] memory more = [
            this.changeSigners.selector,
            this.waitForWindow.selector,
            this.withdrawPart.selector,
            this.withdrawAll.selector,
            this.settle.selector,
            this.settleSales.selector,
            this.open.selector,
            this.openAndClaim.selector,
            this.refuseOpenings.selector,
            this.refuseSettlements.selector,
            this.refuseNodeCalls.selector,
            this.refuseProgramCalls.selector,
            this.refuseCheckoutCalls.selector,
            this.refuseCustodyCalls.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(this);
        targets[0].selectors = new bytes4[](actions.length + more.length);
        for (uint256 i = 0; i < actions.length; ++i) {
            targets[0].selectors[i] = actions[i];
        }
        for (uint256 i = 0; i < more.length; ++i) {
            targets[0].selectors[actions.length + i] = more[i];
        }
    }

    function invariant_G1_to_G8() external {
        G1_solvency();
        G2_exactness();
        G3_never_early();
        G4_nobody_elses_hands();
        G5_conservation();
        G6_refunds_leave_nothing();
        G7_paid_once();
        G8_exit();
    }

    /// @notice At the end of a run every settled node is opened, every node lives to its end and pays to the last wei; then what
    /// succeeded is written down.
    function afterInvariant() external {
        while (waiting.length != 0) {
            _openAndClaim(waiting[waiting.length - 1]);
        }
        uint256 end = clock;
        for (uint256 i = 0; i < live.length; ++i) {
            uint256 last = nodes[live[i]].start + 100 * nodes[live[i]].length;
            if (last > end) end = last;
        }
        _wait(end);
        if (live.length != 0) {
            uint256 expected = _claimAll(live);
            require(adn.claimFor(live) == expected, "G2: the rest");
        }
        require(adn.outstanding() == 0, "G2: something is still owed");
        require(fec.totalSupply() == GENESIS + 9 * totalBurned, "G2: not ten times what was burned");
        for (uint256 i = 0; i < families.length; ++i) {
            require(families[i].paid == 10 * families[i].principal, "G2: not ten times the principal");
        }
        _report();
    }

    // --------------------------------------------------------------- guarantees

    function G1_solvency() public view {
        uint256 supply = fec.totalSupply();
        uint256 outstanding = adn.outstanding();
        require(supply + outstanding <= fec.cap(), "G1: more promised than fits");
        require(supply + outstanding == GENESIS + 9 * totalBurned, "G1: supply + outstanding");
        require(fec.totalBurned() == totalBurned, "G1: burned");
        require(adn.budget() == budget, "G1: budget");
        uint256 granted = budget;
        for (uint256 i = 0; i < programs.length; ++i) {
            Program memory program = adn.programOf(i + 1);
            granted += program.quota + program.burned;
            require(program.quota == programs[i].quota, "G1: quota");
            require(program.burned == programs[i].burned, "G1: burned in the program");
            require(program.closed == programs[i].closed, "G1: closed");
            require(program.operator == programs[i].operator, "G4: operator");
        }
        require(granted == (CAP - GENESIS) / 9, "G1: lifetime budget");
    }

    function G2_exactness() public view {
        uint256 owed = 0;
        uint256[] memory principal = new uint256[](families.length);
        uint256[] memory claimed = new uint256[](families.length);
        for (uint256 i = 0; i < live.length; ++i) {
            Node storage node = nodes[live[i]];
            NodeView memory seen = adn.nodeOf(live[i]);
            require(seen.principal == node.principal, "G2: principal");
            require(seen.claimed == node.claimed, "G2: claimed");
            require(seen.start == node.start && seen.periodLength == node.length, "G2: schedule");
            require(seen.programId == node.programId, "G2: program");
            owed += 10 * uint256(seen.principal) - seen.claimed;
            principal[node.family] += seen.principal;
            claimed[node.family] += seen.claimed;
        }
        for (uint256 i = 0; i < waiting.length; ++i) {
            Node storage node = nodes[waiting[i]];
            owed += 10 * node.principal;
            principal[node.family] += node.principal;
        }
        require(adn.outstanding() == owed, "G2: outstanding");
        for (uint256 i = 0; i < families.length; ++i) {
            require(principal[i] == families[i].principal, "G2: a family's principal");
            require(claimed[i] == families[i].paid, "G2: a family's claims");
        }
    }

    /// @dev Against the exact rational, for each node alone to the wei, and strictly for all that come of each other.
    function G3_never_early() public view {
        uint256[] memory letGo = new uint256[](families.length);
        for (uint256 i = 0; i < live.length; ++i) {
            uint256 claimable = adn.claimablePayout(live[i]);
            require(claimable == _claimable(live[i]), "G3: claimable");
            letGo[nodes[live[i]].family] += claimable;
        }
        for (uint256 i = 0; i < families.length; ++i) {
            Family storage family = families[i];
            if (family.principal == 0) continue;
            uint256 k = _k(family.start, family.length);
            uint256 exact = 10 * family.principal;
            if (k != 100) (exact,) = ExactCurve.released(family.principal, weight[k]);
            require(family.paid + letGo[i] <= exact, "G3: early");
        }
    }

    function G4_nobody_elses_hands() public view {
        for (uint256 i = 0; i < live.length; ++i) {
            Node storage node = nodes[live[i]];
            require(adn.ownerOf(live[i]) == node.owner, "G4: owner");
            require(adn.getApproved(live[i]) == node.approved, "G4: approval");
            require(adn.getClaimApproved(live[i]) == node.claimer, "G4: claim approval");
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            (address owner, address other) = (people[i], people[(i + live.length) % PEOPLE]);
            require(adn.isApprovedForAll(owner, other) == operates[owner][other], "G4: operator");
            require(adn.isClaimApprovedForAll(owner, other) == claimsAll[owner][other], "G4: claim operator");
        }
        uint256 supply = 0;
        uint256 count = 0;
        for (uint256 i = 0; i < holders.length; ++i) {
            require(fec.balanceOf(holders[i]) == coins[holders[i]], "G4: coins");
            supply += coins[holders[i]];
            count += adn.balanceOf(holders[i]);
        }
        require(fec.totalSupply() == supply, "G4: coins from nowhere");
        require(count == live.length, "G4: nodes from nowhere");
    }

    function G5_conservation() public view {
        uint256 escrow = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            GhostOrder storage order = orders[i];
            uint256 held = order.status == OrderStatus.Escrowed ? order.amount - order.refunded : 0;
            uint256 spent = order.toMerchant + order.burned + order.donated + order.returned;
            require(order.amount == spent + order.refunded + held, "G5: an order");
            escrow += held;
        }
        for (uint256 i = 0; i < batches.length; ++i) {
            require(checkout.rewardBatchOf(i + 1).left == batches[i].left, "G5: a batch");
            escrow += batches[i].left;
        }
        require(fec.balanceOf(address(checkout)) == escrow, "G5: escrow");
    }

    function G6_refunds_leave_nothing() public view {
        for (uint256 i = 0; i < programs.length; ++i) {
            require(checkout.reservedOf(i + 1) == _reserved(i + 1), "G6: reserved");
            require(checkout.allianceOf(i + 1) == programs[i].alliance, "G6: alliance");
        }
        for (uint256 i = 0; i < credits.length; ++i) {
            (uint256 programId, address customer) = (credits[i].programId, credits[i].customer);
            require(checkout.spendOf(programId, customer) == _spend(programId, customer), "G6: spend");
        }
    }

    function G7_paid_once() public {
        for (uint256 i = 0; i < orders.length; ++i) {
            GhostOrder storage order = orders[i];
            PaidOrder memory seen = checkout.orderOf(order.key);
            require(seen.status == order.status, "G7: status");
            require(seen.payer == order.payer && seen.paidAt == order.paidAt, "G7: payment");
            require(seen.burnBps == order.burnBps && seen.termsVersion == order.version, "G7: terms");
            if (order.window == 0) continue;
            require(seen.amount == order.amount && seen.refunded == order.refunded, "G7: amounts");
            require(seen.customer == order.customer && seen.cause == order.cause, "G7: parties");
            require(seen.returnDeadline == order.paidAt + order.window, "G7: window");
        }
        if (orders.length == 0) return;
        GhostOrder storage again = orders[(clock + live.length) % orders.length];
        Order memory paid = abi.decode(again.encoded, (Order));
        _allow(again.payer, paid.amount);
        vm.prank(again.payer);
        try checkout.pay(paid) {
            revert("G7: paid twice");
        } catch (bytes memory reason) {
            bytes memory expected = abi.encodeWithSelector(ICheckout.Checkout_OrderAlreadyPaid.selector, again.key);
            require(keccak256(reason) == keccak256(expected), "G7: refused otherwise");
        }
    }

    /// @dev After every third call, by chance, a member leaves with everything, by any one of the vault's signers, sent by a
    /// stranger; forge undoes it. What is in
    /// the vaults {G4_nobody_elses_hands} looks at after every call.
    function G8_exit() public {
        if (uint256(keccak256(abi.encode(clock, live.length, orders.length))) % 3 != 0) return;
        GhostMember storage member = _turn(clock + live.length + orders.length);
        uint256[] memory kept = _kept(member.vault);
        address home = vm.addr(0x405e);
        Withdrawal memory out = Withdrawal(kept, type(uint256).max, home, clock);
        _sendWithdrawal(member, out, stranger, _leaveSignature(member, out));
        require(fec.balanceOf(home) == coins[member.vault], "G8: coins");
        require(adn.balanceOf(home) == kept.length && adn.balanceOf(member.vault) == 0, "G8: nodes");
        require(custodian.nonceOf(member.vault, _signer(member)) == member.nonce + 1, "G8: nonce");
    }

    // ------------------------------------------------------------------- report

    /// @dev One line a run: action, successes, action, successes, …
    function _report() private {
        string memory path = vm.envOr("FEC_FUZZ_REPORT", "");
        if (bytes(path).length == 0) return;
        string memory line = "";
        for (uint256 i = 0; i < done.length; ++i) {
            line = string.concat(line, i == 0 ? "" : ",", done[i], ",", vm.toString(times[done[i]]));
        }
        vm.writeLine(path, line);
    }
}
