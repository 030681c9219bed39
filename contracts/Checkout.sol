// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1363Receiver} from "@openzeppelin/contracts/interfaces/IERC1363Receiver.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {Alliances} from "./checkout/Alliances.sol";
import {ProgramTerms} from "./checkout/ProgramTerms.sol";
import {Rewards} from "./checkout/Rewards.sol";
import {SettledSales} from "./checkout/SettledSales.sol";
import {IADN, Program} from "./interfaces/IADN.sol";
import {ICheckout, Order, OrderStatus, PaidOrder, Quote} from "./interfaces/ICheckout.sol";
import {IFEC} from "./interfaces/IFEC.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {PaymentShares} from "./libraries/PaymentShares.sol";
import {ReleaseCurve} from "./libraries/ReleaseCurve.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Checkout
/// @notice See {ICheckout}.
contract Checkout is Alliances, Rewards, SettledSales, EIP712, IERC1363Receiver {
    using SafeERC20 for IFEC;

    /// @dev A paid order. The first word is all that is written for an order captured at once. `customer` is zero where it is the
    /// payer.
    struct OrderRecord {
        address payer;
        uint40 paidAt;
        uint32 version;
        uint16 burnBps;
        OrderStatus status;
        uint96 amount;
        uint96 refunded;
        uint32 programId;
        address customer;
        address cause;
    }

    /// @dev What a payment comes to, by the terms now in force, and what of these decides about it. Amounts in wei.
    struct Assessment {
        uint256 version;
        uint256 allianceId;
        uint256 reserved;
        address signer;
        address treasury;
        uint256 returnWindow;
        uint256 donationBps;
        uint256 burnBps;
        uint256 toMerchant;
        uint256 burned;
        uint256 donated;
    }

    // ---------------------------------------------------------------- constants

    /// @inheritdoc ICheckout
    uint256 public constant MINT_GAS = 400_000;

    /// @dev What is left to do in a capture after the mint, with room to spare.
    uint256 private constant GAS_AFTER_MINT = 150_000;

    // -------------------------------------------------------------------- state

    mapping(bytes32 orderKey => OrderRecord) private _orders;

    constructor(IADN adn_) ProgramTerms(adn_) EIP712("FEC Checkout", "1") {}

    // ------------------------------------------------------------------ payment

    // Orders are taken apart once, into memory: they are hashed there.
    // solhint-disable gas-calldata-parameters

    /// @inheritdoc ICheckout
    function pay(Order memory order) external returns (uint256 tokenId) {
        return _payFromAllowance(order);
    }

    /// @inheritdoc ICheckout
    function payWithPermit(Order memory order, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (uint256 tokenId)
    {
        // A permit that somebody else sent first has already given the allowance.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(fec)).permit(msg.sender, address(this), order.amount, deadline, v, r, s) {} catch {}
        // The coupon and the nodes are ours; the receiver's hook comes last.
        // slither-disable-next-line reentrancy-events
        return _payFromAllowance(order);
    }

    /// @inheritdoc ICheckout
    function payFromNodes(Order memory order, uint256[] calldata tokenIds) external returns (uint256 tokenId) {
        // The owners are paid; what the payer lacks, the transfer says.
        // slither-disable-next-line unused-return,reentrancy-events
        adn.claimFor(tokenIds);
        return _payFromAllowance(order);
    }

    /// @inheritdoc ICheckout
    function payWithAuthorization(
        Order memory order,
        address payer,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external returns (uint256 tokenId) {
        // slither-disable-next-line uninitialized-local -- _assess fills it
        Assessment memory assessment;
        bytes32 orderKey = _book(order, payer, assessment);
        // Our own coupon, which calls nobody but to verify, and then only reads.
        // slither-disable-next-line reentrancy-events
        ERC20TransferAuthorization(address(fec))
            .receiveWithAuthorization(
                payer, address(this), order.amount, validAfter, validBefore, hashOrder(order), signature
            );
        return _settle(order, orderKey, assessment);
    }

    // solhint-enable gas-calldata-parameters

    /// @notice Takes FEC sent with `transferAndCall`, and pays the order in `data` with it.
    /// @param from Who paid.
    /// @param value What they sent, in wei: what the order asks for.
    /// @param data ABI-encoded {Order}.
    /// @inheritdoc IERC1363Receiver
    function onTransferReceived(address, address from, uint256 value, bytes calldata data) external returns (bytes4) {
        if (msg.sender != address(fec)) revert Checkout_NotFEC(msg.sender);
        Order memory order = abi.decode(data, (Order));
        if (value != order.amount) revert Checkout_WrongAmount(value, order.amount);
        // slither-disable-next-line uninitialized-local -- _assess fills it
        Assessment memory assessment;
        bytes32 orderKey = _book(order, from, assessment);
        _settle(order, orderKey, assessment);
        return IERC1363Receiver.onTransferReceived.selector;
    }

    /// @inheritdoc ICheckout
    function capture(bytes32[] calldata orderKeys) external {
        for (uint256 i = 0; i < orderKeys.length; ++i) {
            bytes32 orderKey = orderKeys[i];
            OrderRecord storage order = _orders[orderKey];
            if (order.status == OrderStatus.Unpaid) revert Checkout_UnknownOrder(orderKey);
            if (order.status == OrderStatus.Escrowed) _capture(orderKey, order);
        }
    }

    /// @inheritdoc ICheckout
    function refund(bytes32 orderKey, uint256 amount) external {
        OrderRecord storage order = _orders[orderKey];
        if (order.status == OrderStatus.Unpaid) revert Checkout_UnknownOrder(orderKey);
        if (order.status != OrderStatus.Escrowed) revert Checkout_OrderFinal(orderKey, order.status);
        uint256 programId = order.programId;
        _checkSignerOrOperator(programId);
        TermsRecord storage terms = _terms[programId][order.version];
        uint256 returnDeadline = uint256(order.paidAt) + terms.returnWindow;
        if (block.timestamp >= returnDeadline) revert Checkout_ReturnWindowClosed(orderKey, returnDeadline);
        uint256 left = order.amount - order.refunded;
        if (amount == 0 || amount > left) revert Checkout_RefundTooHigh(orderKey, amount, left);

        uint256 burnBps = order.burnBps;
        uint256 released = PaymentShares.burnUp(left, burnBps) - PaymentShares.burnUp(left - amount, burnBps);
        // forge-lint: disable-next-line(unsafe-typecast) -- part of what this order reserved, in 96 bits
        _programStates[programId].reserved -= uint96(released);
        // forge-lint: disable-next-line(unsafe-typecast) -- at most `left`, from 96 bits
        order.refunded += uint96(amount);
        if (amount == left) order.status = OrderStatus.Refunded;
        emit OrderRefunded(orderKey, amount, order.refunded);
        fec.safeTransfer(order.payer, amount);
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc ICheckout
    function quote(uint256 programId, address customer, uint256 amount) external view returns (Quote memory) {
        _checkAmount(amount);
        _checkAccount(customer);
        // slither-disable-next-line uninitialized-local -- _assess fills it
        Assessment memory assessment;
        (TermsRecord storage terms,, uint256 spend, uint256 tier) = _assess(programId, customer, assessment);
        uint256 principal = PaymentShares.burnUp(amount, assessment.burnBps);
        _checkQuota(programId, principal);
        Program memory program = adn.programOf(programId);
        uint256 returnDeadline = block.timestamp + assessment.returnWindow;
        // slither-disable-next-line weak-prng -- a place on the grid of periods; nothing is drawn by lot
        uint256 start = returnDeadline - (returnDeadline - program.origin) % program.periodLength;
        return Quote({
            termsVersion: assessment.version,
            tier: tier,
            spend: spend,
            toMerchant: amount - principal,
            donation: PaymentShares.donationDown(amount, assessment.donationBps),
            principal: principal,
            face: principal * ReleaseCurve.FACE_MULTIPLE,
            returnDeadline: returnDeadline,
            start: start,
            firstRelease: start + program.periodLength,
            lastRelease: start + ReleaseCurve.PERIODS * program.periodLength,
            minClaim: terms.minClaim
        });
    }

    /// @inheritdoc ICheckout
    function orderOf(bytes32 orderKey) external view returns (PaidOrder memory) {
        OrderRecord storage order = _orders[orderKey];
        bool escrow = order.amount != 0;
        return PaidOrder({
            status: order.status,
            payer: order.payer,
            customer: order.customer == address(0) && escrow ? order.payer : order.customer,
            cause: order.cause,
            programId: order.programId,
            termsVersion: order.version,
            burnBps: order.burnBps,
            paidAt: order.paidAt,
            returnDeadline: escrow ? order.paidAt + _terms[order.programId][order.version].returnWindow : order.paidAt,
            amount: order.amount,
            refunded: order.refunded
        });
    }

    /// @inheritdoc ICheckout
    function orderKeyOf(uint256 programId, bytes32 orderId) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32(programId), orderId);
    }

    /// @inheritdoc ICheckout
    function hashInvoice(Order memory order) public view returns (bytes32) {
        return _hashTypedDataV4(OrderHash.ofInvoice(order));
    }

    /// @inheritdoc ICheckout
    function hashOrder(Order memory order) public view returns (bytes32) {
        return _hashTypedDataV4(OrderHash.ofOrder(order));
    }

    // ---------------------------------------------------------------- internals

    function _payFromAllowance(Order memory order) private returns (uint256 tokenId) {
        // slither-disable-next-line uninitialized-local -- _assess fills it
        Assessment memory assessment;
        bytes32 orderKey = _book(order, msg.sender, assessment);
        fec.safeTransferFrom(msg.sender, address(this), order.amount);
        return _settle(order, orderKey, assessment);
    }

    /// @dev Checks an order, assesses it and books it; the coins come next, then {_settle}.
    function _book(Order memory order, address payer, Assessment memory assessment) private returns (bytes32 orderKey) {
        // Check: the order is new, the merchant's own, and gives what the shopper expects.
        orderKey = orderKeyOf(order.programId, order.orderId);
        if (_orders[orderKey].status != OrderStatus.Unpaid) revert Checkout_OrderAlreadyPaid(orderKey);
        (TermsRecord storage terms, Spend storage spent,,) = _assess(order.programId, order.customer, assessment);
        _checkOrder(order, assessment.signer, terms);
        bool escrowed = assessment.returnWindow != 0;
        (uint256 toMerchant, uint256 burned, uint256 donated) = PaymentShares.split(
            order.amount, assessment.burnBps, order.cause == address(0) ? 0 : assessment.donationBps
        );
        if (burned < order.minPrincipal) revert Checkout_PrincipalTooSmall(burned, order.minPrincipal);
        // With nothing reserved and the node minted at once, the mint itself checks the quota.
        if (escrowed || assessment.reserved != 0) _checkQuota(order.programId, burned);
        (assessment.toMerchant, assessment.burned, assessment.donated) = (toMerchant, burned, donated);

        // Effect: the order, pinned to its terms, and the reservation or the credit.
        _record(order, orderKey, payer, assessment);
        if (escrowed) {
            // forge-lint: disable-next-line(unsafe-typecast) -- a part of the quota, in 96 bits
            _programStates[order.programId].reserved = uint96(assessment.reserved + burned);
        } else {
            _credit(spent, assessment.allianceId, order.customer, order.amount);
        }
    }

    /// @dev Interaction: the merchant, the cause, and last the node, whose receiver may have a hook.
    function _settle(Order memory order, bytes32 orderKey, Assessment memory assessment)
        private
        returns (uint256 tokenId)
    {
        if (assessment.returnWindow != 0) return 0;
        uint256 burned = assessment.burned;
        _payOut(assessment.treasury, assessment.toMerchant, order.cause, assessment.donated);
        // The receiver's hook comes after all state; only this event, which needs the id, follows it.
        // slither-disable-next-line reentrancy-events
        tokenId = adn.mint(order.programId, burned, order.customer);
        emit OrderCaptured(orderKey, tokenId, assessment.toMerchant, burned, assessment.donated, order.cause, 0);
    }

    function _checkOrder(Order memory order, address signer, TermsRecord storage terms) private view {
        if (block.timestamp > order.expiry) revert Checkout_OrderExpired(order.expiry, block.timestamp);
        _checkAmount(order.amount);
        _checkAccount(order.customer);
        if (!Signatures.isValid(signer, hashInvoice(order), order.merchantSignature)) {
            revert Checkout_InvalidSignature(order.programId, signer);
        }
        if (order.cause != address(0) && !terms.isCause[order.cause]) {
            revert Checkout_UnknownCause(order.programId, order.cause);
        }
    }

    function _record(Order memory order, bytes32 orderKey, address payer, Assessment memory assessment) private {
        OrderRecord storage record = _orders[orderKey];
        uint256 returnWindow = assessment.returnWindow;
        OrderStatus status = returnWindow == 0 ? OrderStatus.Captured : OrderStatus.Escrowed;
        uint256 word = uint160(payer) | (block.timestamp << 160) | (assessment.version << 200)
            | (assessment.burnBps << 232) | (uint256(status) << 248);
        // The first word in one write: the compiler would make three.
        // solhint-disable no-inline-assembly
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            sstore(record.slot, word)
        }
        // solhint-enable no-inline-assembly
        if (returnWindow != 0) {
            record.amount = uint96(order.amount);
            record.programId = uint32(order.programId);
            if (order.customer != payer) record.customer = order.customer;
            if (order.cause != address(0)) record.cause = order.cause;
        }
        emit OrderPaid(
            orderKey,
            order.programId,
            order.customer,
            payer,
            order.orderId,
            order.amount,
            order.currencyReference,
            assessment.version,
            assessment.burnBps,
            returnWindow == 0 ? 0 : block.timestamp + returnWindow
        );
    }

    function _capture(bytes32 orderKey, OrderRecord storage order) private {
        uint256 programId = order.programId;
        TermsRecord storage terms = _terms[programId][order.version];
        uint256 returnDeadline = uint256(order.paidAt) + terms.returnWindow;
        if (block.timestamp < returnDeadline) revert Checkout_ReturnWindowOpen(orderKey, returnDeadline);
        uint256 amount = order.amount - order.refunded;
        address cause = order.cause;
        (uint256 toMerchant, uint256 burned, uint256 donated) =
            PaymentShares.split(amount, order.burnBps, cause == address(0) ? 0 : terms.donationBps);
        address customer = order.customer == address(0) ? order.payer : order.customer;

        order.status = OrderStatus.Captured;
        ProgramState storage state = _programStates[programId];
        // forge-lint: disable-next-line(unsafe-typecast) -- what this order reserved, in 96 bits
        state.reserved -= uint96(burned);
        uint256 allianceId = state.allianceId;
        _payOut(terms.treasury, toMerchant, cause, donated);

        // The mint gets a fixed amount of gas, whatever the caller sent: too little cannot make it fail, and a receiver that
        // burns all it gets cannot make the others' captures fail.
        uint256 needed = (MINT_GAS * 64) / 63 + GAS_AFTER_MINT;
        uint256 left = gasleft();
        if (left < needed) revert Checkout_GasTooLow(left, needed);
        uint256 returned = 0;
        uint256 tokenId = 0;
        // Gas is fixed, failure is caught, the order is final already.
        // slither-disable-next-line reentrancy-benign,reentrancy-events,calls-loop
        try adn.mint{gas: MINT_GAS}(programId, burned, customer) returns (uint256 minted) {
            tokenId = minted;
        } catch {
            (returned, burned) = (burned, 0);
            fec.safeTransfer(order.payer, returned);
        }
        // What came back is no spend.
        _credit(_spentWith(programId, customer), allianceId, customer, amount - returned);
        emit OrderCaptured(orderKey, tokenId, toMerchant, burned, donated, cause, returned);
    }

    function _payOut(address treasury, uint256 toMerchant, address cause, uint256 donated) private {
        if (toMerchant != 0) fec.safeTransfer(treasury, toMerchant);
        if (donated != 0) fec.safeTransfer(cause, donated);
    }

    /// @dev Reads what the terms say, each word once, and writes it into `assessment`.
    function _assess(uint256 programId, address customer, Assessment memory assessment)
        private
        view
        returns (TermsRecord storage terms, Spend storage spent, uint256 spend, uint256 tier)
    {
        ProgramState storage state = _programStates[programId];
        (uint256 version, uint256 allianceId, uint256 reserved) = (state.version, state.allianceId, state.reserved);
        if (version == 0) revert Checkout_NoTerms(programId);
        terms = _terms[programId][version];
        (assessment.version, assessment.allianceId, assessment.reserved) = (version, allianceId, reserved);
        (address signer, uint256 returnWindow, uint256 donationBps, uint256 burnBps) =
            (terms.signer, terms.returnWindow, terms.donationBps, terms.burnBps);
        (address treasury, uint256 tiers1And2) = (terms.treasury, terms.tiers1And2);
        (assessment.signer, assessment.treasury) = (signer, treasury);
        (assessment.returnWindow, assessment.donationBps) = (returnWindow, donationBps);
        spent = _spentWith(programId, customer);
        spend = _better(spent, allianceId, customer);
        (tier, assessment.burnBps) = _tierOf(terms, tiers1And2, burnBps, spend);
    }
}
