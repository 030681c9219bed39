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

    error NotMinted();

    constructor(address, address holder, uint256 cap, uint256 genesis, uint256) {
        fec = new FEC(address(this), cap, genesis, holder);
    }

    function mint(uint256, uint256 amount, address) external returns (uint256 tokenId) {
        if (svm.createUint(1, "mints") == 0) revert NotMinted();
        fec.burn(msg.sender, amount);
        return svm.createUint256("minted");
    }
}

/// @notice One capture, from any state of the till and the coupon.
/// @custom:unknown libraries
contract Captures is AnyOrders {
    /// @dev An order to be captured: what is left of it, and how much of that is to be burned and donated; nothing unless it is in
    /// escrow.
    struct ToCapture {
        Kept order;
        address treasury;
        address cause;
        uint256 left;
        uint256 burn;
        uint256 donated;
    }

    /// @notice G5: a capture lets go of exactly what is left of the order, frees its reservation, and is final; of one that is not in
    /// escrow, nothing.
    /// @custom:slow many paths
    function check_capture_conserves() external {
        ToCapture memory it = _toCapture();
        uint256 reserved = till.reservedOf(it.order.programId);
        uint256 escrow = fec.balanceOf(address(till));
        if (!_capture()) return;
        Kept memory after_ = _order();
        uint256 status = it.order.status;
        unchecked {
            assert(_both(status != 0, after_.status == (status == ESCROWED ? CAPTURED : status)));
            assert(fec.balanceOf(address(till)) == escrow - it.left);
            assert(_both(it.burn <= reserved, till.reservedOf(it.order.programId) == reserved - it.burn));
            assert(_both(after_.amount == it.order.amount, after_.refunded == it.order.refunded));
        }
    }

    /// @notice G5, G6: a capture burns its share or nothing, makes no coins, and credits no more than what is left of the order, without
    /// the share if that was not burned.
    /// @custom:slow many paths
    function check_capture_burns() external {
        ToCapture memory it = _toCapture();
        (uint256 spent, uint256 shared) = (_credited(SPENT_SLOT), _credited(SPENT_WITH_ALLIANCE_SLOT));
        if (!_capture()) return;
        unchecked {
            // A credit never falls, as its addition is checked.
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
        }
    }

    /// @notice G5: what a capture pays out goes to the merchant's treasury, the cause and the payer, and to nobody else.
    /// @custom:slow many paths
    function check_capture_pays_nobody_else() external {
        ToCapture memory it = _toCapture();
        address anybody = svm.createAddress("anybody");
        vm.assume(_both(anybody != it.order.payer, anybody != address(till)));
        vm.assume(_both(anybody != it.treasury, anybody != it.cause));
        uint256 balance = fec.balanceOf(anybody);
        if (!_capture()) return;
        assert(fec.balanceOf(anybody) == balance);
    }

    /// @notice G5: a capture pays the treasury and the cause their shares, and the payer what was not burned.
    /// @custom:slow many paths
    function check_capture_pays() external {
        ToCapture memory it = _toCapture();
        // Of any two that are the same, the checks above say what they get together.
        vm.assume(_all(it.treasury != it.cause, it.treasury != it.order.payer, it.cause != it.order.payer));
        uint256 treasury = fec.balanceOf(it.treasury);
        uint256 cause = fec.balanceOf(it.cause);
        uint256 payer = fec.balanceOf(it.order.payer);
        if (!_capture()) return;
        unchecked {
            assert(fec.balanceOf(it.treasury) == treasury + (it.left - it.burn - it.donated));
            assert(fec.balanceOf(it.cause) == cause + it.donated);
            assert(fec.balanceOf(it.order.payer) == payer + _if(fec.totalBurned() == burned, it.burn));
        }
    }

    /// @dev Called from outside, so that the factors stay in their order.
    function product(uint256 a, uint256 b) external pure returns (uint256) {
        unchecked {
            return a * b;
        }
    }

    function _nodeContract() internal pure override returns (string memory) {
        return "Captures.sol:MintsOrNot";
    }

    /// @dev No more of the order has been refunded than was paid. None of its accounts is the till itself: treasury and causes are
    /// checked (`_checkAccount`), and the till never pays. Its shares are together at most all of it, as terms are checked.
    function _toCapture() private view returns (ToCapture memory it) {
        it.order = _order();
        uint256 terms = _slot(it.order.version, _slot(it.order.programId, TERMS_SLOT, 0), 0);
        it.treasury = address(uint160(_word(address(till), terms + 1)));
        it.cause = address(uint160(_word(address(till), uint256(key), ORDERS_SLOT, 3)));
        vm.assume(_both(it.order.refunded <= it.order.amount, it.order.payer != address(till)));
        vm.assume(_both(it.treasury != address(till), it.cause != address(till)));
        if (it.order.status != ESCROWED) return it;
        uint256 donationBps = it.cause == address(0) ? 0 : uint16(_word(address(till), terms) >> 192);
        unchecked {
            it.left = uint96(it.order.amount - it.order.refunded);
            it.burn = _burnOf(it.left, it.order.burnBps);
            it.donated = this.product(it.left, donationBps) / BPS;
            vm.assume(_both(it.burn <= it.left, it.donated <= it.left - it.burn));
        }
        _assumeSwapped(it.left, it.order.burnBps);
        _assumeSwapped(it.left, donationBps);
    }

    /// @dev Halmos does not know that factors may be swapped, which the compiler does.
    function _assumeSwapped(uint256 a, uint256 b) private view {
        vm.assume(this.product(a, b) == this.product(b, a));
    }

    /// @dev The value, or nothing, without a branch.
    function _if(bool condition, uint256 value) private pure returns (uint256 result) {
        assembly ("memory-safe") {
            result := and(sub(0, condition), value)
        }
    }

    function _capture() private returns (bool) {
        bytes32[] memory keys = new bytes32[](1);
        keys[0] = key;
        return _callAs(svm.createAddress("caller"), address(till), abi.encodeCall(till.capture, (keys)));
    }
}
