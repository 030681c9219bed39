// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN} from "./IADN.sol";
import {IFEC} from "./IFEC.sol";

/// @notice What a shopper agrees to pay. The first five fields are the merchant's invoice, which the merchant signs; the
/// others are the shopper's choice. Amounts in wei, times in seconds since the epoch.
/// @param programId Program of the merchant.
/// @param orderId The merchant's own id of the order; it can be paid once.
/// @param amount FEC to pay.
/// @param currencyReference What the amount stands for, in the merchant's words, such as "USD 12.34".
/// @param expiry Last second at which the order can be paid.
/// @param customer Who gets the node and the credit towards tiers.
/// @param minPrincipal Least principal of the node that the shopper accepts.
/// @param cause Where the merchant's donation goes, from the program's list; zero for none.
/// @param merchantSignature The merchant's EIP-712 signature over the invoice; ERC-1271 signers may sign too.
struct Order {
    uint256 programId;
    bytes32 orderId;
    uint256 amount;
    bytes32 currencyReference;
    uint256 expiry;
    address customer;
    uint256 minPrincipal;
    address cause;
    bytes merchantSignature;
}

/// @notice What a customer gets from a lifetime spend on.
/// @param minSpend Lifetime spend from which the tier applies, in whole FEC.
/// @param burnBps Share of a payment that is burned into the customer's node, in basis points; comes off the merchant's part.
struct Tier {
    uint32 minSpend;
    uint16 burnBps;
}

/// @notice A program's terms at Checkout.
/// @param signer The program's signer: signs its invoices, and may refund and reward. May be a contract (ERC-1271).
/// @param treasury Who receives the merchant's part.
/// @param returnWindow How long after payment an order can be refunded, in seconds. Zero: the node exists at once.
/// @param donationBps Share of a payment that goes to the cause picked, in basis points; comes off the merchant's part.
/// @param minClaim Smallest claim worth paying out, in wei: advice for wallets and for those who claim for others.
/// @param tiers One to {MAX_TIERS}, the first from a spend of zero, each from a higher spend and burning no less.
/// @param causes At most {MAX_CAUSES} accounts that customers may pick for the donation.
struct Terms {
    address signer;
    address treasury;
    uint32 returnWindow;
    uint16 donationBps;
    uint96 minClaim;
    Tier[] tiers;
    address[] causes;
}

/// @notice What a payment would do now. Amounts in wei, times in seconds since the epoch.
/// @param termsVersion Version of the terms it would be made under.
/// @param tier Index of the customer's tier.
/// @param spend Lifetime spend that the tier follows from.
/// @param toMerchant What the merchant receives, when no cause is picked.
/// @param donation What a cause would receive, off `toMerchant`, when one is picked.
/// @param principal What is burned: the principal of the node.
/// @param face What the node will pay in all.
/// @param returnDeadline Until when the order can be refunded; the node is minted from then on. Now, if at once.
/// @param start Beginning of the node's first period.
/// @param firstRelease When the first coins flow back.
/// @param lastRelease When the last coins flow back.
/// @param minClaim Smallest claim the merchant thinks worth paying out.
struct Quote {
    uint256 termsVersion;
    uint256 tier;
    uint256 spend;
    uint256 toMerchant;
    uint256 donation;
    uint256 principal;
    uint256 face;
    uint256 returnDeadline;
    uint256 start;
    uint256 firstRelease;
    uint256 lastRelease;
    uint256 minClaim;
}

/// @notice Where an order stands.
enum OrderStatus {
    Unpaid,
    Escrowed,
    Captured,
    Refunded
}

/// @notice A paid order. For orders captured at once only status, payer, terms and time are kept.
/// @param status Where it stands.
/// @param payer Who paid, and is paid back.
/// @param customer Who gets the node.
/// @param cause Who gets the donation; zero for none.
/// @param programId Program of the merchant.
/// @param termsVersion Terms it was paid under, and will be captured under.
/// @param burnBps Burn share of the customer's tier when it was paid, in basis points.
/// @param paidAt When it was paid, in seconds since the epoch.
/// @param returnDeadline From when on it can be captured, and no longer refunded.
/// @param amount FEC paid, in wei.
/// @param refunded FEC paid back so far, in wei.
struct PaidOrder {
    OrderStatus status;
    address payer;
    address customer;
    address cause;
    uint256 programId;
    uint256 termsVersion;
    uint256 burnBps;
    uint256 paidAt;
    uint256 returnDeadline;
    uint256 amount;
    uint256 refunded;
}

/// @notice Nodes that a merchant has funded for many shoppers, under a Merkle root. Amounts in wei.
/// @param funder Who paid for them and gets back what is not taken.
/// @param programId Program of the merchant.
/// @param root Root over the leaves keccak256(keccak256(abi.encode(index, shopper, amount))).
/// @param left What has not been taken yet.
/// @param deadline Last second at which a shopper can take theirs.
struct RewardBatch {
    address funder;
    uint256 programId;
    bytes32 root;
    uint256 left;
    uint256 deadline;
}

/// @title Checkout
/// @notice Takes payment for orders: the merchant's part goes to the merchant, the burn share is burned into a node for the
/// customer. Holds what is in its return window, never nodes. Its only privilege is to be the issuer of programs.
///
/// Invariants, in wei, at all times:
///   G5  each order: paid = to merchant + burned + donated + refunded (+ escrowed)
///   G6  what was refunded leaves no node, no burn and no tier credit behind
///   G7  an order id is paid at most once; a program settles at most once under a reference
interface ICheckout {
    // ------------------------------------------------------------------- events

    /// @notice A program has new terms, for orders paid from now on.
    event TermsSet(uint256 indexed programId, uint256 indexed version, Terms terms);

    /// @notice An order was paid. `returnDeadline` is zero when it was captured at once.
    event OrderPaid(
        bytes32 indexed orderKey,
        uint256 indexed programId,
        address indexed customer,
        address payer,
        bytes32 orderId,
        uint256 amount,
        bytes32 currencyReference,
        uint256 termsVersion,
        uint256 burnBps,
        uint256 returnDeadline
    );

    /// @notice An order is final. Should the node not have been mintable, `tokenId` is zero and `returned` went to the payer.
    event OrderCaptured(
        bytes32 indexed orderKey,
        uint256 indexed tokenId,
        uint256 toMerchant,
        uint256 burned,
        uint256 donated,
        address cause,
        uint256 returned
    );

    /// @notice Some of an order, or all, was paid back to the payer.
    event OrderRefunded(bytes32 indexed orderKey, uint256 amount, uint256 refundedInAll);

    /// @notice A program belongs to an alliance from now on.
    event AllianceJoined(uint256 indexed allianceId, uint256 indexed programId);

    /// @notice A program belongs to its alliance no longer.
    event AllianceLeft(uint256 indexed allianceId, uint256 indexed programId);

    /// @notice A member approved a program for the alliance, or withdrew its approval.
    event AllianceCandidateApproved(
        uint256 indexed allianceId, uint256 indexed memberId, uint256 indexed candidateId, bool approved
    );

    /// @notice A merchant burned FEC into a node for a shopper.
    event Rewarded(
        uint256 indexed programId, address indexed shopper, uint256 indexed tokenId, uint256 amount, bytes32 reason
    );

    /// @notice A merchant funded nodes for many shoppers.
    event RewardsFunded(
        uint256 indexed batchId,
        uint256 indexed programId,
        address indexed funder,
        bytes32 root,
        uint256 amount,
        uint256 deadline,
        bytes32 reason
    );

    /// @notice A shopper's node out of such a batch was minted.
    event RewardTaken(
        uint256 indexed batchId, uint256 indexed index, address indexed shopper, uint256 tokenId, uint256 amount
    );

    /// @notice What was not taken went back to the funder.
    event RewardsReclaimed(uint256 indexed batchId, uint256 amount);

    /// @notice A merchant burned FEC into nodes for many sales at once; {IADN.NodesSettled} has them.
    event Settled(uint256 indexed programId, bytes32 indexed ref, uint256 indexed settlementId, address payer);

    // ------------------------------------------------------------------- errors

    /// @notice The alliance has as many members as it can.
    error Checkout_AllianceFull(uint256 allianceId, uint256 most);

    /// @notice The program is in an alliance already; it has to leave first.
    error Checkout_AlreadyInAlliance(uint256 programId, uint256 allianceId);

    /// @notice Nothing, or more than there can be; wei.
    error Checkout_AmountOutOfRange(uint256 amount, uint256 most);

    /// @notice The batch ran out: nothing is left of it, or its leaves sum to more than was funded; wei.
    error Checkout_BatchExhausted(uint256 batchId, uint256 asked, uint256 left);

    /// @notice The batch can be reclaimed only once its deadline has passed; seconds since the epoch.
    error Checkout_BatchOpen(uint256 batchId, uint256 deadline);

    /// @notice The batch's deadline has passed; seconds since the epoch.
    error Checkout_BatchOver(uint256 batchId, uint256 deadline);

    /// @notice Burn and donation shares out of range; basis points.
    error Checkout_BurnShareOutOfRange(uint256 burnBps, uint256 least, uint256 most);

    /// @notice The call was given too little gas to be sure that a failing mint is the receiver's doing.
    error Checkout_GasTooLow(uint256 left, uint256 needed);

    /// @notice The deadline asked for lies in the past; seconds since the epoch.
    error Checkout_DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice The proof does not lead to the batch's root.
    error Checkout_InvalidProof(uint256 batchId, uint256 index);

    /// @notice The invoice was not signed by the program's signer.
    error Checkout_InvalidSignature(uint256 programId, address signer);

    /// @notice Not in an alliance.
    error Checkout_NotInAlliance(uint256 programId);

    /// @notice Checkout is not the program's issuer, so it could not mint the node.
    error Checkout_NotIssuer(uint256 programId, address issuer);

    /// @notice The caller does not operate the program.
    error Checkout_NotProgramOperator(uint256 programId, address caller);

    /// @notice The caller is neither the program's operator nor its signer.
    error Checkout_NotSignerOrOperator(uint256 programId, address caller);

    /// @notice The program has set no terms, so nothing can be paid to it here.
    error Checkout_NoTerms(uint256 programId);

    /// @notice The order was paid before.
    error Checkout_OrderAlreadyPaid(bytes32 orderKey);

    /// @notice The order can no longer be paid; seconds since the epoch.
    error Checkout_OrderExpired(uint256 expiry, uint256 timestamp);

    /// @notice The node would be smaller than the shopper accepts; wei.
    error Checkout_PrincipalTooSmall(uint256 principal, uint256 least);

    /// @notice The program is closed.
    error Checkout_ProgramClosed(uint256 programId);

    /// @notice The program's quota, less what is reserved, does not cover the principal; wei.
    error Checkout_QuotaExceeded(uint256 programId, uint256 asked, uint256 left);

    /// @notice The program settled something under this reference before.
    error Checkout_RefUsed(uint256 programId, bytes32 ref, uint256 settlementId);

    /// @notice More is asked back than is left of the order; wei.
    error Checkout_RefundTooHigh(bytes32 orderKey, uint256 asked, uint256 left);

    /// @notice The order is final: it was captured, or refunded in whole.
    error Checkout_OrderFinal(bytes32 orderKey, OrderStatus status);

    /// @notice The return window is over; the order can only be captured. Seconds since the epoch.
    error Checkout_ReturnWindowClosed(bytes32 orderKey, uint256 returnDeadline);

    /// @notice The return window is still open; seconds since the epoch.
    error Checkout_ReturnWindowOpen(bytes32 orderKey, uint256 returnDeadline);

    /// @notice The return window is too long; seconds.
    error Checkout_ReturnWindowTooLong(uint256 returnWindow, uint256 most);

    /// @notice The reward was taken before.
    error Checkout_RewardTaken(uint256 batchId, uint256 index);

    /// @notice Tiers out of order: the first starts at zero, each later one at a higher spend and burning no less.
    error Checkout_TierOutOfOrder(uint256 index);

    /// @notice Too few or too many entries.
    error Checkout_LengthOutOfRange(uint256 length, uint256 least, uint256 most);

    /// @notice A member of the alliance has not approved the program.
    error Checkout_NotApprovedBy(uint256 allianceId, uint256 memberId, uint256 candidateId);

    /// @notice There is no such alliance.
    error Checkout_UnknownAlliance(uint256 allianceId);

    /// @notice There is no such batch.
    error Checkout_UnknownBatch(uint256 batchId);

    /// @notice The program does not donate to this account.
    error Checkout_UnknownCause(uint256 programId, address cause);

    /// @notice No order was paid under this key.
    error Checkout_UnknownOrder(bytes32 orderKey);

    /// @notice Only the coupon may call this.
    error Checkout_NotFEC(address caller);

    /// @notice What was sent is not what the order asks for; wei.
    error Checkout_WrongAmount(uint256 sent, uint256 asked);

    /// @notice An account that cannot be used for this: zero, or Checkout itself.
    error Checkout_InvalidAccount(address account);

    // ------------------------------------------------------------------ payment

    /// @notice What a payment by `customer` would do now, by the code that {pay} runs.
    /// @param programId Program to pay in.
    /// @param customer Who would get the node.
    /// @param amount FEC to pay, in wei.
    function quote(uint256 programId, address customer, uint256 amount) external view returns (Quote memory);

    /// @notice Pays an order out of the caller's allowance to Checkout.
    /// @param order What to pay.
    /// @return tokenId The customer's node; zero when it is minted only after the return window.
    function pay(Order calldata order) external returns (uint256 tokenId);

    /// @notice {pay}, with the allowance given by a signature (ERC-2612) in the same transaction.
    /// @dev If somebody used the permit before, the allowance is there already and the payment goes on.
    /// @param order What to pay.
    /// @param deadline Last second at which the permit is valid.
    function payWithPermit(Order calldata order, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (uint256 tokenId);

    /// @notice Pays an order by a shopper's signed ERC-3009 `ReceiveWithAuthorization`. Anyone may send it: the shopper needs no gas
    /// coin. The authorization's nonce is {hashOrder}, so that nothing of the order can be changed.
    /// @param order What to pay.
    /// @param payer Who signed.
    /// @param validAfter The authorization is valid after this second.
    /// @param validBefore The authorization is valid before this second.
    /// @param signature The payer's signature; contract wallets sign by ERC-1271.
    /// @return tokenId The customer's node; zero when it is minted only after the return window.
    function payWithAuthorization(
        Order calldata order,
        address payer,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external returns (uint256 tokenId);

    /// @notice Claims what some nodes have let flow back, for their owners, then pays out of the caller's allowance: with nodes of
    /// the caller's own, what flowed back is spent at once, and the change stays with the caller.
    /// @param order What to pay.
    /// @param tokenIds Nodes to claim from first.
    /// @return tokenId The customer's node; zero when it is minted only after the return window.
    function payFromNodes(Order calldata order, uint256[] calldata tokenIds) external returns (uint256 tokenId);

    /// @notice Makes orders final whose return window is over: burns, mints, pays the merchant. Anyone may call.
    /// @dev Orders that are final already are skipped. Should a node not be mintable (quota gone, program closed, receiver that
    /// refuses or needs more than {MINT_GAS}), its burn share goes back to the payer, is no spend, and the rest proceeds. Spend is
    /// credited at capture, to the alliance the program is in then.
    /// @param orderKeys Orders to capture.
    function capture(bytes32[] calldata orderKeys) external;

    /// @notice Pays some of an order back to its payer, or all. For the program's operator and signer, within the return window.
    /// @param orderKey Order to refund.
    /// @param amount How much, in wei.
    function refund(bytes32 orderKey, uint256 amount) external;

    // -------------------------------------------------------------------- terms

    /// @notice Sets a program's terms for orders paid from now on. For the program's operator.
    /// @return version Number of these terms; versions count from 1 in each program.
    function setTerms(uint256 programId, Terms calldata terms) external returns (uint256 version);

    // ----------------------------------------------------------------- alliances

    /// @notice Founds an alliance with one member. For the program's operator.
    function foundAlliance(uint256 programId) external returns (uint256 allianceId);

    /// @notice Approves another program for the member's alliance, or withdraws the approval. It ends when the member leaves. For
    /// the member's operator.
    function approveCandidate(uint256 programId, uint256 candidateId, bool approved) external;

    /// @notice Joins an alliance whose every member has approved the program. For the program's operator.
    /// @dev From now on its customers' spend counts towards tiers with every member.
    function joinAlliance(uint256 programId, uint256 allianceId) external;

    /// @notice Leaves the alliance. For the program's operator. What was spent stays credited, with the alliance and with the
    /// program where it was spent; only new spend is no longer shared.
    function leaveAlliance(uint256 programId) external;

    // ------------------------------------------------------------------ rewards

    /// @notice Burns the caller's FEC into a node for a shopper, out of the allowance to Checkout. For the program's operator and
    /// signer.
    /// @param programId Program to mint in.
    /// @param shopper Who gets the node.
    /// @param amount Principal in wei.
    /// @param reason What for, in the merchant's words.
    function reward(uint256 programId, address shopper, uint256 amount, bytes32 reason)
        external
        returns (uint256 tokenId);

    /// @notice Funds nodes for many shoppers under a Merkle root, out of the caller's allowance. For the program's operator and
    /// signer.
    /// @param programId Program to mint in.
    /// @param root Root over the leaves keccak256(keccak256(abi.encode(index, shopper, amount))).
    /// @param amount Sum of all leaves, in wei.
    /// @param deadline Last second at which they can be taken.
    /// @param reason What for, in the merchant's words.
    function fundRewards(uint256 programId, bytes32 root, uint256 amount, uint256 deadline, bytes32 reason)
        external
        returns (uint256 batchId);

    /// @notice Mints a shopper's node out of a batch. Anyone may call; the node goes to the shopper.
    function takeReward(uint256 batchId, uint256 index, address shopper, uint256 amount, bytes32[] calldata proof)
        external
        returns (uint256 tokenId);

    /// @notice Returns what was not taken to the funder, once the deadline has passed or the program is closed. Anyone may call.
    function reclaimRewards(uint256 batchId) external;

    // -------------------------------------------------------------- settlements

    /// @notice {IADN.settle} out of the caller's FEC, by the allowance to Checkout: nodes for many sales at once, such as a day's
    /// sales that were paid elsewhere. For the program's operator and signer. Gives no credit towards tiers.
    /// @dev Quota that orders in escrow and funded rewards have reserved is left to them.
    /// @param programId Program to make the nodes in.
    /// @param leaves 32 bytes each: owner (20), principal in wei (12); see {IADN.settle}.
    /// @param ref The merchant's own reference of the batch. The program can use it once, so that a retry never burns twice.
    /// @return settlementId See {IADN.settle}.
    function settle(uint256 programId, bytes calldata leaves, bytes32 ref) external returns (uint256 settlementId);

    // -------------------------------------------------------------------- views

    /// @notice The settlement that a program made under a reference; 0 for none.
    function settlementOfRef(uint256 programId, bytes32 ref) external view returns (uint256 settlementId);

    /// @notice The nodes.
    function adn() external view returns (IADN);

    /// @notice The coupon.
    function fec() external view returns (IFEC);

    /// @notice Current terms of a program and their version.
    function termsOf(uint256 programId) external view returns (Terms memory terms, uint256 version);

    /// @notice Terms of a program as they were in some version.
    function termsAt(uint256 programId, uint256 version) external view returns (Terms memory);

    /// @notice An order by its key.
    function orderOf(bytes32 orderKey) external view returns (PaidOrder memory);

    /// @notice Key of an order: keccak256(abi.encode(programId, orderId)).
    function orderKeyOf(uint256 programId, bytes32 orderId) external pure returns (bytes32);

    /// @notice What the merchant signs: the EIP-712 hash of the invoice.
    function hashInvoice(Order calldata order) external view returns (bytes32);

    /// @notice What the shopper commits to: the EIP-712 hash of the order, the nonce of their authorization.
    function hashOrder(Order calldata order) external view returns (bytes32);

    /// @notice Lifetime spend that decides a customer's tier, in wei: with the program, or with its alliance, whichever is more.
    function spendOf(uint256 programId, address customer) external view returns (uint256);

    /// @notice Alliance of a program; zero for none.
    function allianceOf(uint256 programId) external view returns (uint256);

    /// @notice Programs in an alliance.
    function membersOf(uint256 allianceId) external view returns (uint256[] memory);

    /// @notice Principal reserved for orders in escrow and rewards not taken yet, in wei.
    function reservedOf(uint256 programId) external view returns (uint256);

    /// @notice A batch of rewards.
    function rewardBatchOf(uint256 batchId) external view returns (RewardBatch memory);

    /// @notice Whether a reward was taken.
    function isRewardTaken(uint256 batchId, uint256 index) external view returns (bool);

    /// @notice Most tiers a program can have.
    function MAX_TIERS() external view returns (uint256);

    /// @notice Most causes a program can have.
    function MAX_CAUSES() external view returns (uint256);

    /// @notice Least burn share, in basis points.
    function MIN_BURN_BPS() external view returns (uint256);

    /// @notice Longest return window, in seconds.
    function MAX_RETURN_WINDOW() external view returns (uint256);

    /// @notice Most members of an alliance.
    function MAX_MEMBERS() external view returns (uint256);

    /// @notice Gas that a capture gives to a mint, the receiver's hook included.
    function MINT_GAS() external view returns (uint256);
}
