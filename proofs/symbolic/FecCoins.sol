// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FEC} from "../../contracts/FEC.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice The coupon, from any state of its storage.
contract FecCoins is Symbolic {
    /// @dev What an ERC-3009 authorization says, in the order of its arguments.
    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    // transfer-, receiveWith- and cancelAuthorization, each with v, r, s and with the signature in bytes.
    bytes4 private constant TRANSFER = 0xe3ee160e;
    bytes4 private constant RECEIVE = 0xef55bec6;
    bytes4 private constant CANCEL = 0x5a049a70;
    bytes4 private constant TRANSFER_BYTES = 0xcf092995;
    bytes4 private constant RECEIVE_BYTES = 0x88b7ab63;
    bytes4 private constant CANCEL_BYTES = 0xb7b72899;

    FEC private fec;
    address private constant MINTER = address(0xAD);
    address private constant HOLDER = address(2);

    // As `forge inspect FEC storageLayout` has them.
    uint256 private constant SUPPLY_SLOT = 10;
    uint256 private constant COINS_SLOT = 11;

    function setUp() public {
        uint256 cap = svm.createUint(95, "cap");
        fec = FEC(_deploy("FEC.sol:FEC", abi.encode(MINTER, cap, 0, HOLDER)));
        svm.enableSymbolicStorage(address(fec));
        _forget(address(fec), SUPPLY_SLOT);
        _forget(address(fec), uint160(HOLDER), COINS_SLOT, 0);
    }

    /// @notice A transfer takes from one what it gives to the other, from nobody else, and nothing from the supply.
    function check_transfer(uint256 value) external {
        address from = svm.createAddress("from");
        address to = svm.createAddress("to");
        address other = svm.createAddress("other");
        vm.assume(from != to && other != from && other != to);
        (uint256 a, uint256 b, uint256 c) = _balances(from, to, other);
        // The supply has 95 bits, and nobody has more than all.
        vm.assume(a < 1 << 95 && b < 1 << 95);
        uint256 supply = fec.totalSupply();
        if (!_callAs(from, address(fec), abi.encodeCall(fec.transfer, (to, value)))) return;
        (uint256 a1, uint256 b1, uint256 c1) = _balances(from, to, other);
        unchecked {
            assert(a1 + b1 == a + b && b1 - b == value && b1 >= b && c1 == c && fec.totalSupply() == supply);
        }
    }

    /// @notice Somebody else's coins move only within an allowance, which is used up by as much; an endless one stays.
    function check_transferFrom(uint256 value) external {
        address from = svm.createAddress("from");
        address to = svm.createAddress("to");
        address spender = svm.createAddress("spender");
        vm.assume(from != to);
        uint256 allowance = fec.allowance(from, spender);
        uint256 balance = fec.balanceOf(from);
        uint256 supply = fec.totalSupply();
        bool succeeded = _callAs(spender, address(fec), abi.encodeCall(fec.transferFrom, (from, to, value)));
        unchecked {
            uint256 left = allowance == type(uint256).max ? allowance : allowance - value;
            assert(!succeeded || (value <= allowance && fec.allowance(from, spender) == left));
            assert(fec.balanceOf(from) == (succeeded ? balance - value : balance) && fec.totalSupply() == supply);
        }
    }

    /// @notice G1, G4: nobody but the node contract makes or destroys coins, and it makes none above the cap.
    function check_supply(uint256 value) external {
        address caller = svm.createAddress("caller");
        address account = svm.createAddress("account");
        uint256 supply = fec.totalSupply();
        bool made = _callAs(caller, address(fec), abi.encodeCall(fec.mint, (account, value)));
        unchecked {
            assert(!made || (caller == MINTER && fec.totalSupply() == supply + value && fec.totalSupply() <= fec.cap()));
        }
        bool burned = _callAs(caller, address(fec), abi.encodeCall(fec.burn, (account, value)));
        assert(!burned || caller == MINTER);
    }

    /// @notice A permit moves no coins and uses up its nonce: the next has another.
    function check_permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        uint256 nonce = fec.nonces(owner);
        vm.assume(nonce != type(uint256).max);
        uint256 balance = fec.balanceOf(owner);
        bool given =
            _callAs(spender, address(fec), abi.encodeCall(fec.permit, (owner, spender, value, deadline, v, r, s)));
        unchecked {
            assert(fec.nonces(owner) == (given ? nonce + 1 : nonce) && fec.balanceOf(owner) == balance);
        }
    }

    /// @notice G7: an authorization (ERC-3009) that was used or cancelled is refused, signed by a key.
    function check_used_authorization(bytes32 r, bytes32 s) external {
        uint8 way = uint8(svm.createUint(8, "way"));
        Authorization memory a = _authorization();
        uint8 v = uint8(svm.createUint(8, "v"));
        vm.assume(fec.authorizationState(a.from, a.nonce));
        bytes4 selector = way == 0 ? TRANSFER : RECEIVE;
        bytes memory call_ = abi.encodeWithSelector(selector, a, v, r, s);
        if (way > 1) call_ = abi.encodeWithSelector(CANCEL, a.from, a.nonce, v, r, s);
        assert(!_callAs(a.to, address(fec), call_));
    }

    /// @notice G7: an authorization (ERC-3009) that was used or cancelled is refused, with a signature of 65 bytes.
    function check_used_authorization_bytes() external {
        uint8 way = uint8(svm.createUint(8, "way"));
        Authorization memory a = _authorization();
        vm.assume(fec.authorizationState(a.from, a.nonce));
        bytes memory signature = svm.createBytes(65, "signature");
        bytes4 selector = way == 0 ? TRANSFER_BYTES : RECEIVE_BYTES;
        bytes memory call_ =
            abi.encodeWithSelector(selector, a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature);
        if (way > 1) call_ = abi.encodeWithSelector(CANCEL_BYTES, a.from, a.nonce, signature);
        assert(!_callAs(a.to, address(fec), call_));
    }

    /// @notice An authorization that goes through is used from then on, conserves the supply, and moves what it says.
    function check_authorization(bytes32 r, bytes32 s) external {
        Authorization memory a = _authorization();
        uint8 v = uint8(svm.createUint(8, "v"));
        vm.assume(a.from != a.to);
        uint256 balance = fec.balanceOf(a.from);
        uint256 supply = fec.totalSupply();
        if (!_callAs(a.to, address(fec), abi.encodeWithSelector(TRANSFER, a, v, r, s))) return;
        unchecked {
            assert(fec.authorizationState(a.from, a.nonce) && fec.totalSupply() == supply);
            assert(a.value <= balance && fec.balanceOf(a.from) == balance - a.value);
        }
    }

    function _authorization() private pure returns (Authorization memory a) {
        a.from = svm.createAddress("from");
        a.to = svm.createAddress("to");
        a.value = svm.createUint256("value");
        a.validAfter = svm.createUint256("validAfter");
        a.validBefore = svm.createUint256("validBefore");
        a.nonce = svm.createBytes32("nonce");
    }

    function _balances(address x, address y, address z) private view returns (uint256, uint256, uint256) {
        return (fec.balanceOf(x), fec.balanceOf(y), fec.balanceOf(z));
    }
}
