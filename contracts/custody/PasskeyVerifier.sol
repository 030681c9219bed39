// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    ERC7913WebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";

/// @title Signatures of passkeys
/// @notice Checks WebAuthn assertions of P-256 keys (ERC-7913): challenge, type, user presence and user verification. The origin
/// and the relying party are the browser's part.
contract PasskeyVerifier is ERC7913WebAuthnVerifier {
    /// @dev As the library does by default. A vault holds money: what opens it asks for a finger, a face or a PIN.
    function _requireUV() internal pure override returns (bool) {
        return true;
    }
}
