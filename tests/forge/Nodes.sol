// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clock} from "./Clock.sol";
import {vm} from "./Vm.sol";

/// @title Actions on nodes
abstract contract Nodes is Clock {
    uint256 internal constant LEAST_PART = 1e15;

    // -------------------------------------------------------------------- minting

    function mint(uint256 seed) external {
        uint256 programId = 1 + _rand(seed, "program") % programs.length;
        GhostProgram storage program = _program(programId);
        if (program.closed || program.issuer == address(checkout)) programId = 1;
        if (_program(programId).closed) return;
        address caller = _program(programId).issuer;
        if (caller == address(0)) caller = _person(seed, "caller");
        _mintNode(seed, programId, caller);
    }

    /// @dev A second node of the same class, if the clock still allows it: what merges need.
    function mintAlike(uint256 seed) external {
        if (live.length == 0) return;
        Node storage node = nodes[live[live.length - 1]];
        if (_program(node.programId).closed || _program(node.programId).issuer != address(0)) return;
        _mintNode(seed, node.programId, _person(seed, "caller"));
    }

    function _mintNode(uint256 seed, uint256 programId, address caller) private {
        uint256 most = coins[caller] < _program(programId).quota ? coins[caller] : _program(programId).quota;
        uint256 amount = _amount(seed, most);
        if (amount == 0) return;
        address to = _owner(seed, "owner");
        vm.prank(caller);
        uint256 tokenId = adn.mint(programId, amount, to);
        require(tokenId == _mint(caller, programId, amount, to), "mint: token id");
        _succeeded("mint");
    }

    // -------------------------------------------------------------------- claims

    function claim(uint256 seed) external {
        uint256 tokenId = _payingNode(seed);
        if (tokenId == 0) return;
        if (_rand(seed, "delegate") % 2 == 0) _delegate(tokenId, _person(seed, "delegate"));
        address caller = _claimer(seed, tokenId);
        uint256 before = coins[caller];
        vm.prank(caller);
        adn.claim(tokenId);
        _claim(tokenId, caller);
        require(fec.balanceOf(caller) == coins[caller] && coins[caller] > before, "claim: paid");
        _succeeded(caller == nodes[tokenId].owner ? "claim" : "claim by another");
    }

    /// @dev Nodes that one caller may claim from: their own, those they operate, those they may claim from.
    function claimTo(uint256 seed) external {
        uint256 first = _payingNode(seed);
        if (first == 0) return;
        address caller = _rand(seed, "operator") % 2 == 0 ? _manager(seed, nodes[first].owner) : _claimer(seed, first);
        uint256[] memory batch = new uint256[](6);
        uint256 count = 0;
        batch[count++] = first;
        for (uint256 i = 0; i < 12 && count < batch.length; ++i) {
            uint256 other = live[(_rand(seed, "others") % live.length + i) % live.length];
            if (_mayClaimTo(caller, other)) batch[count++] = other;
        }
        batch = _cut(batch, count);
        address to = _owner(seed, "to");
        uint256 expected = 0;
        for (uint256 i = 0; i < count; ++i) {
            expected += _claim(batch[i], to);
        }
        vm.prank(caller);
        require(adn.claimTo(batch, to) == expected, "claimTo: paid");
        _succeeded("claimTo");
    }

    /// @dev Anybody, for anybody; nodes twice, nodes that are gone.
    function claimFor(uint256 seed) external {
        if (live.length == 0) return;
        uint256[] memory batch = _someNodes(seed, 1 + _rand(seed, "count") % 8);
        if (gone.length != 0) batch[0] = gone[_rand(seed, "gone") % gone.length];
        uint256 expected = _claimAll(batch);
        vm.prank(stranger);
        require(adn.claimFor(batch) == expected, "claimFor: paid");
        _succeeded(expected == 0 ? "claimFor nothing" : "claimFor");
    }

    // ------------------------------------------------------------ splits, merges

    function split(uint256 seed) external {
        uint256 tokenId = _nodeAbove(seed, 2 * LEAST_PART);
        if (tokenId == 0) return;
        Node storage node = nodes[tokenId];
        uint256 count = 1 + _rand(seed, "count") % 4;
        while (node.principal < (count + 1) * LEAST_PART) --count;
        uint256[] memory parts = new uint256[](count);
        uint256 spare = node.principal - (count + 1) * LEAST_PART;
        for (uint256 i = 0; i < count; ++i) {
            uint256 more = _rand(seed, "even") % 4 == 0 ? 0 : _rand(seed ^ i, "part") % (spare + 1);
            parts[i] = LEAST_PART + more;
            spare -= more;
        }
        vm.prank(_manager(seed, node.owner));
        uint256[] memory ids = adn.split(tokenId, parts);
        require(ids.length == count, "split: count");
        _splitGhost(tokenId, parts, ids);
        _succeeded("split");
    }

    /// @dev Claims, splits at once, which is where rounding bites, and merges some of the parts again.
    function claimAndSplit(uint256 seed) external {
        uint256 tokenId = _payingNode(seed);
        if (tokenId == 0 || nodes[tokenId].principal < 3 * LEAST_PART) return;
        _claimAll(_one(tokenId));
        vm.prank(stranger);
        adn.claimFor(_one(tokenId));
        uint256[] memory parts = new uint256[](2);
        parts[0] = LEAST_PART + _rand(seed, "part") % (nodes[tokenId].principal - 3 * LEAST_PART + 1);
        parts[1] = LEAST_PART;
        address owner = nodes[tokenId].owner;
        vm.prank(owner);
        uint256[] memory ids = adn.split(tokenId, parts);
        _splitGhost(tokenId, parts, ids);
        if (seed % 2 == 0) {
            vm.prank(owner);
            adn.merge(ids);
            _mergeGhost(ids);
        }
        _succeeded("claimAndSplit");
    }

    function merge(uint256 seed) external {
        if (live.length == 0) return;
        for (uint256 attempt = 0; attempt < live.length; ++attempt) {
            uint256 first = live[(_rand(seed, "first") % live.length + attempt) % live.length];
            uint256[] memory batch = new uint256[](5);
            uint256 count = 1;
            batch[0] = first;
            if (!_hasKey(first)) continue;
            for (uint256 i = 0; i < live.length && count < batch.length; ++i) {
                uint256 other = live[(_rand(seed, "others") % live.length + i) % live.length];
                if (other != first && _alike(first, other) && nodes[other].owner == nodes[first].owner) {
                    batch[count++] = other;
                }
            }
            if (count == 1) continue;
            batch = _cut(batch, count);
            vm.prank(_manager(seed, nodes[first].owner));
            require(adn.merge(batch) == first, "merge: token id");
            _mergeGhost(batch);
            _succeeded("merge");
            return;
        }
    }

    // -------------------------------------------------------- transfers, approvals

    function transfer(uint256 seed) external {
        uint256 tokenId = _nodeOfPerson(seed);
        if (tokenId == 0) return;
        Node storage node = nodes[tokenId];
        address to = _owner(seed, "to");
        address caller = _manager(seed, node.owner);
        if (_rand(seed, "approve") % 3 == 0) _approve(tokenId, node.owner, _person(seed, "spender"));
        bool approved = node.approved != address(0) && _rand(seed, "approved") % 4 != 0;
        if (approved) caller = node.approved;
        uint256 way = _rand(seed, "way") % 3;
        bytes32 fingerprint = adn.getStateFingerprint(tokenId);
        vm.prank(caller);
        if (way == 0) adn.transferFrom(node.owner, to, tokenId);
        if (way == 1) adn.safeTransferFrom(node.owner, to, tokenId);
        if (way == 2) adn.safeTransferFrom(node.owner, to, tokenId, "", fingerprint);
        _give(tokenId, to);
        _succeeded(approved ? "transfer by approval" : "transfer");
    }

    function approve(uint256 seed) external {
        uint256 tokenId = _nodeOfPerson(seed);
        if (tokenId == 0) return;
        address spender = _rand(seed, "clear") % 5 == 0 ? address(0) : _person(seed, "spender");
        _approve(tokenId, _manager(seed, nodes[tokenId].owner), spender);
        _succeeded("approve");
    }

    function setApprovalForAll(uint256 seed) external {
        (address owner, address operator) = (_person(seed, "owner"), _person(seed, "operator"));
        bool on = _rand(seed, "on") % 2 == 0;
        vm.prank(owner);
        adn.setApprovalForAll(operator, on);
        operates[owner][operator] = on;
        _succeeded("setApprovalForAll");
    }

    /// @dev Allows one account at a time; revoking names the account, and revokes no other.
    function setClaimApproval(uint256 seed) external {
        uint256 tokenId = _nodeOfPerson(seed);
        if (tokenId == 0) return;
        Node storage node = nodes[tokenId];
        address operator = _person(seed, "operator");
        bool on = _rand(seed, "on") % 3 != 0;
        if (!on && _rand(seed, "same") % 2 == 0 && node.claimer != address(0)) operator = node.claimer;
        if (on) {
            _delegate(tokenId, operator);
        } else {
            vm.prank(node.owner);
            adn.setClaimApproval(operator, false, tokenId);
            if (node.claimer == operator) node.claimer = address(0);
        }
        _succeeded(on ? "setClaimApproval" : "setClaimApproval off");
    }

    function setClaimApprovalForAll(uint256 seed) external {
        (address owner, address operator) = (_person(seed, "owner"), _person(seed, "operator"));
        bool on = _rand(seed, "on") % 2 == 0;
        vm.prank(owner);
        adn.setClaimApprovalForAll(operator, on);
        claimsAll[owner][operator] = on;
        _succeeded("setClaimApprovalForAll");
    }

    function transferCoins(uint256 seed) external {
        (address from, address to) = (_person(seed, "from"), _owner(seed, "to"));
        uint256 amount = _amount(seed, coins[from]);
        vm.prank(from);
        fec.transfer(to, amount);
        _move(from, to, amount);
        _succeeded("transferCoins");
    }

    // -------------------------------------------------------------------- ghost

    function _approve(uint256 tokenId, address caller, address spender) private {
        vm.prank(caller);
        adn.approve(spender, tokenId);
        nodes[tokenId].approved = spender;
    }

    function _delegate(uint256 tokenId, address claimer) private {
        vm.prank(nodes[tokenId].owner);
        adn.setClaimApproval(claimer, true, tokenId);
        nodes[tokenId].claimer = claimer;
    }

    function _claimAll(uint256[] memory batch) internal returns (uint256 paid) {
        for (uint256 i = 0; i < batch.length; ++i) {
            address owner = nodes[batch[i]].owner;
            if (owner != address(0)) paid += _claim(batch[i], owner);
        }
    }

    /// @dev Shares of what was claimed: in proportion to principal, moved as far as needed that no part holds more than it has
    /// released; what is then left over stays with the rest.
    function _splitGhost(uint256 tokenId, uint256[] memory parts, uint256[] memory ids) private {
        Node storage node = nodes[tokenId];
        uint256 k = _k(node.start, node.length);
        uint256 left = node.principal;
        uint256 rest = left;
        uint256 others = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            rest -= parts[i];
            others += _released(parts[i], k);
        }
        node.principal = rest;
        others += _releasedOf(node);
        for (uint256 i = 0; i < parts.length; ++i) {
            uint256 most = _released(parts[i], k);
            others -= most;
            uint256 least = node.claimed > others ? node.claimed - others : 0;
            uint256 share = node.claimed * parts[i] / left;
            if (share < least) share = least;
            if (share > most) share = most;
            left -= parts[i];
            node.claimed -= share;
            uint256 id = _appear(node.programId, node.start, parts[i], node.owner, node.family);
            require(ids[i] == id, "split: token id");
            nodes[id].claimed = share;
        }
    }

    /// @dev The merged node releases no more in this period than its parts do one by one.
    function _mergeGhost(uint256[] memory batch) private {
        Node storage node = nodes[batch[0]];
        uint256 apart = _releasedOf(node);
        for (uint256 i = 1; i < batch.length; ++i) {
            Node storage other = nodes[batch[i]];
            apart += _releasedOf(other);
            node.principal += other.principal;
            node.claimed += other.claimed;
            _unite(other.family, node.family);
            _vanish(batch[i]);
        }
        node.held = _released(node.principal, _k(node.start, node.length)) - apart;
        node.heldUntil = node.held == 0 ? 0 : _periodEnd(node);
        (node.approved, node.claimer) = (address(0), address(0));
    }

    function _unite(uint256 from, uint256 into) private {
        if (from == into) return;
        families[into].principal += families[from].principal;
        families[into].paid += families[from].paid;
        families[from].principal = 0;
        families[from].paid = 0;
        for (uint256 i = 0; i < live.length; ++i) {
            if (nodes[live[i]].family == from) nodes[live[i]].family = into;
        }
    }

    // ------------------------------------------------------------------ choices

    function _someNodes(uint256 seed, uint256 count) internal view returns (uint256[] memory batch) {
        batch = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            batch[i] = _node(seed ^ i, "some node");
        }
    }

    /// @dev A vault calls nothing by itself: what owners do, only people do.
    function _hasKey(uint256 tokenId) private view returns (bool) {
        return keyOf[nodes[tokenId].owner] != 0;
    }

    function _nodeOfPerson(uint256 seed) private view returns (uint256) {
        return _nodeAbove(seed, 1);
    }

    function _nodeAbove(uint256 seed, uint256 principal) internal view returns (uint256) {
        for (uint256 i = 0; i < live.length; ++i) {
            uint256 tokenId = live[(_rand(seed, "node") % live.length + i) % live.length];
            if (_hasKey(tokenId) && nodes[tokenId].principal >= principal) return tokenId;
        }
        return 0;
    }

    /// @dev A node of a person with something to claim, at once or after its period; zero if none is found.
    function _payingNode(uint256 seed) internal returns (uint256 tokenId) {
        for (uint256 i = 0; i < live.length; ++i) {
            tokenId = live[(_rand(seed, "paying node") % live.length + i) % live.length];
            if (_hasKey(tokenId) && _claimable(tokenId) != 0) return tokenId;
        }
        tokenId = _nodeOfPerson(seed);
        if (tokenId == 0) return 0;
        _wait(_periodEnd(nodes[tokenId]));
        return _claimable(tokenId) == 0 ? 0 : tokenId;
    }

    /// @dev The owner, or an ERC-721 operator of theirs if there is one.
    function _manager(uint256 seed, address owner) internal view returns (address) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            address person = people[(_rand(seed, "manager") % PEOPLE + i) % PEOPLE];
            if (operates[owner][person] && i < 3) return person;
        }
        return owner;
    }

    function _claimer(uint256 seed, uint256 tokenId) internal view returns (address) {
        Node storage node = nodes[tokenId];
        if (node.claimer != address(0) && _rand(seed, "claimer") % 3 != 0) return node.claimer;
        address person = _person(seed, "claimer");
        return claimsAll[node.owner][person] ? person : node.owner;
    }

    function _mayClaimTo(address caller, uint256 tokenId) internal view returns (bool) {
        Node storage node = nodes[tokenId];
        return
            caller == node.owner || caller == node.claimer || claimsAll[node.owner][caller]
                || operates[node.owner][caller];
    }

    function _alike(uint256 a, uint256 b) internal view returns (bool) {
        return nodes[a].programId == nodes[b].programId && nodes[a].start == nodes[b].start;
    }

    function _cut(uint256[] memory list, uint256 count) internal pure returns (uint256[] memory cut) {
        cut = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            cut[i] = list[i];
        }
    }
}
