// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {FEC} from "./FEC.sol";
import {IADN, Node} from "./interfaces/IADN.sol";
import {IERC5646} from "./interfaces/IERC5646.sol";
import {IERC5725} from "./interfaces/IERC5725.sol";
import {ClaimedShare} from "./libraries/ClaimedShare.sol";
import {NodeId} from "./libraries/NodeId.sol";
import {NodeState, NodeStateLib} from "./libraries/NodeState.sol";
import {ReleaseCurve} from "./libraries/ReleaseCurve.sol";
import {NodeMetadata} from "./nodes/NodeMetadata.sol";
import {OperatorPermits} from "./nodes/OperatorPermits.sol";
import {Settlements} from "./nodes/Settlements.sol";

/// @title Airdrop Nodes
/// @notice See {IADN}.
contract ADN is Settlements, OperatorPermits {
    using NodeId for uint256;

    /// @dev A struct of one word, so that a storage pointer to it can be passed on instead of being hashed for twice.
    struct NodeRecord {
        NodeState state;
    }

    /// @dev What a split or merge gave a node: its principal, and the wei that a merge holds back until the period ends.
    /// Rounding down once for the whole releases up to one wei a node more than rounding down for each. That would be early,
    /// since a split may have left another node ahead by just that much.
    struct Resized {
        uint96 principal;
        uint40 heldUntil;
        uint120 held;
    }

    // ---------------------------------------------------------------- constants

    /// @dev Terms of program 1, the public one: weeks from Monday, 5 January 1970, 00:00 UTC.
    uint32 private constant PUBLIC_PERIOD_LENGTH = 7 days;
    uint40 private constant PUBLIC_ORIGIN = 4 days;

    /// @dev ERC-4906 (https://eips.ethereum.org/EIPS/eip-4906) names its id: it has events only.
    bytes4 private constant ERC4906_ID = 0x49064906;

    // -------------------------------------------------------------------- state

    /// @notice What {tokenURI} is written by.
    NodeMetadata public immutable metadata;

    mapping(uint256 tokenId => NodeRecord) private _nodes;
    mapping(uint256 tokenId => Resized) private _resized;
    mapping(address owner => uint256) private _balances;
    mapping(uint256 tokenId => address) private _claimApprovals;
    mapping(address owner => mapping(address operator => bool)) private _claimOperators;

    // ------------------------------------------------------------- construction

    /// @notice Deploys the coupon too, so that the two are wired to each other from their first moment on, and what writes the
    /// metadata.
    /// @param owner_ Who admits programs and grants quotas, and nothing else.
    /// @param genesisHolder Who gets the genesis supply.
    /// @param cap The most FEC that may ever exist, in wei.
    /// @param genesisSupply FEC to create now, in wei.
    /// @param publicQuota Quota of program 1, in wei, out of the budget of (cap − genesisSupply)/9.
    constructor(address owner_, address genesisHolder, uint256 cap, uint256 genesisSupply, uint256 publicQuota)
        Settlements(owner_, new FEC(address(this), cap, genesisSupply, genesisHolder))
    {
        metadata = new NodeMetadata();
        budget = (cap - genesisSupply) / (ReleaseCurve.FACE_MULTIPLE - 1);
        _createProgram(owner_, address(0), PUBLIC_PERIOD_LENGTH, PUBLIC_ORIGIN, publicQuota);
    }

    // -------------------------------------------------------------------- nodes

    /// @inheritdoc IADN
    function mint(uint256 programId, uint256 amount, address to) external returns (uint256 tokenId) {
        // Check: the program admits this caller and this amount. What {_issue} does for many: to share it would cost each mint
        // 340 gas.
        ProgramRecord storage program = _programs[programId];
        (uint256 quota, uint40 minted, uint256 origin, uint256 periodLength, bool closed) =
            (program.quota, program.minted, program.origin, program.periodLength, program.closed);
        if (periodLength == 0) revert ADN_UnknownProgram(programId);
        if (closed) revert ADN_ProgramClosed(programId);
        address issuer = program.issuer;
        if (issuer != address(0) && msg.sender != issuer) revert ADN_NotIssuer(programId, msg.sender, issuer);
        if (amount == 0) revert ADN_ZeroPrincipal();
        if (amount > quota) revert ADN_QuotaExceeded(programId, amount, quota);

        // Effect: quota and serial, in one write; the node itself is its id and its owner.
        uint40 serial = minted + 1;
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast) -- less than the quota, which has 96 bits
            program.quota = uint96(quota - amount);
            program.minted = serial;
            // slither-disable-next-line weak-prng -- a place on the grid of periods; nothing is drawn by lot
            uint256 start = block.timestamp - (block.timestamp - origin) % periodLength;
            tokenId = NodeId.pack(programId, periodLength, start, amount, serial);
        }

        // Interaction: the coupon, our own, which calls nobody; then the node, and the receiver's hook last.
        // slither-disable-next-line reentrancy-benign,reentrancy-events
        fec.burn(msg.sender, amount);
        if (to == address(0)) revert ERC721InvalidReceiver(address(0));
        _place(_nodes[tokenId], tokenId, to, 0);
        ERC721Utils.checkOnERC721Received(msg.sender, address(0), to, tokenId, "");
    }

    /// @inheritdoc IERC5725
    function claim(uint256 tokenId) external {
        NodeRecord storage record = _nodes[tokenId];
        NodeState state = record.state;
        _checkClaimer(state.owner(), tokenId);
        uint256 paid = _release(record, state, tokenId, _growthNow(tokenId), msg.sender);
        // slither-disable-next-line incorrect-equality -- an amount just computed, not a balance that others can raise
        if (paid == 0) revert ADN_NothingToClaim(tokenId);
        fec.mint(msg.sender, paid);
    }

    /// @inheritdoc IADN
    function claimTo(uint256[] calldata tokenIds, address to) external returns (uint256 paid) {
        if (tokenIds.length == 0) revert ADN_BatchTooShort(0, 1);
        // slither-disable-start uninitialized-local -- no node is of class zero: the first one sets both
        uint256 class;
        uint256 growth;
        // slither-disable-end uninitialized-local
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            uint256 tokenId = tokenIds[i];
            NodeRecord storage record = _nodes[tokenId];
            NodeState state = record.state;
            if (state.owner() != msg.sender && !isApprovedForAll(state.owner(), msg.sender)) {
                _checkClaimer(state.owner(), tokenId);
            }
            if (tokenId.class() != class) (class, growth) = (tokenId.class(), _growthNow(tokenId));
            unchecked {
                paid += _release(record, state, tokenId, growth, to);
            }
        }
        // slither-disable-next-line incorrect-equality -- as in claim
        if (paid == 0) revert ADN_NothingToClaim(tokenIds[0]);
        fec.mint(to, paid);
    }

    /// @inheritdoc IADN
    function claimFor(uint256[] calldata tokenIds) external returns (uint256 paid) {
        if (tokenIds.length == 0) revert ADN_BatchTooShort(0, 1);
        // slither-disable-start uninitialized-local -- as in claimTo; and nothing is due to nobody
        uint256 class;
        uint256 growth;
        address payee;
        uint256 due;
        // slither-disable-end uninitialized-local
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            uint256 tokenId = tokenIds[i];
            NodeRecord storage record = _nodes[tokenId];
            NodeState state = record.state;
            address owner = state.owner();
            if (owner == address(0)) {
                if (!state.exists()) revert ERC721NonexistentToken(tokenId);
                continue;
            }
            if (owner != payee) {
                // Our own coupon, which calls nobody and cannot refuse.
                // slither-disable-next-line reentrancy-no-eth,reentrancy-events,calls-loop
                if (due != 0) fec.mint(payee, due);
                (payee, due) = (owner, 0);
            }
            if (tokenId.class() != class) (class, growth) = (tokenId.class(), _growthNow(tokenId));
            unchecked {
                uint256 released = _release(record, state, tokenId, growth, owner);
                due += released;
                paid += released;
            }
        }
        if (due != 0) fec.mint(payee, due);
    }

    /// @inheritdoc IADN
    function split(uint256 tokenId, uint256[] calldata principals) external returns (uint256[] memory newIds) {
        address owner = _requireOwned(tokenId);
        _checkOwnerOrOperator(owner, tokenId);
        uint256 count = principals.length;
        if (count == 0) revert ADN_BatchTooShort(0, 1);
        uint256 growth = _growthNow(tokenId);
        uint256 left = _principalOf(tokenId);

        // Check: each part is there, and neither a part nor the rest is dust. `unbooked` sums what they have released.
        uint256 rest = left;
        uint256 unbooked = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = principals[i];
            if (part < MIN_SPLIT_PRINCIPAL) revert ADN_PrincipalTooSmall(part, MIN_SPLIT_PRINCIPAL);
            if (part > rest) revert ADN_SplitExceedsPrincipal(tokenId, part, rest);
            rest -= part;
            unbooked += ReleaseCurve.releasedDown(part, growth);
        }
        if (rest < MIN_SPLIT_PRINCIPAL) revert ADN_PrincipalTooSmall(rest, MIN_SPLIT_PRINCIPAL);
        unbooked += ReleaseCurve.releasedDown(rest, growth) - _heldAt(tokenId, block.timestamp);

        // Effect: the parts, each with its share of what was claimed; then the rest.
        uint256 claimed = _nodes[tokenId].state.claimed();
        uint256 serial = _reserveSerials(tokenId.programId(), count);
        newIds = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = principals[i];
            uint256 released = ReleaseCurve.releasedDown(part, growth);
            unbooked -= released;
            uint256 share = ClaimedShare.ofPart(claimed, part, left, released, unbooked);
            claimed -= share;
            left -= part;
            newIds[i] = tokenId.sibling(part, serial + i);
            _nodes[newIds[i]].state = NodeStateLib.pack(owner, share, false);
            emit NodeSplit(tokenId, newIds[i], part, share);
            emit Transfer(address(0), owner, newIds[i]);
        }
        unchecked {
            _balances[owner] += count;
        }
        // forge-lint: disable-next-line(unsafe-typecast) -- less than the principal, which has 96 bits
        _resized[tokenId].principal = uint96(rest);
        _setResized(tokenId, owner, claimed);
    }

    /// @inheritdoc IADN
    function merge(uint256[] calldata tokenIds) external returns (uint256 tokenId) {
        if (tokenIds.length < 2) revert ADN_BatchTooShort(tokenIds.length, 2);
        tokenId = tokenIds[0];
        address owner = _requireOwned(tokenId);
        _checkOwnerOrOperator(owner, tokenId);
        uint256 growth = _growthNow(tokenId);
        NodeState state = _nodes[tokenId].state;
        (uint256 principal, uint256 released) = _principalAndReleased(tokenId, state, growth);
        uint256 claimed = state.claimed();
        for (uint256 i = 1; i < tokenIds.length; ++i) {
            uint256 otherId = tokenIds[i];
            if (otherId == tokenId) revert ADN_MergeWithItself(tokenId);
            address otherOwner = _requireOwned(otherId);
            if (otherOwner != owner) revert ERC721IncorrectOwner(owner, otherId, otherOwner);
            if (otherId.class() != tokenId.class()) revert ADN_UnlikeNodes(tokenId, otherId);
            NodeState other = _nodes[otherId].state;
            (uint256 otherPrincipal, uint256 otherReleased) = _principalAndReleased(otherId, other, growth);
            principal += otherPrincipal;
            released += otherReleased;
            claimed += other.claimed();
            emit NodeMerged(tokenId, otherId, otherPrincipal, other.claimed());
            _burn(otherId);
            _nodes[otherId].state = NodeStateLib.MERGED;
            // slither-disable-next-line costly-loop -- each round frees another node's word
            if (other.resized()) delete _resized[otherId];
        }
        // The merged node releases no more in this period than its parts did one by one.
        uint256 held = ReleaseCurve.releasedDown(principal, growth) - released;
        // slither-disable-next-line incorrect-equality -- an amount just computed; other than zero it has an end
        uint256 heldUntil = held == 0 ? 0 : _periodEnd(tokenId);
        // Principals sum to less than the cap; 40 bits last 34,000 years; held: a wei a node.
        // forge-lint: disable-next-line(unsafe-typecast)
        _resized[tokenId] = Resized({principal: uint96(principal), heldUntil: uint40(heldUntil), held: uint120(held)});
        _setResized(tokenId, owner, claimed);
        delete _claimApprovals[tokenId];
        if (_getApproved(tokenId) != address(0)) _approve(address(0), tokenId, address(0));
    }

    /// @inheritdoc IADN
    function open(uint256 settlementId, uint256 index, address owner, uint256 principal, bytes32[] calldata proof)
        external
        returns (uint256 tokenId)
    {
        tokenId = _proven(settlementId, index, owner, principal, proof);
        _open(tokenId, owner, 0);
    }

    /// @inheritdoc IADN
    function openAndClaim(
        uint256 settlementId,
        uint256 index,
        address owner,
        uint256 principal,
        bytes32[] calldata proof
    ) external returns (uint256 tokenId, uint256 paid) {
        tokenId = _proven(settlementId, index, owner, principal, proof);
        paid = ReleaseCurve.releasedDown(tokenId.birthPrincipal(), _growthNow(tokenId));
        _open(tokenId, owner, paid);
        if (paid != 0) {
            emit PayoutClaimed(tokenId, owner, paid);
            emit MetadataUpdate(tokenId);
            fec.mint(owner, paid);
        }
    }

    /// @inheritdoc IADN
    function safeTransferFrom(
        address from,
        address to,
        uint256 tokenId,
        bytes calldata data,
        bytes32 expectedFingerprint
    ) external {
        bytes32 actual = getStateFingerprint(tokenId);
        if (actual != expectedFingerprint) revert ADN_StateChanged(tokenId, expectedFingerprint, actual);
        safeTransferFrom(from, to, tokenId, data);
    }

    /// @inheritdoc IERC5725
    function setClaimApprovalForAll(address operator, bool approved) external {
        _claimOperators[msg.sender][operator] = approved;
        emit ClaimApprovalForAll(msg.sender, operator, approved);
    }

    /// @inheritdoc IERC5725
    /// @dev One account at a time may claim from a single node; approving another replaces it.
    function setClaimApproval(address operator, bool approved, uint256 tokenId) external {
        address owner = _requireOwned(tokenId);
        if (msg.sender != owner) revert ERC721IncorrectOwner(msg.sender, tokenId, owner);
        if (approved) {
            _claimApprovals[tokenId] = operator;
        } else if (_claimApprovals[tokenId] == operator) {
            delete _claimApprovals[tokenId];
        }
        emit ClaimApproval(owner, operator, tokenId, approved);
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc IADN
    function nodeOf(uint256 tokenId) external view returns (Node memory) {
        _requireOwned(tokenId);
        return Node({
            programId: tokenId.programId(),
            principal: uint96(_principalOf(tokenId)),
            claimed: uint96(_nodes[tokenId].state.claimed()),
            start: uint40(tokenId.start()),
            periodLength: uint24(tokenId.periodLength())
        });
    }

    /// @inheritdoc IADN
    /// @dev FEC is minted only at genesis and by claims, and burned only into nodes. With S₀ the genesis supply, B all
    /// principal ever burned and C all ever claimed: supply = S₀ − B + C, and Σ(10·P − claimed) = 10·B − C.
    function outstanding() external view returns (uint256) {
        return fec.genesisSupply() + (ReleaseCurve.FACE_MULTIPLE - 1) * fec.totalBurned() - fec.totalSupply();
    }

    /// @inheritdoc IERC5725
    function claimedPayout(uint256 tokenId) public view returns (uint256 payout) {
        _requireOwned(tokenId);
        return _nodes[tokenId].state.claimed();
    }

    /// @inheritdoc IERC5725
    function claimablePayout(uint256 tokenId) external view returns (uint256 payout) {
        return vestedPayout(tokenId) - claimedPayout(tokenId);
    }

    /// @inheritdoc IERC5725
    function vestedPayout(uint256 tokenId) public view returns (uint256 payout) {
        return vestedPayoutAtTime(tokenId, block.timestamp);
    }

    /// @inheritdoc IERC5725
    /// @dev What has been claimed has been released: from now on it is counted in even where splits left a node a few wei
    /// ahead of its own curve until the next period (see {MIN_SPLIT_PRINCIPAL}). The past of a part that was split off is its
    /// share of the past of the node it came from.
    function vestedPayoutAtTime(uint256 tokenId, uint256 timestamp) public view returns (uint256 payout) {
        uint256 claimed = claimedPayout(tokenId);
        payout = ReleaseCurve.releasedDown(_principalOf(tokenId), _growthAt(tokenId, timestamp))
            - _heldAt(tokenId, timestamp);
        if (timestamp >= block.timestamp && payout < claimed) payout = claimed;
    }

    /// @inheritdoc IERC5725
    function vestingPayout(uint256 tokenId) external view returns (uint256 payout) {
        return _principalOf(tokenId) * ReleaseCurve.FACE_MULTIPLE - vestedPayout(tokenId);
    }

    /// @inheritdoc IERC5725
    function vestingPeriod(uint256 tokenId) external view returns (uint256 vestingStart, uint256 vestingEnd) {
        _requireOwned(tokenId);
        vestingStart = tokenId.start();
        vestingEnd = vestingStart + ReleaseCurve.PERIODS * tokenId.periodLength();
    }

    /// @inheritdoc IERC5725
    function payoutToken(uint256 tokenId) external view returns (address token) {
        _requireOwned(tokenId);
        return address(fec);
    }

    /// @inheritdoc IERC5725
    function isClaimApprovedForAll(address owner, address operator) public view returns (bool isClaimApproved) {
        return _claimOperators[owner][operator];
    }

    /// @inheritdoc IERC5725
    function getClaimApproved(uint256 tokenId) external view returns (address operator) {
        _requireOwned(tokenId);
        return _claimApprovals[tokenId];
    }

    /// @inheritdoc IERC5646
    function getStateFingerprint(uint256 tokenId) public view returns (bytes32 fingerprint) {
        Resized storage resized = _resized[tokenId];
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                tokenId,
                _principalOf(tokenId),
                claimedPayout(tokenId),
                resized.held,
                resized.heldUntil
            )
        );
    }

    /// @inheritdoc ERC721
    function balanceOf(address owner) public view override(ERC721, IERC721) returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(address(0));
        return _balances[owner];
    }

    /// @notice The node's name, numbers and a picture of its curve, as a data URI of JSON.
    /// @inheritdoc ERC721
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        return metadata.tokenURI(tokenId, _principalOf(tokenId), vestedPayout(tokenId), claimedPayout(tokenId));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == type(IERC5725).interfaceId || interfaceId == type(IERC5646).interfaceId
            || interfaceId == ERC4906_ID || super.supportsInterface(interfaceId);
    }

    // ---------------------------------------------------------------- internals

    /// @dev Owners live in the node's own word, beside what it has paid, in place of the parent's table.
    function _ownerOf(uint256 tokenId) internal view override returns (address) {
        return _nodes[tokenId].state.owner();
    }

    /// @dev Moves a node, or burns it (`to` zero), and ends all approvals of it, to claim included. New ones are for {_place}.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        NodeRecord storage record = _nodes[tokenId];
        NodeState state = record.state;
        from = state.owner();
        if (auth != address(0)) _checkAuthorized(from, auth, tokenId);
        _approve(address(0), tokenId, address(0), false);
        // slither-disable-next-line costly-loop -- each round ends the approvals of another node
        delete _claimApprovals[tokenId];
        unchecked {
            --_balances[from];
            if (to != address(0)) ++_balances[to];
        }
        record.state = state.withOwner(to);
        emit Transfer(from, to, tokenId);
    }

    /// @dev Mints a settled node that has paid `claimed` wei by now, in one write and without the receiver's hook: whoever opens it
    /// has no say in who gets it. What was opened once has a state for good, even when it was merged away.
    function _open(uint256 tokenId, address owner, uint256 claimed) private {
        NodeRecord storage record = _nodes[tokenId];
        if (record.state.exists()) revert ADN_AlreadyOpened(tokenId);
        _place(record, tokenId, owner, claimed);
    }

    /// @dev Writes a new node, whose id was never used, and says so.
    function _place(NodeRecord storage record, uint256 tokenId, address owner, uint256 claimed) private {
        record.state = NodeStateLib.pack(owner, claimed, false);
        unchecked {
            ++_balances[owner];
        }
        emit Transfer(address(0), owner, tokenId);
    }

    /// @dev Books all that is claimable as claimed; the caller pays it. Returns max(0, released − claimed) in wei: released
    /// falls short of claimed only by the rounding of a split.
    function _release(NodeRecord storage record, NodeState state, uint256 tokenId, uint256 growth, address to)
        private
        returns (uint256 amount)
    {
        (, uint256 released) = _principalAndReleased(tokenId, state, growth);
        uint256 claimed = state.claimed();
        if (released <= claimed) return 0;
        unchecked {
            amount = released - claimed;
        }
        record.state = state.addClaimed(amount);
        emit PayoutClaimed(tokenId, to, amount);
        emit MetadataUpdate(tokenId);
    }

    /// @dev Marks the node as having another principal than its id says, which is stored by now.
    function _setResized(uint256 tokenId, address owner, uint256 claimed) private {
        _nodes[tokenId].state = NodeStateLib.pack(owner, claimed, true);
        emit MetadataUpdate(tokenId);
    }

    /// @dev Beginning of the node's next period.
    function _periodEnd(uint256 tokenId) private view returns (uint256) {
        uint256 periodLength = tokenId.periodLength();
        // slither-disable-next-line weak-prng -- a place on the grid of periods; nothing is drawn by lot
        return block.timestamp + periodLength - (block.timestamp - tokenId.start()) % periodLength;
    }

    /// @dev A node's principal, and what it has released by now, in wei.
    function _principalAndReleased(uint256 tokenId, NodeState state, uint256 growth)
        private
        view
        returns (uint256 principal, uint256 released)
    {
        if (!state.resized()) {
            principal = tokenId.birthPrincipal();
            return (principal, ReleaseCurve.releasedDown(principal, growth));
        }
        Resized storage resized = _resized[tokenId];
        principal = resized.principal;
        released = ReleaseCurve.releasedDown(principal, growth);
        if (block.timestamp < resized.heldUntil) released -= resized.held;
    }

    /// @dev What a merge holds back at `timestamp`, in wei: something in the period of the merge, nothing after or before.
    function _heldAt(uint256 tokenId, uint256 timestamp) private view returns (uint256) {
        Resized storage resized = _resized[tokenId];
        uint256 heldUntil = resized.heldUntil;
        return timestamp < heldUntil && timestamp + tokenId.periodLength() >= heldUntil ? resized.held : 0;
    }

    function _principalOf(uint256 tokenId) private view returns (uint256) {
        return _nodes[tokenId].state.resized() ? _resized[tokenId].principal : tokenId.birthPrincipal();
    }

    function _growthNow(uint256 tokenId) private view returns (uint256) {
        return _growthAt(tokenId, block.timestamp);
    }

    function _growthAt(uint256 tokenId, uint256 timestamp) private pure returns (uint256) {
        return ReleaseCurve.growthDown(ReleaseCurve.periodsElapsed(tokenId.start(), tokenId.periodLength(), timestamp));
    }

    function _reserveSerials(uint256 programId, uint256 count) private returns (uint256 first) {
        ProgramRecord storage program = _programs[programId];
        first = uint256(program.minted) + 1;
        // forge-lint: disable-next-line(unsafe-typecast) -- the caller's calldata holds no 2^40 principals
        program.minted += uint40(count);
    }

    function _checkClaimer(address owner, uint256 tokenId) private view {
        if (msg.sender == owner) return;
        if (owner == address(0)) revert ERC721NonexistentToken(tokenId);
        if (_claimApprovals[tokenId] == msg.sender || _claimOperators[owner][msg.sender]) return;
        revert ADN_NotClaimer(tokenId, msg.sender);
    }

    function _checkOwnerOrOperator(address owner, uint256 tokenId) private view {
        if (msg.sender != owner && !isApprovedForAll(owner, msg.sender)) {
            revert ADN_NotOwnerOrOperator(tokenId, msg.sender);
        }
    }
}
