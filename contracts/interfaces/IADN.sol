// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";

import {IERC5646} from "./IERC5646.sol";
import {IERC5725} from "./IERC5725.sol";
import {IFEC} from "./IFEC.sol";

/// @notice One node. Amounts in wei, times in seconds.
/// @param programId Program it was minted in.
/// @param principal FEC burned for it; its face is ten times that.
/// @param claimed What it has paid out so far.
/// @param start Beginning of its first period, on the program's grid.
/// @param periodLength Length of each of its 100 periods.
struct Node {
    uint256 programId;
    uint96 principal;
    uint96 claimed;
    uint40 start;
    uint24 periodLength;
}

/// @notice One program, a merchant's scheme. Amounts in wei, times in seconds.
/// @param operator Who may close the program or hand it on.
/// @param issuer The only account that may mint in it; zero means anybody may.
/// @param periodLength Length of a period of the nodes minted in it.
/// @param origin A boundary of its grid of periods.
/// @param quota Principal that may still be burned into its nodes.
/// @param burned Principal burned into its nodes so far.
/// @param closed True once no node can be minted in it any more.
struct Program {
    address operator;
    address issuer;
    uint24 periodLength;
    uint40 origin;
    uint96 quota;
    uint96 burned;
    bool closed;
}

/// @notice One settlement: nodes under one root. Amounts in wei, times in seconds.
/// @param programId Program that it was made in.
/// @param start Beginning of the first period of each of its nodes, on the program's grid.
/// @param periodLength Length of each of their 100 periods.
/// @param firstSerial Serial of the first node; the others follow in order.
/// @param count Number of its nodes, opened or not.
/// @param total Sum of their principals, which was burned.
/// @param root Root of the tree over them.
struct Settlement {
    uint256 programId;
    uint40 start;
    uint24 periodLength;
    uint40 firstSerial;
    uint24 count;
    uint96 total;
    bytes32 root;
}

/// @title Airdrop Nodes
/// @notice ERC-721 nodes that pay FEC back: burn `P` FEC, get a node that pays `10·P` over 100 periods with compound
/// weights 1.05^n. Of each 1,000 FEC burned 3.83 come back in period 1 and 479.84 in period 100; the burned amount is back
/// in period 55, half of the face in period 86. Every node's face fits under the cap of FEC when it is minted, so that
/// nothing promised can fail to be paid for want of headroom. No account has power over an existing node but its owner
/// and those the owner names: there is no pause, no upgrade, no blacklist.
///
/// Invariants, in wei, at all times:
///   G1  FEC.totalSupply() + outstanding() ≤ FEC.cap(), where outstanding() = Σ (10·principal − claimed) over all nodes
///   G2  a node pays exactly 10·principal over its life, however claims, splits, merges and transfers are ordered
///   G3  nothing is claimable before the curve releases it
///   G4  nobody but the owner, and those the owner names, can move, claim away or change a node
///
/// A token id says all about the node's birth: from the highest bit program (32 bits), period length (24), start (40),
/// principal (96), serial (40; counts from 1 in each program). So an ERC-721 `Transfer` from the zero address is all the
/// record a new node needs. Splits and merges change a node's principal, never its id.
///
/// A settlement makes thousands of nodes at once. What was burned for them is the sum of their principals; G1 to G4 hold for
/// each from then on. Until it is opened, a settled node is a leaf of a Merkle tree whose root is stored, and {ownerOf} and the
/// like do not know it. Anybody may open it, once, for its owner, with a proof that the event {NodesSettled} alone suffices
/// to make. A leaf's hash is keccak256(tokenId ‖ owner), 52 bytes; an inner node's is keccak256(left ‖ right), by position; an
/// odd last node is carried up unchanged. An opening's `Transfer` from the zero address burns nothing: that was done before.
interface IADN is IERC5725, IERC4906, IERC5646 {
    // ------------------------------------------------------------------- events

    /// @notice A part of a node became a node of its own, with the same owner, program and start.
    /// @param tokenId Node that was split and keeps the rest.
    /// @param newTokenId Node that came out of it.
    /// @param principal Principal that moved, in wei.
    /// @param claimed Share of the claimed amount that moved along, in wei.
    event NodeSplit(uint256 indexed tokenId, uint256 indexed newTokenId, uint256 principal, uint256 claimed);

    /// @notice A node was taken into another and is gone.
    /// @param tokenId Node that took it in.
    /// @param mergedTokenId Node that is gone.
    /// @param principal Principal that moved, in wei.
    /// @param claimed Claimed amount that moved along, in wei.
    event NodeMerged(uint256 indexed tokenId, uint256 indexed mergedTokenId, uint256 principal, uint256 claimed);

    /// @notice Nodes were settled, and what was burned for them is the sum of their principals.
    /// @param settlementId Number of nodes (24 bits), then laid out as in a token id: program, period length, start, sum of the
    /// principals, serial of the first node.
    /// @param programId Program that they were made in.
    /// @param start Beginning of their first period, in seconds since the epoch.
    /// @param firstSerial Serial of the first node; the others follow in order.
    /// @param root Root of the tree over them.
    /// @param leaves 32 bytes each: owner (20), principal in wei (12).
    event NodesSettled(
        uint256 indexed settlementId,
        uint256 indexed programId,
        uint256 start,
        uint256 firstSerial,
        bytes32 root,
        bytes leaves
    );

    /// @notice A program was admitted.
    /// @param programId The program.
    /// @param operator Who may close it or hand it on.
    /// @param issuer Who may mint in it; zero means anybody.
    /// @param periodLength Length of a period in seconds.
    /// @param origin A boundary of its grid, in seconds since the epoch.
    /// @param quota Principal that may be burned into its nodes, in wei.
    event ProgramCreated(
        uint256 indexed programId,
        address indexed operator,
        address indexed issuer,
        uint256 periodLength,
        uint256 origin,
        uint256 quota
    );

    /// @notice A program was granted more quota out of the budget.
    /// @param programId The program.
    /// @param amount Principal added, in wei.
    event QuotaGranted(uint256 indexed programId, uint256 amount);

    /// @notice A program was closed: no new nodes. Existing ones are untouched.
    /// @param programId The program.
    /// @param returned Unused quota that went back to the budget, in wei.
    event ProgramClosed(uint256 indexed programId, uint256 returned);

    /// @notice A program has another operator.
    /// @param programId The program.
    /// @param previous Operator until now.
    /// @param current Operator from now on.
    event ProgramOperatorChanged(uint256 indexed programId, address indexed previous, address indexed current);

    // ------------------------------------------------------------------- errors

    /// @notice The settled node was opened before.
    error ADN_AlreadyOpened(uint256 tokenId);

    /// @notice A list is longer than the call takes.
    error ADN_BatchTooLong(uint256 length, uint256 most);

    /// @notice A list is shorter than the call needs.
    error ADN_BatchTooShort(uint256 length, uint256 least);

    /// @notice More quota was asked for than the budget holds; amounts in wei.
    error ADN_BudgetExceeded(uint256 asked, uint256 left);

    /// @notice The owner did not sign this permit, or signed it for another nonce.
    error ADN_InvalidPermit(address owner);

    /// @notice The proof does not lead from the leaf to the settlement's root, or is longer or shorter than its way.
    error ADN_InvalidProof(uint256 settlementId, uint256 index);

    /// @notice The leaves' length is no multiple of a leaf's; bytes.
    error ADN_LeafCutOff(uint256 length, uint256 leafLength);

    /// @notice A leaf is dust; wei.
    error ADN_LeafTooSmall(uint256 index, uint256 principal, uint256 least);

    /// @notice A leaf names the zero address as owner.
    error ADN_LeafWithoutOwner(uint256 index);

    /// @notice A node was to be merged with itself.
    error ADN_MergeWithItself(uint256 tokenId);

    /// @notice The settlement has fewer leaves; indices count from 0.
    error ADN_NoSuchLeaf(uint256 settlementId, uint256 index, uint256 count);

    /// @notice The caller is neither the owner nor approved to claim.
    error ADN_NotClaimer(uint256 tokenId, address caller);

    /// @notice Only the program's issuer mints in it.
    error ADN_NotIssuer(uint256 programId, address caller, address issuer);

    /// @notice Neither the owner of the node nor an ERC-721 operator of theirs.
    error ADN_NotOwnerOrOperator(uint256 tokenId, address caller);

    /// @notice The caller does not operate the program.
    error ADN_NotProgramOperator(uint256 programId, address caller);

    /// @notice The node has released nothing that was not claimed already.
    error ADN_NothingToClaim(uint256 tokenId);

    /// @notice The grid's origin lies ahead; give one of its earlier boundaries. Seconds since the epoch.
    error ADN_OriginInFuture(uint256 origin, uint256 timestamp);

    /// @notice The period's length is out of range; seconds.
    error ADN_PeriodOutOfRange(uint256 periodLength, uint256 least, uint256 most);

    /// @notice The permit can no longer be used; seconds since the epoch.
    error ADN_PermitExpired(uint256 deadline, uint256 timestamp);

    /// @notice No node has that much principal; wei.
    error ADN_PrincipalTooLarge(uint256 principal, uint256 most);

    /// @notice A part of a split, or what would stay, is dust; wei.
    error ADN_PrincipalTooSmall(uint256 principal, uint256 least);

    /// @notice The program takes no new nodes.
    error ADN_ProgramClosed(uint256 programId);

    /// @notice The program's quota does not cover the principal; wei.
    error ADN_QuotaExceeded(uint256 programId, uint256 asked, uint256 left);

    /// @notice A split asks for more principal than is left of the node; wei.
    error ADN_SplitExceedsPrincipal(uint256 tokenId, uint256 asked, uint256 left);

    /// @notice The node is not in the state the caller saw: it was claimed from, split or merged since.
    error ADN_StateChanged(uint256 tokenId, bytes32 expected, bytes32 actual);

    /// @notice There is no such program.
    error ADN_UnknownProgram(uint256 programId);

    /// @notice There is no such settlement.
    error ADN_UnknownSettlement(uint256 settlementId);

    /// @notice Two nodes differ in program or start and cannot be merged.
    error ADN_UnlikeNodes(uint256 tokenId, uint256 otherTokenId);

    /// @notice The operator of a program cannot be the zero address.
    error ADN_ZeroOperator();

    /// @notice A node needs some principal.
    error ADN_ZeroPrincipal();

    // -------------------------------------------------------------------- nodes

    /// @notice Burns `amount` of the caller's own FEC and mints one node of that principal. Needs no allowance.
    /// @param programId Program to mint in; the caller is its issuer, or it has none.
    /// @param amount Principal in wei: not zero, within the program's quota.
    /// @param to Owner of the node; a contract must accept ERC-721 tokens.
    /// @return tokenId The new node.
    function mint(uint256 programId, uint256 amount, address to) external returns (uint256 tokenId);

    /// @notice Claims all that has been released from some nodes, in one payment.
    /// @dev Emits {PayoutClaimed} and {MetadataUpdate} for each node that paid, and reverts when none did. Not one
    /// {BatchMetadataUpdate}: ids say so much that a range of them would span what nobody can walk.
    /// @param tokenIds Nodes whose owner the caller is, or operates for (ERC-721), or may claim for (ERC-5725).
    /// @param to Who is paid.
    /// @return paid Sum in wei.
    function claimTo(uint256[] calldata tokenIds, address to) external returns (uint256 paid);

    /// @notice Claims from any nodes on behalf of their owners, each of whom is paid. Anyone may call.
    /// @dev Nodes with nothing to claim, and nodes merged away since the list was made, are skipped, so that nobody can
    /// make a keeper's batch fail. An id that was never minted reverts.
    /// @param tokenIds Nodes to claim from; neighbours with one owner are paid together.
    /// @return paid Sum over all owners, in wei.
    function claimFor(uint256[] calldata tokenIds) external returns (uint256 paid);

    /// @notice Splits parts off a node. What has been claimed is shared out in proportion to principal.
    /// @param tokenId Node to split; the caller is its owner or an ERC-721 operator of theirs.
    /// @param principals Principal of each part, in wei. Each part and what stays are at least {MIN_SPLIT_PRINCIPAL}.
    /// @return newIds The parts, in the order of `principals`; they belong to the node's owner.
    function split(uint256 tokenId, uint256[] calldata principals) external returns (uint256[] memory newIds);

    /// @notice Merges nodes of one owner, program and start into the first of them; the others are gone.
    /// @dev Approvals of the first node are cleared: it is worth more than when they were given.
    /// @param tokenIds Two nodes or more; the caller is their owner or an ERC-721 operator of theirs.
    /// @return tokenId The first of them.
    function merge(uint256[] calldata tokenIds) external returns (uint256 tokenId);

    /// @notice ERC-721 `safeTransferFrom`, but only if the node is still in the state the caller saw.
    /// @dev For sales: a seller who claims just before the sale makes it fail. Five arguments, so that no client can mistake
    /// the fingerprint for the `data` of the four-argument overload.
    /// @param from Owner until now.
    /// @param to Owner from now on.
    /// @param tokenId Node to move.
    /// @param data Passed on to a receiving contract.
    /// @param expectedFingerprint {getStateFingerprint} as the buyer saw it.
    function safeTransferFrom(
        address from,
        address to,
        uint256 tokenId,
        bytes calldata data,
        bytes32 expectedFingerprint
    ) external;

    /// @notice Makes somebody the owner's ERC-721 operator, or unmakes them, by the owner's signature. Anybody may send it.
    /// @dev An operator can move every node of the owner's. `Custodian` is one that does only what the owner signs (see
    /// `ICustodian.act`); others are trusted at the owner's own risk.
    /// @param owner Who has signed: with a key, or as a contract (ERC-1271).
    /// @param operator Who may act on the owner's nodes, or no longer.
    /// @param approved Whether they may.
    /// @param deadline Last second at which this may be sent.
    /// @param signature EIP-712 signature over PermitForAll(address owner,address operator,bool approved,uint256 nonce,uint256
    /// deadline), with {nonces} as the nonce.
    function permitForAll(address owner, address operator, bool approved, uint256 deadline, bytes calldata signature)
        external;

    // -------------------------------------------------------------- settlements

    /// @notice Burns the sum of some principals of the caller's own FEC and makes a node of each. Needs no allowance.
    /// @dev Their ids follow: index `i` has the serial `firstSerial + i`. A leaf may name any owner; nobody is asked.
    /// @param programId Program to make them in; the caller is its issuer, or it has none.
    /// @param leaves 32 bytes each: owner (20), not zero; principal in wei (12), at least {MIN_SPLIT_PRINCIPAL}. One leaf at
    /// least, 2^24 − 1 at most; the sum is within the program's quota.
    /// @return settlementId Number of leaves (24 bits), then laid out as in a token id: program, period length, start, sum of the
    /// principals, serial of the first node.
    function settle(uint256 programId, bytes calldata leaves) external returns (uint256 settlementId);

    /// @notice Mints a settled node as the ERC-721 token that it always was, to its owner. Anyone may call.
    /// @dev The receiver's hook is not called: nobody can be made to fail by it, and no owner can refuse. The program may be
    /// closed by now.
    /// @param settlementId The settlement.
    /// @param index Place of the node's leaf, from 0.
    /// @param owner Owner that the leaf names.
    /// @param principal Principal of the leaf, in wei.
    /// @param proof Hashes beside the way from the leaf up to the root, from the lowest; exactly as many as index and count give.
    /// @return tokenId The node.
    function open(uint256 settlementId, uint256 index, address owner, uint256 principal, bytes32[] calldata proof)
        external
        returns (uint256 tokenId);

    /// @notice {open}, and claims what the node has released by now for its owner. Where that is nothing, it just opens.
    /// @return tokenId The node.
    /// @return paid What the owner was paid, in wei.
    function openAndClaim(
        uint256 settlementId,
        uint256 index,
        address owner,
        uint256 principal,
        bytes32[] calldata proof
    ) external returns (uint256 tokenId, uint256 paid);

    // ----------------------------------------------------------------- programs

    /// @notice Admits a program. Only for the contract's owner.
    /// @param operator Who may close it or hand it on; not zero.
    /// @param issuer The only account that may mint in it; zero means anybody may.
    /// @param periodLength Length of a period in seconds: 12 hours to 90 days.
    /// @param origin A boundary of its grid, in seconds since the epoch, not in the future.
    /// @param quota Principal that may be burned into its nodes, in wei, out of the {budget}.
    /// @return programId The new program; programs count from 1, the public one.
    function createProgram(address operator, address issuer, uint32 periodLength, uint40 origin, uint256 quota)
        external
        returns (uint256 programId);

    /// @notice Grants a program more quota out of the {budget}. Only for the contract's owner.
    /// @param programId An open program.
    /// @param amount Principal to add, in wei.
    function grantQuota(uint256 programId, uint256 amount) external;

    /// @notice Closes a program for good: no new nodes. Its unused quota goes back to the {budget}; existing nodes go on as
    /// before. Only for its operator or the contract's owner.
    /// @param programId An open program.
    function closeProgram(uint256 programId) external;

    /// @notice Hands a program to another operator. Only for its operator.
    /// @param programId Any program.
    /// @param operator The next operator; not zero.
    function setProgramOperator(uint256 programId, address operator) external;

    // -------------------------------------------------------------------- views

    /// @notice The coupon that nodes burn and pay.
    function fec() external view returns (IFEC);

    /// @notice A node's terms and what it has paid.
    function nodeOf(uint256 tokenId) external view returns (Node memory);

    /// @notice A settlement's terms and root.
    function settlementOf(uint256 settlementId) external view returns (Settlement memory);

    /// @notice A program's terms and what is left of its quota.
    function programOf(uint256 programId) external view returns (Program memory);

    /// @notice Number of an owner's next permit.
    function nonces(address owner) external view returns (uint256);

    /// @notice Number of programs, which are 1 … programCount.
    function programCount() external view returns (uint256);

    /// @notice What all nodes together still owe: Σ (10·principal − claimed), in wei.
    function outstanding() external view returns (uint256);

    /// @notice Principal not yet granted to any program, in wei. Programs share a lifetime total of (cap − genesis)/9.
    function budget() external view returns (uint256);

    /// @notice Least principal of a part of a split, and of a settled node, in wei.
    function MIN_SPLIT_PRINCIPAL() external view returns (uint256);

    /// @notice Shortest period of a program, in seconds.
    function MIN_PERIOD_LENGTH() external view returns (uint256);

    /// @notice Longest period of a program, in seconds.
    function MAX_PERIOD_LENGTH() external view returns (uint256);
}
