// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN} from "../../contracts/interfaces/IADN.sol";
import {ICheckout, OrderStatus, Terms} from "../../contracts/interfaces/ICheckout.sol";
import {ICustodian} from "../../contracts/interfaces/ICustodian.sol";
import {IFEC} from "../../contracts/interfaces/IFEC.sol";
import {ExactCurve} from "./ExactCurve.sol";
import {vm} from "./Vm.sol";

/// @title What is deployed, who acts, and the ghost of all of it
/// @notice The ghost is what the contracts' state has to be by the documents: actions change it by their own computation, and
/// the guarantees compare. Amounts in wei, times in seconds.
abstract contract World {
    struct Node {
        address owner;
        uint256 programId;
        uint256 length;
        uint256 start;
        uint256 principal;
        uint256 claimed;
        uint256 held;
        uint256 heldUntil;
        uint256 family;
        address approved;
        address claimer;
        uint256 place;
    }

    /// @dev Nodes that come of each other by splits and merges.
    struct Family {
        uint256 principal;
        uint256 paid;
        uint256 start;
        uint256 length;
    }

    struct GhostProgram {
        address operator;
        address issuer;
        uint256 length;
        uint256 origin;
        uint256 quota;
        uint256 burned;
        uint256 serial;
        bool closed;
        uint256 version;
        uint256 alliance;
    }

    struct GhostOrder {
        OrderStatus status;
        bytes encoded;
        bytes32 key;
        uint256 programId;
        address payer;
        address customer;
        address cause;
        uint256 version;
        uint256 burnBps;
        uint256 paidAt;
        uint256 window;
        uint256 amount;
        uint256 refunded;
        uint256 toMerchant;
        uint256 burned;
        uint256 donated;
        uint256 returned;
    }

    struct GhostBatch {
        address funder;
        uint256 programId;
        uint256 left;
        uint256 deadline;
        address[] shoppers;
        uint256[] amounts;
        bool[] taken;
    }

    struct GhostSettlement {
        uint256 id;
        uint256[] tokens;
    }

    /// @dev Where a settled node stands, and whose it was then.
    struct GhostLeaf {
        uint256 settlement;
        uint256 index;
        address owner;
    }

    struct GhostMember {
        address brand;
        uint256 key;
        bytes32 salt;
        address vault;
        uint256 nonce;
    }

    /// @dev A signer of a vault. What a member signs with at present is in {GhostMember}, its nonce too.
    struct GhostSigner {
        uint256 key;
        uint256 nonce;
        uint256 removableFrom;
        bool present;
    }

    struct Credit {
        uint256 programId;
        address customer;
    }

    uint256 internal constant FEC = 1e18;
    uint256 internal constant GENESIS = 1_000_000 * FEC;
    uint256 internal constant CAP = 10_000_000 * FEC;
    uint256 internal constant PEOPLE = 7;
    uint256 internal constant STRANGER_KEY = 0xbad;

    IFEC internal fec;
    IADN internal adn;
    ICheckout internal checkout;
    ICustodian internal custodian;

    address internal admin;
    address internal stranger;
    address[] internal people;
    address[] internal causes;
    mapping(address person => uint256) internal keyOf;

    uint256 internal clock;
    uint256[101] internal weight;
    uint256 internal budget;
    uint256 internal totalBurned;
    mapping(address holder => uint256) internal coins;
    address[] internal holders;

    uint256[] internal live;
    uint256[] internal gone;
    /// @dev Settled and not opened yet.
    uint256[] internal waiting;
    GhostSettlement[] internal settlements;
    mapping(uint256 tokenId => GhostLeaf) internal leafOf;
    mapping(uint256 tokenId => Node) internal nodes;
    Family[] internal families;
    mapping(address owner => mapping(address operator => bool)) internal operates;
    mapping(address owner => mapping(address claimer => bool)) internal claimsAll;

    GhostProgram[] internal programs;
    mapping(uint256 programId => mapping(uint256 version => bytes)) internal termsOf;
    mapping(uint256 programId => mapping(address customer => uint256)) internal spentWithProgram;
    mapping(uint256 allianceId => mapping(address customer => uint256)) internal spentWithAlliance;
    Credit[] internal credits;
    mapping(uint256 allianceId => uint256[]) internal members;
    mapping(uint256 allianceId => mapping(uint256 memberId => mapping(uint256 candidateId => bool))) internal consents;
    uint256 internal alliances;

    GhostOrder[] internal orders;
    GhostBatch[] internal batches;
    GhostMember[] internal inCustody;
    mapping(address vault => GhostSigner[]) internal signers;
    mapping(address vault => uint256) internal acting;

    string[] internal done;
    mapping(string action => uint256) internal times;

    function setUp() public virtual {
        clock = 1_700_000_000;
        vm.warp(clock);
        uint256[100] memory exact = ExactCurve.weights();
        for (uint256 k = 0; k < 100; ++k) {
            weight[k] = exact[k];
        }

        admin = vm.addr(0xad);
        stranger = vm.addr(STRANGER_KEY);
        keyOf[stranger] = STRANGER_KEY;
        for (uint256 i = 1; i <= PEOPLE; ++i) {
            people.push(vm.addr(i));
            keyOf[people[i - 1]] = i;
            holders.push(people[i - 1]);
        }
        causes = [vm.addr(0xca), vm.addr(0xcb)];

        budget = (CAP - GENESIS) / 9;
        uint256 quota = 20_000 * FEC;
        adn = IADN(vm.deployCode("fec/protocol/abi/ADN.json", abi.encode(admin, admin, CAP, GENESIS, quota)));
        fec = adn.fec();
        checkout = ICheckout(vm.deployCode("fec/protocol/abi/Checkout.json", abi.encode(adn)));
        custodian = ICustodian(vm.deployCode("fec/protocol/abi/Custodian.json", abi.encode(checkout)));
        _ghostProgram(admin, address(0), 7 days, 4 days, quota);

        holders.push(admin);
        holders.push(stranger);
        holders.push(causes[0]);
        holders.push(causes[1]);
        holders.push(address(checkout));
        for (uint256 i = 0; i < 3; ++i) {
            address brand = people[i % 2];
            bytes32 salt = keccak256(abi.encode("salt", i));
            uint256 key = 0xc0 + i;
            address vault = _vaultOf(brand, keccak256(abi.encode(keccak256(abi.encodePacked(vm.addr(key))), salt)));
            inCustody.push(GhostMember({brand: brand, key: key, salt: salt, vault: vault, nonce: 0}));
            signers[vault].push(GhostSigner({key: key, nonce: 0, removableFrom: 0, present: true}));
            holders.push(vault);
        }

        coins[admin] = GENESIS;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            vm.prank(admin);
            fec.transfer(people[i], GENESIS / 10);
            _move(admin, people[i], GENESIS / 10);
        }
    }

    // ------------------------------------------------------------------ choices

    function _rand(uint256 seed, string memory purpose) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, purpose)));
    }

    function _person(uint256 seed, string memory purpose) internal view returns (address) {
        return people[_rand(seed, purpose) % PEOPLE];
    }

    /// @dev People mostly, now and then a member's vault.
    function _owner(uint256 seed, string memory purpose) internal view returns (address) {
        uint256 i = _rand(seed, purpose) % (PEOPLE + inCustody.length);
        return i < PEOPLE ? people[i] : inCustody[i - PEOPLE].vault;
    }

    /// @dev From 1 wei to `most`: dust, small change, whole purchases and, now and then, everything.
    function _amount(uint256 seed, uint256 most) internal pure returns (uint256) {
        if (most == 0) return 0;
        uint256 kind = _rand(seed, "kind of amount") % 16;
        uint256 range = kind == 0 ? 1 : kind < 3 ? 1000 : kind < 5 ? 1e16 : kind < 15 ? most / 20 + 1 : most;
        if (kind == 15) return most;
        return 1 + _rand(seed, "amount") % (range < most ? range : most);
    }

    function _succeeded(string memory action) internal {
        if (times[action]++ == 0) done.push(action);
    }

    // -------------------------------------------------------------------- ghost

    function _ghostProgram(address operator, address issuer, uint256 length, uint256 origin, uint256 quota) internal {
        budget -= quota;
        GhostProgram storage program = programs.push();
        program.operator = operator;
        program.issuer = issuer;
        program.length = length;
        program.origin = origin;
        program.quota = quota;
    }

    function _program(uint256 programId) internal view returns (GhostProgram storage) {
        return programs[programId - 1];
    }

    function _move(address from, address to, uint256 amount) internal {
        coins[from] -= amount;
        coins[to] += amount;
    }

    function _k(uint256 start, uint256 length) internal view returns (uint256 k) {
        k = (clock - start) / length;
        if (k > 100) k = 100;
    }

    function _released(uint256 principal, uint256 k) internal view returns (uint256) {
        return k == 100 ? 10 * principal : ExactCurve.releasedByContracts(principal, weight[k], k);
    }

    /// @dev What a node has released by now, less what a merge holds back until the period ends.
    function _releasedOf(Node storage node) internal view returns (uint256) {
        uint256 held = clock < node.heldUntil ? node.held : 0;
        return _released(node.principal, _k(node.start, node.length)) - held;
    }

    function _claimable(uint256 tokenId) internal view returns (uint256) {
        Node storage node = nodes[tokenId];
        uint256 released = _releasedOf(node);
        return released > node.claimed ? released - node.claimed : 0;
    }

    function _claim(uint256 tokenId, address to) internal returns (uint256 paid) {
        paid = _claimable(tokenId);
        nodes[tokenId].claimed += paid;
        families[nodes[tokenId].family].paid += paid;
        coins[to] += paid;
    }

    /// @dev Burns out of `from` into a new node, and says what its id has to be.
    function _mint(address from, uint256 programId, uint256 amount, address to) internal returns (uint256 tokenId) {
        GhostProgram storage program = _program(programId);
        coins[from] -= amount;
        totalBurned += amount;
        program.quota -= amount;
        program.burned += amount;
        uint256 start = clock - (clock - program.origin) % program.length;
        families.push(Family({principal: amount, paid: 0, start: start, length: program.length}));
        return _appear(programId, start, amount, to, families.length - 1);
    }

    function _appear(uint256 programId, uint256 start, uint256 principal, address owner, uint256 family)
        internal
        returns (uint256 tokenId)
    {
        tokenId = _bear(programId, start, principal, owner, family);
        nodes[tokenId].place = live.length;
        live.push(tokenId);
    }

    /// @dev A node of the latest family that nobody has opened yet.
    function _await(
        uint256 programId,
        uint256 start,
        uint256 principal,
        address owner,
        uint256 settlement,
        uint256 index
    ) internal returns (uint256 tokenId) {
        tokenId = _bear(programId, start, principal, owner, families.length - 1);
        nodes[tokenId].place = waiting.length;
        waiting.push(tokenId);
        leafOf[tokenId] = GhostLeaf({settlement: settlement, index: index, owner: owner});
    }

    function _waits(uint256 tokenId) internal view returns (bool) {
        uint256 place = nodes[tokenId].place;
        return place < waiting.length && waiting[place] == tokenId;
    }

    /// @dev It was opened.
    function _arrive(uint256 tokenId) internal {
        Node storage node = nodes[tokenId];
        uint256 last = waiting[waiting.length - 1];
        waiting[node.place] = last;
        nodes[last].place = node.place;
        waiting.pop();
        node.place = live.length;
        live.push(tokenId);
    }

    function _bear(uint256 programId, uint256 start, uint256 principal, address owner, uint256 family)
        private
        returns (uint256 tokenId)
    {
        GhostProgram storage program = _program(programId);
        tokenId = programId * 2 ** 200 + program.length * 2 ** 176 + start * 2 ** 136 + principal * 2 ** 40
            + ++program.serial;
        Node storage node = nodes[tokenId];
        require(node.length == 0, "an id came twice");
        node.owner = owner;
        node.programId = programId;
        node.length = program.length;
        node.start = start;
        node.principal = principal;
        node.family = family;
    }

    function _vanish(uint256 tokenId) internal {
        uint256 last = live[live.length - 1];
        live[nodes[tokenId].place] = last;
        nodes[last].place = nodes[tokenId].place;
        live.pop();
        gone.push(tokenId);
        nodes[tokenId].owner = address(0);
    }

    function _give(uint256 tokenId, address to) internal {
        Node storage node = nodes[tokenId];
        (node.owner, node.approved, node.claimer) = (to, address(0), address(0));
    }

    function _terms(uint256 programId, uint256 version) internal view returns (Terms memory) {
        return abi.decode(termsOf[programId][version], (Terms));
    }

    /// @dev Principal that escrowed orders and rewards not taken have reserved, from scratch.
    function _reserved(uint256 programId) internal view returns (uint256 sum) {
        for (uint256 i = 0; i < orders.length; ++i) {
            GhostOrder storage order = orders[i];
            if (order.programId == programId && order.status == OrderStatus.Escrowed) {
                sum += _burnShare(order.amount - order.refunded, order.burnBps);
            }
        }
        for (uint256 i = 0; i < batches.length; ++i) {
            if (batches[i].programId == programId) sum += batches[i].left;
        }
    }

    function _quotaLeft(uint256 programId) internal view returns (uint256) {
        uint256 reserved = _reserved(programId);
        uint256 quota = _program(programId).quota;
        return quota > reserved ? quota - reserved : 0;
    }

    /// @dev Rounded up.
    function _burnShare(uint256 amount, uint256 bps) internal pure returns (uint256) {
        return (amount * bps + 9999) / 10_000;
    }

    function _spend(uint256 programId, address customer) internal view returns (uint256 spend) {
        spend = spentWithProgram[programId][customer];
        uint256 alliance = _program(programId).alliance;
        uint256 shared = spentWithAlliance[alliance][customer];
        if (alliance != 0 && shared > spend) spend = shared;
    }

    function _credit(uint256 programId, address customer, uint256 amount) internal {
        if (spentWithProgram[programId][customer] == 0) credits.push(Credit(programId, customer));
        spentWithProgram[programId][customer] += amount;
        uint256 alliance = _program(programId).alliance;
        if (alliance != 0) spentWithAlliance[alliance][customer] += amount;
    }

    // ------------------------------------------------------------------ hashes

    /// @dev EIP-712 (https://eips.ethereum.org/EIPS/eip-712).
    function _digest(address verifier, string memory name, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Where a member's minimal proxy (ERC-1167) is or will be, by CREATE2.
    function _vaultOf(address brand, bytes32 memberId) internal view returns (address) {
        bytes32 code = keccak256(
            abi.encodePacked(
                hex"3d602d80600a3d3981f3363d3d373d3d3d363d73",
                custodian.vaultImplementation(),
                hex"5af43d82803e903d91602b57fd5bf3"
            )
        );
        bytes32 salt = keccak256(abi.encode(brand, memberId));
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", address(custodian), salt, code)))));
    }

    function _one(uint256 x) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = x;
    }
}
