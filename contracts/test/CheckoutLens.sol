// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICheckout, PaidOrder} from "../interfaces/ICheckout.sol";
import {ICustodian} from "../interfaces/ICustodian.sol";
import {IFEC} from "../interfaces/IFEC.sol";

/// @notice Reads the whole observable state of checkout and of custody in one call, as a flat list of words, so that the
/// state machine can compare it after every step. Never deployed.
contract CheckoutLens {
    uint256 private constant PROGRAM_WORDS = 2;
    uint256 private constant ORDER_WORDS = 11;

    ICustodian private immutable CUSTODIAN;
    address[] private _accounts;
    bytes[] private _signers;

    /// @param accounts Whose allowances, instructions and spend are looked at.
    /// @param signers Whose instructions, for each of the accounts.
    constructor(ICustodian custodian, address[] memory accounts, bytes[] memory signers) {
        CUSTODIAN = custodian;
        _accounts = accounts;
        _signers = signers;
    }

    function look(uint256 programs, uint256 batches, bytes32[] calldata orderKeys)
        external
        view
        returns (uint256[] memory words)
    {
        ICheckout checkout = CUSTODIAN.checkout();
        IFEC fec = checkout.fec();
        address[] memory accounts = _accounts;
        words = new uint256[](
            programs * PROGRAM_WORDS + batches + orderKeys.length * ORDER_WORDS + accounts.length * (2 + programs)
        );
        uint256 at = 0;
        for (uint256 i = 1; i <= programs; ++i) {
            words[at++] = checkout.reservedOf(i);
            words[at++] = checkout.allianceOf(i);
        }
        for (uint256 i = 1; i <= batches; ++i) {
            words[at++] = checkout.rewardBatchOf(i).left;
        }
        for (uint256 i = 0; i < orderKeys.length; ++i) {
            PaidOrder memory order = checkout.orderOf(orderKeys[i]);
            words[at++] = uint256(order.status);
            words[at++] = uint160(order.payer);
            words[at++] = uint160(order.customer);
            words[at++] = uint160(order.cause);
            words[at++] = order.programId;
            words[at++] = order.termsVersion;
            words[at++] = order.burnBps;
            words[at++] = order.paidAt;
            words[at++] = order.returnDeadline;
            words[at++] = order.amount;
            words[at++] = order.refunded;
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            words[at++] = fec.allowance(accounts[i], address(checkout));
            words[at++] = CUSTODIAN.nonceOf(accounts[i], _signers[i]);
            for (uint256 programId = 1; programId <= programs; ++programId) {
                words[at++] = checkout.spendOf(programId, accounts[i]);
            }
        }
    }
}
