// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures of keys and contracts
/// @notice Whether an account signed a hash: with its key, or as a contract (ERC-1271).
/// @dev The key comes first. To look for a contract's code first would cost every payment a cold account, and would lock out
/// accounts with delegated code (EIP-7702) that answers no ERC-1271.
library Signatures {
    function isValid(address signer, bytes32 hash, bytes memory signature) internal view returns (bool) {
        // slither-disable-next-line unused-return -- the third value details the failure, of which there is no use
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecover(hash, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNow(signer, hash, signature);
    }
}
