// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {ICustodian} from "../interfaces/ICustodian.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @title Who signs for a vault
/// @notice Keeps each vault's set of signers. See {ICustodian}.
abstract contract Signers is ICustodian {
    /// @dev What is known of a signer of a vault: one word.
    struct Lane {
        uint64 nonce;
        uint40 removableFrom;
        bool stored;
    }

    // ---------------------------------------------------------------- constants

    /// @inheritdoc ICustodian
    uint256 public constant MAX_SIGNERS = 8;

    /// @inheritdoc ICustodian
    uint256 public constant REMOVAL_DELAY = 3 days;

    /// @dev Length of an account's address. A longer signer is a verifier's address and a key (ERC-7913).
    uint256 internal constant ACCOUNT_LENGTH = 20;

    // -------------------------------------------------------------------- state

    /// @inheritdoc ICustodian
    mapping(address vault => uint256) public signerCountOf;

    mapping(address vault => mapping(bytes32 signerHash => Lane)) internal _lanes;

    // -------------------------------------------------------------------- views

    /// @inheritdoc ICustodian
    function nonceOf(address vault, bytes calldata signer) external view returns (uint256 nonce) {
        return _lanes[vault][keccak256(signer)].nonce;
    }

    /// @inheritdoc ICustodian
    function isStoredSigner(address vault, bytes calldata signer) external view returns (bool stored) {
        return _lanes[vault][keccak256(signer)].stored;
    }

    /// @inheritdoc ICustodian
    function removableFrom(address vault, bytes32 signerHash) external view returns (uint256 timestamp) {
        return _lanes[vault][signerHash].removableFrom;
    }

    // ---------------------------------------------------------------- internals

    /// @dev Adds a signer. The first change stores the first signer, who acts, too: from then on only the stored ones count.
    function _addSigner(address vault, bytes calldata first, bytes memory signer) internal {
        uint256 count = signerCountOf[vault];
        // slither-disable-next-line incorrect-equality -- a count of ours, which nobody can raise from outside
        if (count == 0) {
            count = 1;
            _store(vault, first);
        }
        if (count == MAX_SIGNERS) revert Custodian_TooManySigners(vault, MAX_SIGNERS);
        if (!_isUsable(signer)) revert Custodian_UnusableSigner(signer);
        if (_lanes[vault][keccak256(signer)].stored) revert Custodian_AlreadySigner(vault, signer);
        signerCountOf[vault] = count + 1;
        _store(vault, signer);
    }

    /// @dev Starts the wait after which a signer may be removed.
    function _askRemoval(address vault, bytes32 signerHash) internal {
        Lane storage lane = _storedLane(vault, signerHash);
        // forge-lint: disable-next-line(unsafe-typecast) -- 40 bits last 34,000 years
        lane.removableFrom = uint40(block.timestamp + REMOVAL_DELAY);
        emit SignerRemovalAsked(vault, signerHash, block.timestamp + REMOVAL_DELAY);
    }

    /// @dev Ends such a wait.
    function _cancelRemoval(address vault, bytes32 signerHash) internal {
        Lane storage lane = _storedLane(vault, signerHash);
        if (lane.removableFrom == 0) revert Custodian_RemovalNotAsked(vault, signerHash);
        lane.removableFrom = 0;
        emit SignerRemovalCancelled(vault, signerHash);
    }

    /// @dev Removes the signer who acts at once, another after the wait.
    function _removeSigner(address vault, bytes32 actor, bytes32 signerHash) internal {
        Lane storage lane = _storedLane(vault, signerHash);
        if (actor != signerHash) {
            uint256 from = lane.removableFrom;
            if (from == 0) revert Custodian_RemovalNotAsked(vault, signerHash);
            if (block.timestamp < from) revert Custodian_RemovalWaits(vault, signerHash, from, block.timestamp);
        }
        uint256 count = signerCountOf[vault];
        if (count == 1) revert Custodian_LastSigner(vault);
        signerCountOf[vault] = count - 1;
        (lane.stored, lane.removableFrom) = (false, 0);
        emit SignerRemoved(vault, signerHash);
    }

    /// @dev The account itself needs no signature. An account's key comes before its code (see {Signatures}); others are asked
    /// for by ERC-7913.
    function _checkSignature(bytes calldata signer, bytes32 hash, bytes calldata signature) internal view {
        bool valid;
        if (signer.length == ACCOUNT_LENGTH) {
            // forge-lint: disable-next-line(unsafe-typecast) -- it has just these 20 bytes
            address account = address(bytes20(signer));
            valid = msg.sender == account || Signatures.isValid(account, hash, signature);
        } else {
            valid = SignatureChecker.isValidSignatureNow(signer, hash, signature);
        }
        if (!valid) revert Custodian_InvalidSignature(signer);
    }

    function _store(address vault, bytes memory signer) private {
        bytes32 signerHash = keccak256(signer);
        _lanes[vault][signerHash].stored = true;
        emit SignerAdded(vault, signerHash, signer);
    }

    function _storedLane(address vault, bytes32 signerHash) private view returns (Lane storage lane) {
        lane = _lanes[vault][signerHash];
        if (!lane.stored) revert Custodian_UnknownSigner(vault, signerHash);
    }

    /// @dev An account other than zero, or a verifier that is there and a key for it.
    function _isUsable(bytes memory signer) private view returns (bool) {
        // forge-lint: disable-next-line(unsafe-typecast) -- the first 20 bytes are meant
        address account = address(bytes20(signer));
        if (signer.length == ACCOUNT_LENGTH) return account != address(0);
        return signer.length > ACCOUNT_LENGTH && account.code.length != 0;
    }
}
