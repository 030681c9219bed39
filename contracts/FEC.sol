// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC1363} from "@openzeppelin/contracts/token/ERC20/extensions/ERC1363.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";

import {IFEC} from "./interfaces/IFEC.sol";
import {ISigningDetails} from "./interfaces/ISigningDetails.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Fortune Earnings Coupon
/// @notice See {IFEC}.
contract FEC is IFEC, ERC20, ERC20Permit, ERC20TransferAuthorization, ERC1363 {
    /// @dev A struct of one word, so that its place is hashed for once, not to read and again to write.
    struct Balance {
        uint256 amount;
    }

    // ------------------------------------------------------------------ state

    /// @inheritdoc IFEC
    uint256 public immutable cap;

    /// @inheritdoc IFEC
    address public immutable minter;

    /// @inheritdoc IFEC
    uint256 public immutable genesisSupply;

    /// @dev Nodes count what they have paid in 95 bits.
    uint256 private constant MAX_CAP = (1 << 95) - 1;

    /// @dev Supply and burned total share one slot, so that counting what was burned costs no storage write of its own:
    /// that is what keeps the books of the node contract at no extra slot per mint or claim. Neither can overflow: the
    /// supply is capped below 2^95, and what is burned in total is bounded by the budget of principal, (cap − genesis)/9.
    uint128 private _supply;
    uint128 private _burned;

    mapping(address account => Balance) private _balances;

    // ------------------------------------------------------------ construction

    /// @param minter_ The node contract.
    /// @param cap_ The most FEC that may ever exist, in wei; at most 2^95 − 1.
    /// @param genesisSupply_ FEC to create now, in wei.
    /// @param holder Who gets the genesis supply.
    constructor(address minter_, uint256 cap_, uint256 genesisSupply_, address holder)
        ERC20("Fortune Earnings Coupon", "FEC")
        ERC20Permit("Fortune Earnings Coupon")
    {
        if (cap_ > MAX_CAP) revert FEC_CapTooHigh(cap_, MAX_CAP);
        cap = cap_;
        // slither-disable-next-line missing-zero-check -- ADN's constructor passes its own address
        minter = minter_;
        genesisSupply = genesisSupply_;
        _mint(holder, genesisSupply_);
    }

    // ---------------------------------------------------------------- the minter

    modifier onlyMinter() {
        if (msg.sender != minter) revert FEC_NotMinter(msg.sender, minter);
        _;
    }

    /// @inheritdoc IFEC
    function mint(address to, uint256 amount) external onlyMinter {
        _mint(to, amount);
    }

    /// @inheritdoc IFEC
    function burn(address from, uint256 amount) external onlyMinter {
        _burn(from, amount);
    }

    // -------------------------------------------------------------------- views

    /// @notice Answers {ISigningDetails}; there is nothing else to call.
    fallback(bytes calldata) external returns (bytes memory) {
        return _signingDetail(msg.sig);
    }

    /// @inheritdoc ERC20
    function totalSupply() public view override(ERC20, IERC20) returns (uint256) {
        return _supply;
    }

    /// @inheritdoc IFEC
    function totalBurned() external view returns (uint256) {
        return _burned;
    }

    /// @inheritdoc ERC20
    function balanceOf(address account) public view override(ERC20, IERC20) returns (uint256) {
        return _balances[account].amount;
    }

    /// @inheritdoc ERC20Permit
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @notice Whether an ERC-3009 authorization was used or cancelled.
    /// @dev ERC-3009 nonces are 32 free bytes, so that they can be the hash of an order. The parent would read them as
    /// a key and a sequence; its extra entry points, which take contract signatures (ERC-1271), are what it is for here.
    function authorizationState(address authorizer, bytes32 nonce) public view override returns (bool) {
        return ERC3009.authorizationState(authorizer, nonce);
    }

    /// @inheritdoc ERC20TransferAuthorization
    /// @dev Here and in the two that follow the key comes first (see {Signatures}). The parent asks the code of an account
    /// that has some, and refuses what an account with delegated code (EIP-7702) has signed with its key.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) public override {
        bytes32 said = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkSigned(from, said, signature);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc ERC20TransferAuthorization
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) public override {
        bytes32 said = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkSigned(from, said, signature);
        if (to != msg.sender) revert ERC20InvalidReceiver(to);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc ERC20TransferAuthorization
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes memory signature) public override {
        _checkSigned(authorizer, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), signature);
        _cancelAuthorization(authorizer, nonce);
    }

    // ---------------------------------------------------------------- internals

    function _checkSigned(address signer, bytes32 structHash, bytes memory signature) private view {
        if (!Signatures.isValid(signer, _hashTypedDataV4(structHash), signature)) revert ERC3009InvalidSignature();
    }

    function _signingDetail(bytes4 selector) private view returns (bytes memory) {
        if (selector == ISigningDetails.version.selector) return abi.encode(_EIP712Version());
        if (selector == ISigningDetails.TRANSFER_WITH_AUTHORIZATION_TYPEHASH.selector) {
            return abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH);
        }
        if (selector == ISigningDetails.RECEIVE_WITH_AUTHORIZATION_TYPEHASH.selector) {
            return abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH);
        }
        if (selector == ISigningDetails.CANCEL_AUTHORIZATION_TYPEHASH.selector) {
            return abi.encode(CANCEL_AUTHORIZATION_TYPEHASH);
        }
        // No data, as from a contract without a fallback: ERC-721 and ERC-1363 then see that there is no receiver's hook here.
        // solhint-disable-next-line reason-string,gas-custom-errors
        revert();
    }

    /// @dev Both parents count permit nonces alike.
    // slither-disable-next-line dead-code -- the language demands the override; permits count by _useNonce
    function _useCheckedNonce(address owner, uint256 nonce) internal override(Nonces, NoncesKeyed) {
        super._useCheckedNonce(owner, nonce);
    }

    function _consumeNonce(address authorizer, bytes32 nonce) internal override {
        ERC3009._consumeNonce(authorizer, nonce);
    }

    /// @dev Times are timestamps only, as ERC-3009 says; the parent would read some as block numbers.
    function _checkValidity(uint256 validAfter, uint256 validBefore) internal view override {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert ERC3009InvalidAuthorizationTime(validAfter, validBefore);
        }
    }

    /// @dev Moves, mints (`from` zero) and burns (`to` zero), with the books of this contract in place of the parent's.
    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0)) {
            uint256 supply = _supply + value;
            if (supply > cap) revert FEC_CapExceeded(supply, cap);
            // forge-lint: disable-next-line(unsafe-typecast) -- at most the cap, below 2^95
            _supply = uint128(supply);
        } else {
            Balance storage balance = _balances[from];
            uint256 amount = balance.amount;
            if (amount < value) revert ERC20InsufficientBalance(from, amount, value);
            unchecked {
                balance.amount = amount - value;
            }
        }
        unchecked {
            if (to == address(0)) {
                // forge-lint: disable-next-line(unsafe-typecast) -- somebody's balance, below 2^95
                _supply -= uint128(value);
                // forge-lint: disable-next-line(unsafe-typecast) -- somebody's balance, below 2^95
                _burned += uint128(value);
            } else {
                _balances[to].amount += value;
            }
        }
        emit Transfer(from, to, value);
    }
}
