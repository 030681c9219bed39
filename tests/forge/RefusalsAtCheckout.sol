// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC1363} from "@openzeppelin/contracts/interfaces/IERC1363.sol";
import {IERC1363Receiver} from "@openzeppelin/contracts/interfaces/IERC1363Receiver.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

import {IADN} from "../../contracts/interfaces/IADN.sol";
import {ICheckout, Order, OrderStatus, Terms} from "../../contracts/interfaces/ICheckout.sol";
import {IFEC} from "../../contracts/interfaces/IFEC.sol";
import {Custody} from "./Custody.sol";
import {vm} from "./Vm.sol";

/// @title Calls on programs, on Checkout and on the coupon that have to fail, with one error and its values
abstract contract RefusalsAtCheckout is Custody {
    // ----------------------------------------------------------------- programs

    function refuseProgramCalls(uint256 seed) external {
        uint256 programId = 1 + _rand(seed, "program") % programs.length;
        _refuseMints(seed, programId);
        _refuseOwners(seed, programId);
        _refuseOperators(seed, programId);
        _refuseAlliances(programId);
    }

    function _refuseMints(uint256 seed, uint256 programId) private {
        GhostProgram storage program = _program(programId);
        address caller = program.issuer == address(0) ? people[0] : program.issuer;
        uint256 amount = program.quota + 1;
        bytes memory expected =
            abi.encodeWithSelector(IADN.ADN_QuotaExceeded.selector, programId, amount, program.quota);
        uint256 kind = _rand(seed, "mint") % 4;
        if (kind == 1) amount = 0;
        if (kind == 1) expected = abi.encodeWithSelector(IADN.ADN_ZeroPrincipal.selector);
        if (kind == 2 && program.issuer != address(0)) {
            caller = stranger;
            expected = abi.encodeWithSelector(IADN.ADN_NotIssuer.selector, programId, stranger, program.issuer);
        }
        if (kind == 2 && program.issuer == address(0) && program.quota != 0) {
            (caller, amount) = (stranger, 1);
            expected = abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, stranger, 0, 1);
        }
        if (program.closed) expected = abi.encodeWithSelector(IADN.ADN_ProgramClosed.selector, programId);
        if (kind == 3) {
            programId = programs.length + 1;
            expected = abi.encodeWithSelector(IADN.ADN_UnknownProgram.selector, programId);
        }
        _refused(caller, address(adn), abi.encodeCall(IADN.mint, (programId, amount, caller)), expected, "a mint");
    }

    function _refuseOwners(uint256 seed, uint256 programId) private {
        uint256 kind = _rand(seed, "owner") % 6;
        address caller = kind == 0 ? _program(programId).operator : admin;
        if (caller == admin && kind == 0) return;
        uint256 length = kind == 1 ? 12 hours - 1 : kind == 2 ? 90 days + 1 : 1 days;
        uint256 origin = kind == 3 ? clock + 1 : clock;
        uint256 quota = kind == 4 ? budget + 1 : 0;
        bytes memory call = abi.encodeCall(IADN.createProgram, (caller, caller, uint32(length), uint40(origin), quota));
        bytes memory expected = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
        if (kind == 1 || kind == 2) {
            expected = abi.encodeWithSelector(IADN.ADN_PeriodOutOfRange.selector, length, 12 hours, 90 days);
        }
        if (kind == 3) expected = abi.encodeWithSelector(IADN.ADN_OriginInFuture.selector, origin, clock);
        if (kind == 4) expected = abi.encodeWithSelector(IADN.ADN_BudgetExceeded.selector, quota, budget);
        if (kind == 5) {
            call = abi.encodeCall(IADN.grantQuota, (programId, budget + 1));
            expected = _program(programId).closed
                ? abi.encodeWithSelector(IADN.ADN_ProgramClosed.selector, programId)
                : abi.encodeWithSelector(IADN.ADN_BudgetExceeded.selector, budget + 1, budget);
        }
        _refused(caller, address(adn), call, expected, "an admission");
    }

    function _refuseOperators(uint256 seed, uint256 programId) private {
        uint256 kind = _rand(seed, "operator") % 4;
        address target = address(adn);
        bytes memory call = abi.encodeCall(IADN.setProgramOperator, (programId, stranger));
        bytes memory expected = abi.encodeWithSelector(IADN.ADN_NotProgramOperator.selector, programId, stranger);
        if (kind == 1) {
            if (_program(programId).closed) return;
            call = abi.encodeCall(IADN.closeProgram, (programId));
        }
        if (kind == 2) {
            Terms memory terms;
            (target, call) = (address(checkout), abi.encodeCall(ICheckout.setTerms, (programId, terms)));
            expected = abi.encodeWithSelector(ICheckout.Checkout_NotProgramOperator.selector, programId, stranger);
        }
        if (kind == 3) {
            target = address(fec);
            call = abi.encodeCall(IFEC.mint, (stranger, 1));
            expected = abi.encodeWithSelector(IFEC.FEC_NotMinter.selector, stranger, address(adn));
        }
        _refused(stranger, target, call, expected, "a stranger with a program");
    }

    function _refuseAlliances(uint256 programId) private {
        GhostProgram storage program = _program(programId);
        bytes memory call;
        bytes memory expected;
        if (program.alliance == 0) {
            call = abi.encodeCall(ICheckout.leaveAlliance, (programId));
            expected = abi.encodeWithSelector(ICheckout.Checkout_NotInAlliance.selector, programId);
        } else {
            call = abi.encodeCall(ICheckout.foundAlliance, (programId));
            expected =
                abi.encodeWithSelector(ICheckout.Checkout_AlreadyInAlliance.selector, programId, program.alliance);
        }
        _refused(program.operator, address(checkout), call, expected, "an alliance");
        uint256 alliance = _alliance(programId);
        if (alliance == 0 || program.alliance != 0) return;
        uint256 objector = _objector(alliance, programId);
        if (objector == 0) return;
        call = abi.encodeCall(ICheckout.joinAlliance, (programId, alliance));
        expected = abi.encodeWithSelector(ICheckout.Checkout_NotApprovedBy.selector, alliance, objector, programId);
        _refused(program.operator, address(checkout), call, expected, "joining without consent");
    }

    // --------------------------------------------------------------------- checkout

    function refuseCheckoutCalls(uint256 seed) external {
        _refusePayments(seed);
        _refuseForgeries(seed);
        _refuseForgeries(~seed);
        _refuseOrders(seed);
        _refuseEarlyCapture(seed);
        _refuseRewards(seed);
    }

    function _refusePayments(uint256 seed) private {
        (Order memory order, address payer) = _order(seed, _person(seed, "payer"));
        if (order.amount == 0) return;
        Terms memory terms = _terms(order.programId, _program(order.programId).version);
        bytes memory expected;
        uint256 kind = _rand(seed, "payment") % 6;
        if (kind == 0) order.expiry = clock - 1;
        if (kind == 0) expected = abi.encodeWithSelector(ICheckout.Checkout_OrderExpired.selector, clock - 1, clock);
        if (kind == 1) (order.amount, order.minPrincipal) = (0, 0);
        if (kind == 1) {
            expected = abi.encodeWithSelector(ICheckout.Checkout_AmountOutOfRange.selector, 0, type(uint96).max);
        }
        if (kind == 2) order.customer = address(0);
        if (kind == 2) expected = abi.encodeWithSelector(ICheckout.Checkout_InvalidAccount.selector, address(0));
        if (kind == 3) order.cause = stranger;
        if (kind == 3) {
            expected = abi.encodeWithSelector(ICheckout.Checkout_UnknownCause.selector, order.programId, stranger);
        }
        if (kind == 4) order.minPrincipal = _burnOf(order) + 1;
        if (kind == 4) {
            expected = abi.encodeWithSelector(
                ICheckout.Checkout_PrincipalTooSmall.selector, order.minPrincipal - 1, order.minPrincipal
            );
        }
        if (kind == 5) {
            uint256 left = _quotaLeft(order.programId);
            order.amount = (left + 1) * 10;
            if (terms.returnWindow == 0 && _reserved(order.programId) == 0) return;
            expected = abi.encodeWithSelector(
                ICheckout.Checkout_QuotaExceeded.selector, order.programId, _burnOf(order), left
            );
        }
        _signInvoice(order);
        _refused(payer, address(checkout), abi.encodeCall(ICheckout.pay, (order)), expected, "a payment");
    }

    function _refuseForgeries(uint256 seed) private {
        (Order memory order, address payer) = _order(seed, _person(seed, "payer"));
        if (order.amount < 2) return;
        uint256 kind = _rand(seed, "forgery") % 4;
        bytes memory call;
        bytes memory expected;
        if (kind == 0) {
            // The invoice of another amount.
            address signer = _terms(order.programId, _program(order.programId).version).signer;
            (order.amount, order.minPrincipal) = (order.amount - 1, 0);
            call = abi.encodeCall(ICheckout.pay, (order));
            expected = abi.encodeWithSelector(ICheckout.Checkout_InvalidSignature.selector, order.programId, signer);
            _refused(payer, address(checkout), call, expected, "a forged invoice");
        }
        if (kind == 1) {
            bytes memory signature = _authorization(order, payer);
            order.customer = causes[0];
            order.minPrincipal = 0;
            if (_burnOf(order) > _quotaLeft(order.programId)) return;
            call = abi.encodeCall(ICheckout.payWithAuthorization, (order, payer, clock - 1, clock + 1, signature));
            expected = abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);
            _refused(stranger, address(checkout), call, expected, "a relayed order that was changed");
        }
        if (kind == 2) {
            uint256 sent = order.amount - 1;
            call = abi.encodeWithSignature(
                "transferAndCall(address,uint256,bytes)", address(checkout), sent, abi.encode(order)
            );
            expected = abi.encodeWithSelector(ICheckout.Checkout_WrongAmount.selector, sent, order.amount);
            _refused(payer, address(fec), call, expected, "a transfer of another amount");
        }
        if (kind == 3) {
            call = abi.encodeCall(IERC1363Receiver.onTransferReceived, (payer, payer, order.amount, abi.encode(order)));
            expected = abi.encodeWithSelector(ICheckout.Checkout_NotFEC.selector, stranger);
            _refused(stranger, address(checkout), call, expected, "a transfer that was none");
        }
    }

    function _refuseOrders(uint256 seed) private {
        if (orders.length == 0) return;
        GhostOrder storage order = orders[_rand(seed, "order") % orders.length];
        bool early = clock < order.paidAt + order.window;
        bool escrowed = order.status == OrderStatus.Escrowed;
        uint256 kind = _rand(seed, "what") % 3;
        _refusePaidOrder(order);
        uint256 left = order.amount - order.refunded;
        uint256 amount = kind == 1 ? left + 1 : 0;
        address caller = kind == 2 && escrowed ? stranger : _program(order.programId).operator;
        bytes memory expected =
            abi.encodeWithSelector(ICheckout.Checkout_RefundTooHigh.selector, order.key, amount, left);
        if (!early) {
            uint256 closed = order.paidAt + order.window;
            expected = abi.encodeWithSelector(ICheckout.Checkout_ReturnWindowClosed.selector, order.key, closed);
        }
        if (caller == stranger) {
            expected =
                abi.encodeWithSelector(ICheckout.Checkout_NotSignerOrOperator.selector, order.programId, stranger);
        }
        if (!escrowed) {
            expected = abi.encodeWithSelector(ICheckout.Checkout_OrderFinal.selector, order.key, order.status);
        }
        _refused(caller, address(checkout), abi.encodeCall(ICheckout.refund, (order.key, amount)), expected, "a refund");
    }

    function _refuseEarlyCapture(uint256 seed) private {
        uint256 i = _refundable(seed);
        if (i == type(uint256).max) return;
        GhostOrder storage order = orders[i];
        bytes32[] memory keys = new bytes32[](1);
        keys[0] = order.key;
        bytes memory expected = abi.encodeWithSelector(
            ICheckout.Checkout_ReturnWindowOpen.selector, order.key, order.paidAt + order.window
        );
        _refused(stranger, address(checkout), abi.encodeCall(ICheckout.capture, (keys)), expected, "an early capture");
    }

    /// @dev Every other way to pay it again; plain allowance is tried after each step anyway.
    function _refusePaidOrder(GhostOrder storage order) private {
        Order memory paid = abi.decode(order.encoded, (Order));
        bytes memory expected = abi.encodeWithSelector(ICheckout.Checkout_OrderAlreadyPaid.selector, order.key);
        if (keyOf[order.payer] == 0) return;
        bytes memory call = abi.encodeWithSignature(
            "transferAndCall(address,uint256,bytes)", address(checkout), paid.amount, abi.encode(paid)
        );
        if (coins[order.payer] >= paid.amount) {
            _refused(order.payer, address(fec), call, expected, "a second payment by transfer");
        }
        bytes memory signature = _authorization(paid, order.payer);
        call = abi.encodeCall(ICheckout.payWithAuthorization, (paid, order.payer, clock - 1, clock + 1, signature));
        _refused(stranger, address(checkout), call, expected, "a second payment by authorization");
    }

    function _refuseRewards(uint256 seed) private {
        if (batches.length == 0) return;
        uint256 batchId = 1 + _rand(seed, "batch") % batches.length;
        GhostBatch storage batch = batches[batchId - 1];
        uint256 index = _rand(seed, "index") % batch.amounts.length;
        (, bytes32[] memory proof) = _tree(batch, index);
        bool over = clock > batch.deadline;
        bytes memory expected = abi.encodeWithSelector(ICheckout.Checkout_BatchOver.selector, batchId, batch.deadline);
        uint256 amount = batch.amounts[index];
        if (!over && batch.taken[index]) {
            expected = abi.encodeWithSelector(ICheckout.Checkout_RewardTaken.selector, batchId, index);
        } else if (!over) {
            ++amount;
            expected = abi.encodeWithSelector(ICheckout.Checkout_InvalidProof.selector, batchId, index);
        }
        bytes memory call = abi.encodeCall(ICheckout.takeReward, (batchId, index, batch.shoppers[index], amount, proof));
        _refused(stranger, address(checkout), call, expected, "a reward");
        bool closed = _program(batch.programId).closed;
        expected = abi.encodeWithSelector(ICheckout.Checkout_BatchOpen.selector, batchId, batch.deadline);
        if (over || closed) {
            if (batch.left != 0) return;
            expected = abi.encodeWithSelector(ICheckout.Checkout_BatchExhausted.selector, batchId, 0, 0);
        }
        call = abi.encodeCall(ICheckout.reclaimRewards, (batchId));
        _refused(stranger, address(checkout), call, expected, "a reclaim");
    }
}
