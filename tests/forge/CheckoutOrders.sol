// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1363} from "@openzeppelin/contracts/interfaces/IERC1363.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {Order, OrderStatus, Terms} from "../../contracts/interfaces/ICheckout.sol";
import {Admission} from "./Admission.sol";
import {vm} from "./Vm.sol";

/// @title Orders at Checkout: payments, refunds, captures
abstract contract CheckoutOrders is Admission {
    uint256 private _orderIds;

    // ------------------------------------------------------------------ payments

    function payByAllowance(uint256 seed) external {
        (Order memory order, address payer) = _order(seed, _person(seed, "payer"));
        if (order.amount == 0) return;
        _allow(payer, order.amount);
        vm.prank(payer);
        _paid(order, payer, checkout.pay(order));
        _succeeded("payByAllowance");
    }

    function payByPermit(uint256 seed) external {
        (Order memory order, address payer) = _order(seed, _person(seed, "payer"));
        if (order.amount == 0) return;
        bytes32 hash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                payer,
                address(checkout),
                order.amount,
                IERC20Permit(address(fec)).nonces(payer),
                clock
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[payer], _digest(address(fec), "Fortune Earnings Coupon", hash));
        if (_rand(seed, "front run") % 3 == 0) {
            vm.prank(stranger);
            IERC20Permit(address(fec)).permit(payer, address(checkout), order.amount, clock, v, r, s);
        }
        vm.prank(payer);
        _paid(order, payer, checkout.payWithPermit(order, clock, v, r, s));
        _succeeded("payByPermit");
    }

    function payByTransfer(uint256 seed) external {
        (Order memory order, address payer) = _order(seed, _person(seed, "payer"));
        if (order.amount == 0) return;
        vm.prank(payer);
        require(IERC1363(address(fec)).transferAndCall(address(checkout), order.amount, abi.encode(order)));
        _paid(order, payer);
        _succeeded("payByTransfer");
    }

    /// @dev Relayed by a stranger.
    function payByAuthorization(uint256 seed) external {
        (Order memory order, address payer) = _order(seed, _person(seed, "payer"));
        if (order.amount == 0) return;
        bytes memory signature = _authorization(order, payer);
        vm.prank(stranger);
        _paid(order, payer, checkout.payWithAuthorization(order, payer, clock - 1, clock + 1, signature));
        _succeeded("payByAuthorization");
    }

    /// @dev Any nodes: what they pay goes to their owners.
    function payFromNodes(uint256 seed) external {
        uint256 first = _payingNode(seed);
        if (first == 0) return;
        uint256[] memory batch = _someNodes(seed, 1 + _rand(seed, "count") % 3);
        batch[0] = first;
        _claimAll(batch);
        (Order memory order, address payer) = _order(seed, nodes[first].owner);
        if (order.amount == 0) {
            adn.claimFor(batch);
            return;
        }
        _allow(payer, order.amount);
        vm.prank(payer);
        _paid(order, payer, checkout.payFromNodes(order, batch));
        _succeeded("payFromNodes");
    }

    /// @dev The last second of an order's return window, the first after it, or the one after that.
    function waitForWindow(uint256 seed) external {
        for (uint256 i = orders.length; i > 0; --i) {
            uint256 deadline = orders[i - 1].paidAt + orders[i - 1].window;
            if (orders[i - 1].status != OrderStatus.Escrowed || clock >= deadline) continue;
            _wait(deadline + _rand(seed, "second") % 3 - 1);
            _succeeded("waitForWindow");
            return;
        }
    }

    // --------------------------------------------------------- refunds, captures

    function refundPart(uint256 seed) external {
        uint256 i = _refundable(seed);
        if (i == type(uint256).max) return;
        uint256 left = orders[i].amount - orders[i].refunded;
        if (left < 2) return;
        _refund(seed, i, _amount(seed, left - 1));
        _succeeded("refundPart");
    }

    function refundWhole(uint256 seed) external {
        uint256 i = _refundable(seed);
        if (i == type(uint256).max) return;
        _refund(seed, i, orders[i].amount - orders[i].refunded);
        _succeeded("refundWhole");
    }

    function captureOne(uint256 seed) external {
        uint256[] memory due = _due(seed, 1);
        if (due.length == 0) return;
        _captureAll(due);
        _succeeded("captureOne");
    }

    /// @dev With orders that are final among them, which are skipped.
    function captureBatch(uint256 seed) external {
        uint256[] memory due = _due(seed, 6);
        if (due.length < 2) return;
        _captureAll(due);
        _succeeded("captureBatch");
    }

    // -------------------------------------------------------------------- orders

    /// @dev An order that `payer` can pay now; its amount is zero if there is none.
    function _order(uint256 seed, address payer) internal returns (Order memory order, address) {
        order = _plan(seed, payer);
        if (order.amount != 0) _signInvoice(order);
        return (order, payer);
    }

    function _plan(uint256 seed, address payer) private returns (Order memory order) {
        uint256 programId = _sellingProgram(seed);
        if (programId == 0) return order;
        Terms memory terms = _terms(programId, _program(programId).version);
        order.programId = programId;
        order.orderId = bytes32(++_orderIds);
        order.currencyReference = bytes32(seed);
        order.expiry = clock + _rand(seed, "expiry") % 2 * 1 days;
        order.customer = _rand(seed, "own") % 2 == 0 ? payer : _owner(seed, "customer");
        // The coupon accepts no nodes: the capture returns the burn.
        if (terms.returnWindow != 0 && _rand(seed, "refusing") % 4 == 0) order.customer = address(fec);
        if (terms.causes.length != 0 && _rand(seed, "cause") % 3 != 0) {
            order.cause = terms.causes[seed % terms.causes.length];
        }
        uint256 burnBps = _burnBps(terms, _spend(programId, order.customer));
        uint256 most = _quotaLeft(programId) * 10_000 / burnBps;
        if (most > coins[payer]) most = coins[payer];
        order.amount = _amount(seed, most);
        uint256 burned = _burnShare(order.amount, burnBps);
        order.minPrincipal = _rand(seed, "least") % 2 == 0 ? burned : 0;
    }

    function _signInvoice(Order memory order) internal view {
        bytes32 hash = keccak256(
            abi.encode(
                keccak256(
                    "Invoice(uint256 programId,bytes32 orderId,uint256 amount,bytes32 currencyReference,uint256 expiry)"
                ),
                order.programId,
                order.orderId,
                order.amount,
                order.currencyReference,
                order.expiry
            )
        );
        address signer = _terms(order.programId, _program(order.programId).version).signer;
        order.merchantSignature = _sign(keyOf[signer], _digest(address(checkout), "FEC Checkout", hash));
    }

    function _orderHash(Order memory order) internal view returns (bytes32) {
        bytes memory fields = abi.encode(
            keccak256(
                "Order(uint256 programId,bytes32 orderId,uint256 amount,bytes32 currencyReference,uint256 expiry,address customer,uint256 minPrincipal,address cause)"
            ),
            order.programId,
            order.orderId,
            order.amount,
            order.currencyReference,
            order.expiry,
            order.customer,
            order.minPrincipal,
            order.cause
        );
        return _digest(address(checkout), "FEC Checkout", keccak256(fields));
    }

    /// @dev Valid in this very second.
    function _authorization(Order memory order, address payer) internal view returns (bytes memory) {
        bytes32 hash = keccak256(
            abi.encode(
                keccak256(
                    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
                ),
                payer,
                address(checkout),
                order.amount,
                clock - 1,
                clock + 1,
                _orderHash(order)
            )
        );
        return _sign(keyOf[payer], _digest(address(fec), "Fortune Earnings Coupon", hash));
    }

    function _allow(address payer, uint256 amount) internal {
        vm.prank(payer);
        fec.approve(address(checkout), amount);
    }

    // -------------------------------------------------------------------- ghost

    function _paid(Order memory order, address payer, uint256 tokenId) internal {
        require(tokenId == _paid(order, payer), "pay: token id");
    }

    /// @dev Into escrow, or shared out at once: then it says the node's id.
    function _paid(Order memory paid, address payer) internal returns (uint256 tokenId) {
        GhostProgram storage program = _program(paid.programId);
        Terms memory terms = _terms(paid.programId, program.version);
        GhostOrder storage order = orders.push();
        order.encoded = abi.encode(paid);
        order.key = keccak256(abi.encode(paid.programId, paid.orderId));
        order.programId = paid.programId;
        order.payer = payer;
        order.customer = paid.customer;
        order.cause = paid.cause;
        order.version = program.version;
        order.burnBps = _burnBps(terms, _spend(paid.programId, paid.customer));
        order.paidAt = clock;
        order.window = terms.returnWindow;
        order.amount = paid.amount;
        order.status = OrderStatus.Escrowed;
        _move(payer, address(checkout), paid.amount);
        if (order.window == 0) tokenId = _captureGhost(order);
    }

    function _captureGhost(GhostOrder storage order) private returns (uint256 tokenId) {
        Terms memory terms = _terms(order.programId, order.version);
        uint256 amount = order.amount - order.refunded;
        uint256 burned = _burnShare(amount, order.burnBps);
        order.status = OrderStatus.Captured;
        order.donated = order.cause == address(0) ? 0 : amount * terms.donationBps / 10_000;
        order.toMerchant = amount - burned - order.donated;
        _move(address(checkout), terms.treasury, order.toMerchant);
        if (order.donated != 0) _move(address(checkout), order.cause, order.donated);
        GhostProgram storage program = _program(order.programId);
        if (program.closed || program.quota < burned || order.customer == address(fec)) {
            order.returned = burned;
            _move(address(checkout), order.payer, burned);
        } else {
            order.burned = burned;
            tokenId = _mint(address(checkout), order.programId, burned, order.customer);
        }
        _credit(order.programId, order.customer, amount - order.returned);
    }

    function _refund(uint256 seed, uint256 i, uint256 amount) private {
        GhostOrder storage order = orders[i];
        GhostProgram storage program = _program(order.programId);
        address signer = _terms(order.programId, program.version).signer;
        vm.prank(_rand(seed, "signer") % 2 == 0 ? signer : program.operator);
        checkout.refund(order.key, amount);
        order.refunded += amount;
        if (order.refunded == order.amount) order.status = OrderStatus.Refunded;
        _move(address(checkout), order.payer, amount);
    }

    function _captureAll(uint256[] memory due) private {
        bytes32[] memory keys = new bytes32[](due.length);
        for (uint256 i = 0; i < due.length; ++i) {
            GhostOrder storage order = orders[due[i]];
            keys[i] = order.key;
            if (order.status != OrderStatus.Escrowed) continue;
            _captureGhost(order);
            if (order.returned != 0) _succeeded("capture that returns the burn");
        }
        vm.prank(stranger);
        checkout.capture(keys);
    }

    // ------------------------------------------------------------------ choices

    function _burnBps(Terms memory terms, uint256 spend) internal pure returns (uint256 burnBps) {
        for (uint256 i = 0; i < terms.tiers.length; ++i) {
            if (spend >= terms.tiers[i].minSpend * FEC) burnBps = terms.tiers[i].burnBps;
        }
    }

    /// @dev An open program with terms, in which Checkout may mint; zero if there is none.
    function _sellingProgram(uint256 seed) internal view returns (uint256) {
        for (uint256 i = 0; i < programs.length; ++i) {
            uint256 programId = 1 + (_rand(seed, "selling program") % programs.length + i) % programs.length;
            GhostProgram storage program = _program(programId);
            bool issues = program.issuer == address(checkout) || program.issuer == address(0);
            if (issues && !program.closed && program.version != 0) return programId;
        }
        return 0;
    }

    /// @dev An order in its window; the last one most times. The maximum of uint256 if there is none.
    function _refundable(uint256 seed) internal view returns (uint256) {
        for (uint256 i = 0; i < orders.length; ++i) {
            uint256 place = (_rand(seed, "order") % 4 + i) % orders.length;
            GhostOrder storage order = orders[orders.length - 1 - place];
            if (order.status == OrderStatus.Escrowed && clock < order.paidAt + order.window) {
                return orders.length - 1 - place;
            }
        }
        return type(uint256).max;
    }

    /// @dev Up to `most` orders that can be captured, waiting for one if need be; final orders may be among several.
    function _due(uint256 seed, uint256 most) private returns (uint256[] memory due) {
        uint256 next = type(uint256).max;
        for (uint256 i = 0; i < orders.length; ++i) {
            uint256 deadline = orders[i].paidAt + orders[i].window;
            if (orders[i].status == OrderStatus.Escrowed && deadline < next) next = deadline;
        }
        if (next == type(uint256).max) return due;
        _wait(next);
        due = new uint256[](most);
        uint256 count = 0;
        for (uint256 i = 0; i < orders.length && count < most; ++i) {
            uint256 place = (_rand(seed, "due") % orders.length + i) % orders.length;
            GhostOrder storage order = orders[place];
            bool final_ = order.status != OrderStatus.Escrowed;
            if (final_ ? most > 1 && _rand(seed ^ i, "final") % 8 == 0 : clock >= order.paidAt + order.window) {
                due[count++] = place;
            }
        }
        due = _cut(due, count);
    }
}
