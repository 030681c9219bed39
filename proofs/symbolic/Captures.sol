// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FEC} from "../../contracts/FEC.sol";
import {AnyOrders} from "./AnyOrders.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title A node contract of which little is known
/// @notice It mints or does not, whatever it is asked, and calls nobody back. If it does, it has burned its caller's coins, as is
/// proven of the real one (`NodeLife.check_mint`).
contract MintsOrNot is Symbolic {
    FEC public immutable fec;
    /// @notice Of its last mint: in which program, and for whom.
    uint256 public programId;
    address public holder;

    error NotMinted();

    constructor(address, address first, uint256 cap, uint256 genesis, uint256) {
        fec = new FEC(address(this), cap, genesis, first);
    }

    function mint(uint256 program, uint256 amount, address to) external returns (uint256 tokenId) {
        if (svm.createUint(1, "mints") == 0) revert NotMinted();
        fec.burn(msg.sender, amount);
        (programId, holder) = (program, to);
        return svm.createUint256("minted");
    }
}

/// @notice One capture, from any state of checkout and the coupon.
/// @custom:unknown libraries
contract Captures is AnyOrders {
    /// @dev An order to be captured: what is left of it, and how much of that is to be burned and donated; nothing unless it is in
    /// escrow.
    struct ToCapture {
        Kept order;
        address customer;
        address treasury;
        address cause;
        uint256 left;
        uint256 burn;
        uint256 donated;
    }

    /// @notice G5: a capture lets go of exactly what is left of the order, frees its reservation, and is final; before the return window
    /// is over there is none; of an order that is not in escrow, nothing.
    /// @custom:slow many paths
    function check_capture_conserves() external {
        ToCapture memory it = _toCapture();
        uint256 account = _word(address(checkout), it.order.programId, PROGRAM_STATES_SLOT, 0);
        uint256[4] memory before = _orderWords(uint256(key));
        uint256 escrow = fec.balanceOf(address(checkout));
        if (!_capture()) return;
        uint256 status = it.order.status;
        unchecked {
            assert(_both(status != 0, _either(status != ESCROWED, time >= it.order.returnDeadline)));
            assert(fec.balanceOf(address(checkout)) == escrow - it.left);
            // From the lowest bit, a program's state is version (32), allianceId (64), reserved (96).
            assert(
                _both(
                    it.burn <= uint96(account >> 96),
                    _word(address(checkout), it.order.programId, PROGRAM_STATES_SLOT, 0) == account - (it.burn << 96)
                )
            );
            if (status == ESCROWED) before[0] += (CAPTURED - ESCROWED) << 248;
            uint256[4] memory words = _orderWords(uint256(key));
            assert(_all(words[0] == before[0], words[1] == before[1], words[2] == before[2], words[3] == before[3]));
        }
    }

    /// @notice G5, G6: a capture burns its share for a node of the customer's, in the order's program, or nothing; makes no coins; and
    /// credits no more than what is left of the order, without the share if that was not burned.
    /// @custom:slow many paths
    function check_capture_burns() external {
        ToCapture memory it = _toCapture();
        (uint256 spent, uint256 shared) = (_credited(SPENT_SLOT), _credited(SPENT_WITH_ALLIANCE_SLOT));
        if (!_capture()) return;
        MintsOrNot nodes = MintsOrNot(address(adn));
        unchecked {
            // A credit that fell would wrap, and be above any bound.
            (spent, shared) = (_credited(SPENT_SLOT) - spent, _credited(SPENT_WITH_ALLIANCE_SLOT) - shared);
            bool minted =
                _both(fec.totalBurned() == uint128(burned + it.burn), fec.totalSupply() == uint128(supply - it.burn));
            bool kept = _both(fec.totalBurned() == burned, fec.totalSupply() == supply);
            assert(
                _either(
                    _all(minted, spent <= it.left, shared <= it.left),
                    _all(kept, spent <= it.left - it.burn, shared <= it.left - it.burn)
                )
            );
            assert(_either(kept, _both(nodes.programId() == it.order.programId, nodes.holder() == it.customer)));
        }
    }

    /// @notice G5: a capture pays the treasury and the cause their shares, the payer what was not burned, and nobody else, whichever of
    /// them are the same.
    /// @custom:slow many paths
    function check_capture_pays() external {
        ToCapture memory it = _toCapture();
        address somebody = svm.createAddress("somebody");
        vm.assume(somebody != address(checkout));
        uint256 balance = fec.balanceOf(somebody);
        if (!_capture()) return;
        unchecked {
            if (somebody == it.treasury) balance += it.left - it.burn - it.donated;
            if (somebody == it.cause) balance += it.donated;
            if (somebody == it.order.payer && fec.totalBurned() == burned) balance += it.burn;
        }
        assert(fec.balanceOf(somebody) == balance);
    }

    /// @notice G4: a capture leaves every other order, and every other program's reservation, as it is.
    /// @custom:slow many paths
    function check_capture_leaves_others() external {
        (uint256 otherKey, uint256 program) = (svm.createUint256("otherKey"), svm.createUint256("otherProgram"));
        vm.assume(_both(otherKey != uint256(key), program != _order().programId));
        uint256[4] memory before = _orderWords(otherKey);
        uint256 account = _word(address(checkout), program, PROGRAM_STATES_SLOT, 0);
        if (!_capture()) return;
        uint256[4] memory words = _orderWords(otherKey);
        assert(_all(words[0] == before[0], words[1] == before[1], words[2] == before[2], words[3] == before[3]));
        assert(_word(address(checkout), program, PROGRAM_STATES_SLOT, 0) == account);
    }

    /// @dev Called from outside, so that the factors stay as they are written ({_assumeSwapped}).
    function product(uint256 a, uint256 b) external pure returns (uint256) {
        unchecked {
            return a * b;
        }
    }

    function _nodeContract() internal pure override returns (string memory) {
        return "Captures.sol:MintsOrNot";
    }

    /// @dev All words of an order's record.
    function _orderWords(uint256 orderKey) private view returns (uint256[4] memory words) {
        words[0] = _word(address(checkout), orderKey, ORDERS_SLOT, 0);
        words[1] = _word(address(checkout), orderKey, ORDERS_SLOT, 1);
        words[2] = _word(address(checkout), orderKey, ORDERS_SLOT, 2);
        words[3] = _word(address(checkout), orderKey, ORDERS_SLOT, 3);
    }

    /// @dev The order as it is kept. Assumes that no more of it was refunded than was paid; that none of its accounts is Checkout itself,
    /// since treasury and causes are checked (`_checkAccount`) and Checkout never pays; and that its shares fit (`PaymentShares`).
    function _toCapture() private view returns (ToCapture memory it) {
        it.order = _order();
        it.treasury = address(uint160(_word(address(checkout), it.order.terms + 1)));
        it.cause = address(uint160(_word(address(checkout), uint256(key), ORDERS_SLOT, 3)));
        vm.assume(_both(it.order.refunded <= it.order.amount, it.order.payer != address(checkout)));
        vm.assume(_both(it.treasury != address(checkout), it.cause != address(checkout)));
        it.customer = address(uint160(_word(address(checkout), uint256(key), ORDERS_SLOT, 2)));
        if (it.customer == address(0)) it.customer = it.order.payer;
        if (it.order.status != ESCROWED) return it;
        uint256 donationBps = it.cause == address(0) ? 0 : uint16(_word(address(checkout), it.order.terms) >> 192);
        unchecked {
            it.left = uint96(it.order.amount - it.order.refunded);
            it.burn = _burnOf(it.left, it.order.burnBps);
            it.donated = this.product(it.left, donationBps) / BPS;
            vm.assume(_both(it.burn <= it.left, it.donated <= it.left - it.burn));
        }
        _assumeSwapped(it.left, it.order.burnBps);
        _assumeSwapped(it.left, donationBps);
    }

    /// @dev Halmos takes a product of two unknowns for a function of its factors in their order, and the compiler swaps them.
    function _assumeSwapped(uint256 a, uint256 b) private view {
        vm.assume(this.product(a, b) == this.product(b, a));
    }

    function _capture() private returns (bool) {
        bytes32[] memory keys = new bytes32[](1);
        keys[0] = key;
        return _callAs(svm.createAddress("caller"), address(checkout), abi.encodeCall(checkout.capture, (keys)));
    }
}
