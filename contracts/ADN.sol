// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {FEC} from "./FEC.sol";
import {IADN, Node, Program} from "./interfaces/IADN.sol";
import {IERC5646} from "./interfaces/IERC5646.sol";
import {IERC5725} from "./interfaces/IERC5725.sol";
import {IFEC} from "./interfaces/IFEC.sol";
import {NodeId} from "./libraries/NodeId.sol";
import {NodeMetadata} from "./libraries/NodeMetadata.sol";
import {NodeState, NodeStateLib} from "./libraries/NodeState.sol";
import {ReleaseCurve} from "./libraries/ReleaseCurve.sol";

/// @title Airdrop Nodes
/// @notice See {IADN}.
contract ADN is IADN, ERC721, Ownable2Step {
    using NodeId for uint256;

    /// @dev What is needed to mint lies in the first word.
    struct ProgramRecord {
        uint96 quota;
        uint40 minted;
        uint40 origin;
        uint24 periodLength;
        bool closed;
        address issuer;
        address operator;
        uint96 granted;
    }

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

    /// @inheritdoc IADN
    uint256 public constant MIN_PERIOD_LENGTH = 12 hours;

    /// @inheritdoc IADN
    uint256 public constant MAX_PERIOD_LENGTH = 90 days;

    /// @inheritdoc IADN
    /// @dev A thousandth of a FEC. Keeps dust from being spun off by the million, and makes rounding harmless: when a
    /// node is split right after a claim, the parts may have released up to one wei each less than the whole had paid;
    /// the surplus stays with the rest, whose next period releases at least 10·10^15·w(1) ≈ 3.8·10^12 wei.
    uint256 public constant MIN_SPLIT_PRINCIPAL = 1e15;

    /// @dev Terms of program 1, the public one: weeks from Monday, 5 January 1970, 00:00 UTC.
    uint32 private constant PUBLIC_PERIOD_LENGTH = 7 days;
    uint40 private constant PUBLIC_ORIGIN = 4 days;

    // -------------------------------------------------------------------- state

    /// @inheritdoc IADN
    IFEC public immutable fec;

    /// @inheritdoc IADN
    uint256 public programCount;

    /// @inheritdoc IADN
    uint256 public budget;

    mapping(uint256 programId => ProgramRecord) private _programs;
    mapping(uint256 tokenId => NodeRecord) private _nodes;
    mapping(uint256 tokenId => Resized) private _resized;
    mapping(address owner => uint256) private _balances;
    mapping(uint256 tokenId => address) private _claimApprovals;
    mapping(address owner => mapping(address operator => bool)) private _claimOperators;

    // ------------------------------------------------------------- construction

    /// @notice Deploys the coupon too, so that the two are wired to each other from their first moment on.
    /// @param owner_ Who admits programs and grants quotas, and nothing else.
    /// @param genesisHolder Who gets the genesis supply.
    /// @param cap The most FEC that may ever exist, in wei.
    /// @param genesisSupply FEC to create now, in wei.
    /// @param publicQuota Quota of program 1, in wei, out of the budget of (cap − genesisSupply)/9.
    constructor(address owner_, address genesisHolder, uint256 cap, uint256 genesisSupply, uint256 publicQuota)
        ERC721("Airdrop Node", "ADN")
        Ownable(owner_)
    {
        fec = new FEC(address(this), cap, genesisSupply, genesisHolder);
        budget = (cap - genesisSupply) / (ReleaseCurve.FACE_MULTIPLE - 1);
        _createProgram(owner_, address(0), PUBLIC_PERIOD_LENGTH, PUBLIC_ORIGIN, publicQuota);
    }

    // -------------------------------------------------------------------- nodes

    /// @inheritdoc IADN
    function mint(uint256 programId, uint256 amount, address to) external returns (uint256 tokenId) {
        // Check: the program admits this caller and this amount.
        ProgramRecord storage program = _openProgram(programId);
        address issuer = program.issuer;
        if (issuer != address(0) && msg.sender != issuer) revert ADN_NotIssuer(programId, msg.sender, issuer);
        if (amount == 0) revert ADN_ZeroPrincipal();
        uint256 quota = program.quota;
        if (amount > quota) revert ADN_QuotaExceeded(programId, amount, quota);

        // Effect: quota and serial; the node itself is its id and its owner.
        uint256 serial = ++program.minted;
        unchecked {
            program.quota = uint96(quota - amount);
            uint256 periodLength = program.periodLength;
            uint256 start = block.timestamp - (block.timestamp - program.origin) % periodLength;
            tokenId = NodeId.pack(programId, periodLength, start, amount, serial);
        }

        // Interaction: the coupon first, the receiver's hook last.
        fec.burn(msg.sender, amount);
        _safeMint(to, tokenId);
    }

    /// @inheritdoc IERC5725
    function claim(uint256 tokenId) external {
        NodeRecord storage record = _nodes[tokenId];
        NodeState state = record.state;
        _checkClaimer(state.owner(), tokenId);
        uint256 paid = _release(record, state, tokenId, _growthNow(tokenId), msg.sender);
        if (paid == 0) revert ADN_NothingToClaim(tokenId);
        emit MetadataUpdate(tokenId);
        fec.mint(msg.sender, paid);
    }

    /// @inheritdoc IADN
    function claimTo(uint256[] calldata tokenIds, address to) external returns (uint256 paid) {
        if (tokenIds.length == 0) revert ADN_BatchTooShort(0, 1);
        uint256 first = type(uint256).max;
        uint256 last;
        uint256 class;
        uint256 growth;
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            uint256 tokenId = tokenIds[i];
            if (tokenId < first) first = tokenId;
            if (tokenId > last) last = tokenId;
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
        if (paid == 0) revert ADN_NothingToClaim(tokenIds[0]);
        emit BatchMetadataUpdate(first, last);
        fec.mint(to, paid);
    }

    /// @inheritdoc IADN
    function claimFor(uint256[] calldata tokenIds) external returns (uint256 paid) {
        if (tokenIds.length == 0) revert ADN_BatchTooShort(0, 1);
        uint256 first = type(uint256).max;
        uint256 last;
        uint256 class;
        uint256 growth;
        address payee;
        uint256 due;
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            uint256 tokenId = tokenIds[i];
            if (tokenId < first) first = tokenId;
            if (tokenId > last) last = tokenId;
            NodeRecord storage record = _nodes[tokenId];
            NodeState state = record.state;
            address owner = state.owner();
            if (owner == address(0)) {
                if (!state.exists()) revert ERC721NonexistentToken(tokenId);
                continue;
            }
            if (owner != payee) {
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
        if (paid != 0) emit BatchMetadataUpdate(first, last);
    }

    /// @inheritdoc IADN
    function split(uint256 tokenId, uint256[] calldata principals) external returns (uint256[] memory newIds) {
        address owner = _requireOwned(tokenId);
        _checkOwnerOrOperator(owner, tokenId);
        uint256 count = principals.length;
        if (count == 0) revert ADN_BatchTooShort(0, 1);
        uint256 growth = _growthNow(tokenId);
        uint256 left = _principalOf(tokenId);

        // Check: each part is there, and neither a part nor the rest is dust. `later` sums what they have released.
        uint256 rest = left;
        uint256 later = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = principals[i];
            if (part < MIN_SPLIT_PRINCIPAL) revert ADN_PrincipalTooSmall(part, MIN_SPLIT_PRINCIPAL);
            if (part > rest) revert ADN_SplitExceedsPrincipal(tokenId, part, rest);
            rest -= part;
            later += ReleaseCurve.releasedDown(part, growth);
        }
        if (rest < MIN_SPLIT_PRINCIPAL) revert ADN_PrincipalTooSmall(rest, MIN_SPLIT_PRINCIPAL);
        later += ReleaseCurve.releasedDown(rest, growth) - _heldAt(tokenId, block.timestamp);

        // Effect: the parts, each with its share of what was claimed; then the rest.
        uint256 claimed = _nodes[tokenId].state.claimed();
        uint256 serial = _reserveSerials(tokenId.programId(), count);
        newIds = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = principals[i];
            uint256 released = ReleaseCurve.releasedDown(part, growth);
            later -= released;
            uint256 share = _shareOfClaimed(claimed, part, left, released, later);
            claimed -= share;
            left -= part;
            newIds[i] = tokenId.sibling(part, serial + i);
            _nodes[newIds[i]].state = NodeStateLib.pack(address(0), share, false);
            emit NodeSplit(tokenId, newIds[i], part, share);
            _mint(owner, newIds[i]);
        }
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
        uint256 principal = _principalOf(tokenId);
        uint256 claimed = _nodes[tokenId].state.claimed();
        // What the nodes have released one by one; the merged node releases no more until the period ends.
        uint256 released = ReleaseCurve.releasedDown(principal, growth) - _heldAt(tokenId, block.timestamp);
        for (uint256 i = 1; i < tokenIds.length; ++i) {
            uint256 otherId = tokenIds[i];
            if (otherId == tokenId) revert ADN_MergeWithItself(tokenId);
            address otherOwner = _requireOwned(otherId);
            if (otherOwner != owner) revert ERC721IncorrectOwner(owner, otherId, otherOwner);
            if (otherId.class() != tokenId.class()) revert ADN_UnlikeNodes(tokenId, otherId);
            uint256 otherPrincipal = _principalOf(otherId);
            NodeState other = _nodes[otherId].state;
            principal += otherPrincipal;
            released += ReleaseCurve.releasedDown(otherPrincipal, growth) - _heldAt(otherId, block.timestamp);
            claimed += other.claimed();
            emit NodeMerged(tokenId, otherId, otherPrincipal, other.claimed());
            _burn(otherId);
            _nodes[otherId].state = NodeStateLib.MERGED;
            if (other.resized()) delete _resized[otherId];
        }
        uint256 held = ReleaseCurve.releasedDown(principal, growth) - released;
        _resized[tokenId] =
            Resized({principal: uint96(principal), heldUntil: uint40(_periodEnd(tokenId)), held: uint120(held)});
        _setResized(tokenId, owner, claimed);
        delete _claimApprovals[tokenId];
        if (_getApproved(tokenId) != address(0)) _approve(address(0), tokenId, address(0));
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

    // ----------------------------------------------------------------- programs

    /// @inheritdoc IADN
    function createProgram(address operator, address issuer, uint32 periodLength, uint40 origin, uint256 quota)
        external
        onlyOwner
        returns (uint256 programId)
    {
        return _createProgram(operator, issuer, periodLength, origin, quota);
    }

    /// @inheritdoc IADN
    function grantQuota(uint256 programId, uint256 amount) external onlyOwner {
        ProgramRecord storage program = _openProgram(programId);
        _takeFromBudget(amount);
        program.quota += uint96(amount);
        program.granted += uint96(amount);
        emit QuotaGranted(programId, amount);
    }

    /// @inheritdoc IADN
    function closeProgram(uint256 programId) external {
        ProgramRecord storage program = _openProgram(programId);
        if (msg.sender != program.operator && msg.sender != owner()) {
            revert ADN_NotProgramOperator(programId, msg.sender);
        }
        uint96 returned = program.quota;
        program.closed = true;
        program.quota = 0;
        program.granted -= returned;
        budget += returned;
        emit ProgramClosed(programId, returned);
    }

    /// @inheritdoc IADN
    function setProgramOperator(uint256 programId, address operator) external {
        ProgramRecord storage program = _knownProgram(programId);
        if (msg.sender != program.operator) revert ADN_NotProgramOperator(programId, msg.sender);
        if (operator == address(0)) revert ADN_ZeroOperator();
        program.operator = operator;
        emit ProgramOperatorChanged(programId, msg.sender, operator);
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
    function programOf(uint256 programId) external view returns (Program memory) {
        ProgramRecord storage program = _knownProgram(programId);
        return Program({
            operator: program.operator,
            issuer: program.issuer,
            periodLength: program.periodLength,
            origin: program.origin,
            quota: program.quota,
            burned: program.granted - program.quota,
            closed: program.closed
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
    /// @dev What has been claimed has been released: from now on it is counted in even where a split left a node a wei or
    /// so ahead of its own curve until the next period (see {MIN_SPLIT_PRINCIPAL}).
    function vestedPayoutAtTime(uint256 tokenId, uint256 timestamp) public view returns (uint256 payout) {
        uint256 claimed = claimedPayout(tokenId);
        payout = ReleaseCurve.releasedDown(_principalOf(tokenId), _growthAt(tokenId, timestamp));
        if (timestamp < block.timestamp) return payout;
        payout = Math.max(payout - _heldAt(tokenId, timestamp), claimed);
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
        return
            keccak256(abi.encode(block.chainid, address(this), tokenId, _principalOf(tokenId), claimedPayout(tokenId)));
    }

    /// @inheritdoc ERC721
    function balanceOf(address owner) public view override(ERC721, IERC721) returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(address(0));
        return _balances[owner];
    }

    /// @notice The node's name, numbers and a picture of its curve, as a data URI of JSON.
    /// @inheritdoc ERC721
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        return NodeMetadata.tokenURI(tokenId, _principalOf(tokenId), claimedPayout(tokenId));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == type(IERC5725).interfaceId || interfaceId == type(IERC5646).interfaceId
            || interfaceId == bytes4(0x49064906) || super.supportsInterface(interfaceId);
    }

    // ---------------------------------------------------------------- internals

    /// @dev Owners live in the node's own word, beside what it has paid, in place of the parent's table.
    function _ownerOf(uint256 tokenId) internal view override returns (address) {
        return _nodes[tokenId].state.owner();
    }

    /// @dev Moves, mints (from zero) and burns (`to` zero). Ends all approvals of the node, to claim included.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        NodeRecord storage record = _nodes[tokenId];
        NodeState state = record.state;
        from = state.owner();
        if (auth != address(0)) _checkAuthorized(from, auth, tokenId);
        unchecked {
            if (from != address(0)) {
                _approve(address(0), tokenId, address(0), false);
                delete _claimApprovals[tokenId];
                --_balances[from];
            }
            if (to != address(0)) ++_balances[to];
        }
        record.state = state.withOwner(to);
        emit Transfer(from, to, tokenId);
    }

    /// @dev Books all that is claimable as claimed; the caller pays it. Returns max(0, released − claimed) in wei: released
    /// falls short of claimed only by the rounding of a split.
    function _release(NodeRecord storage record, NodeState state, uint256 tokenId, uint256 growth, address to)
        private
        returns (uint256 amount)
    {
        uint256 released = state.resized()
            ? ReleaseCurve.releasedDown(_resized[tokenId].principal, growth) - _heldAt(tokenId, block.timestamp)
            : ReleaseCurve.releasedDown(tokenId.birthPrincipal(), growth);
        uint256 claimed = state.claimed();
        if (released <= claimed) return 0;
        unchecked {
            amount = released - claimed;
        }
        record.state = state.addClaimed(amount);
        emit PayoutClaimed(tokenId, to, amount);
    }

    /// @dev Marks the node as having another principal than its id says, which is stored by now.
    function _setResized(uint256 tokenId, address owner, uint256 claimed) private {
        _nodes[tokenId].state = NodeStateLib.pack(owner, claimed, true);
        emit MetadataUpdate(tokenId);
    }

    /// @dev Beginning of the node's next period.
    function _periodEnd(uint256 tokenId) private view returns (uint256) {
        uint256 periodLength = tokenId.periodLength();
        return block.timestamp + periodLength - (block.timestamp - tokenId.start()) % periodLength;
    }

    /// @dev What a merge still holds back at `timestamp`, in wei.
    function _heldAt(uint256 tokenId, uint256 timestamp) private view returns (uint256) {
        Resized storage resized = _resized[tokenId];
        return timestamp < resized.heldUntil ? resized.held : 0;
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

    /// @dev Share of `claimed` that goes with one part of a split: in proportion to principal, but at most what the part has
    /// released, and enough that the others need not hold more than they have released. In wei.
    function _shareOfClaimed(uint256 claimed, uint256 part, uint256 principal, uint256 released, uint256 later)
        private
        pure
        returns (uint256 share)
    {
        share = (claimed * part) / principal;
        if (share + later < claimed) share = claimed - later;
        if (share > released) share = released;
    }

    function _reserveSerials(uint256 programId, uint256 count) private returns (uint256 first) {
        ProgramRecord storage program = _programs[programId];
        first = uint256(program.minted) + 1;
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

    function _knownProgram(uint256 programId) private view returns (ProgramRecord storage program) {
        program = _programs[programId];
        if (program.periodLength == 0) revert ADN_UnknownProgram(programId);
    }

    function _openProgram(uint256 programId) private view returns (ProgramRecord storage program) {
        program = _knownProgram(programId);
        if (program.closed) revert ADN_ProgramClosed(programId);
    }

    function _takeFromBudget(uint256 amount) private {
        uint256 left = budget;
        if (amount > left) revert ADN_BudgetExceeded(amount, left);
        budget = left - amount;
    }

    function _createProgram(address operator, address issuer, uint32 periodLength, uint40 origin, uint256 quota)
        private
        returns (uint256 programId)
    {
        if (operator == address(0)) revert ADN_ZeroOperator();
        if (periodLength < MIN_PERIOD_LENGTH || periodLength > MAX_PERIOD_LENGTH) {
            revert ADN_PeriodOutOfRange(periodLength, MIN_PERIOD_LENGTH, MAX_PERIOD_LENGTH);
        }
        if (origin > block.timestamp) revert ADN_OriginInFuture(origin, block.timestamp);
        _takeFromBudget(quota);
        programId = ++programCount;
        _programs[programId] = ProgramRecord({
            quota: uint96(quota),
            minted: 0,
            origin: origin,
            periodLength: uint24(periodLength),
            closed: false,
            issuer: issuer,
            operator: operator,
            granted: uint96(quota)
        });
        emit ProgramCreated(programId, operator, issuer, periodLength, origin, quota);
    }
}
