// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {NodeId} from "../libraries/NodeId.sol";
import {ReleaseCurve} from "../libraries/ReleaseCurve.sol";

/// @title Metadata of a node
/// @notice ERC-721 metadata as a data URI: JSON with a picture of the node's curve, how far it has come and what can be
/// claimed. Amounts are shown in FEC, cut off after four decimals.
/// @dev A contract of its own, made by ADN's constructor, since ADN has no room for it. It has no state and no powers, and
/// takes from ADN all that it shows.
contract NodeMetadata {
    using NodeId for uint256;
    using Strings for uint256;

    /// @dev The curve at every fourth period, in a box from (40, 300) to (360, 100).
    string private constant CURVE =
        "M40 300 52.8 299.7 65.6 299.3 78.4 298.8 91.2 298.2 104 297.5 116.8 296.6 129.6 295.5 142.4 294.2 155.2 292.7 168 290.7 180.8 288.4 193.6 285.6 206.4 282.2 219.2 278 232 272.9 244.8 266.7 257.6 259.2 270.4 250.1 283.2 239 296 225.6 308.8 209.2 321.6 189.3 334.4 165.1 347.2 135.7 360 100";

    /// @dev What the words and the picture are made of.
    struct Facts {
        string name;
        string principal;
        string face;
        string released;
        string claimed;
        string claimable;
        uint256 period;
        uint256 growth;
    }

    /// @notice The metadata of a node as of now.
    /// @param tokenId The node's id, which holds its program, serial and schedule.
    /// @param principal Its current principal in wei.
    /// @param released What it has released so far, in wei.
    /// @param claimed What it has paid so far, in wei.
    /// @return uri `data:application/json;base64,…`
    function tokenURI(uint256 tokenId, uint256 principal, uint256 released, uint256 claimed)
        external
        view
        returns (string memory uri)
    {
        Facts memory facts = _facts(tokenId, principal, released, claimed);
        // slither-disable-start encode-packed-collision -- text to be read; nothing is told apart by it
        bytes memory json = abi.encodePacked(
            '{"name":"',
            facts.name,
            '","description":"Made by burning ',
            facts.principal,
            " FEC. Pays ",
            facts.face,
            " FEC over 100 periods on a compound curve, weights 1.05^n. Of each 1,000 FEC burned, 3.83 FEC come in period 1 and"
            " 479.84 FEC in period 100; the burned amount is back in period 55, half of it all in period 86. Nothing promises"
            ' FEC a price.","image":"data:image/svg+xml;base64,',
            Base64.encode(_svg(facts)),
            '","attributes":['
        );
        json = abi.encodePacked(
            json,
            _number("Program", tokenId.programId().toString()),
            _number("Principal (FEC)", facts.principal),
            _number("Face (FEC)", facts.face),
            _number("Released (FEC)", facts.released),
            _number("Claimed (FEC)", facts.claimed),
            _number("Claimable (FEC)", facts.claimable),
            _number("Period of 100", facts.period.toString()),
            '{"display_type":"date","trait_type":"Start","value":',
            tokenId.start().toString(),
            "}]}"
        );
        // slither-disable-end encode-packed-collision
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function _facts(uint256 tokenId, uint256 principal, uint256 released, uint256 claimed)
        private
        view
        returns (Facts memory facts)
    {
        uint256 period = ReleaseCurve.periodsElapsed(tokenId.start(), tokenId.periodLength(), block.timestamp);
        uint256 growth = ReleaseCurve.growthDown(period);
        return Facts({
            name: string.concat("ADN ", tokenId.programId().toString(), "-", tokenId.serial().toString()),
            principal: _inFEC(principal),
            face: _inFEC(principal * ReleaseCurve.FACE_MULTIPLE),
            released: _inFEC(released),
            claimed: _inFEC(claimed),
            claimable: _inFEC(released - claimed),
            period: period,
            growth: growth
        });
    }

    function _svg(Facts memory facts) private pure returns (bytes memory) {
        string memory x = _tenths(400 + 32 * facts.period);
        string memory y = _tenths(3000 - ReleaseCurve.releasedDown(200, facts.growth));
        bytes memory picture = abi.encodePacked(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" font-family="sans-serif" fill="#fff">'
            '<rect width="400" height="400" fill="#1b1035"/><text x="40" y="52" font-size="26" font-weight="700">',
            facts.name,
            '</text><text x="40" y="78" font-size="14" fill="#cfc6e6">',
            facts.principal,
            " FEC burned, pays ",
            facts.face,
            '</text><clipPath id="p"><rect width="',
            x,
            '" height="400"/></clipPath><path clip-path="url(#p)" fill="#ffc24b" fill-opacity=".3" d="',
            CURVE,
            ' 360 300Z"/><path fill="none" stroke="#ffc24b" stroke-width="3" d="',
            CURVE
        );
        return abi.encodePacked(
            picture,
            '"/><path stroke="#cfc6e6" d="M40 300H360"/><circle r="6" cx="',
            x,
            '" cy="',
            y,
            '"/><g font-size="14"><text x="40" y="322" fill="#cfc6e6">Period ',
            facts.period.toString(),
            ' of 100</text><text x="40" y="346">Released ',
            facts.released,
            " of ",
            facts.face,
            ' FEC</text><text x="40" y="370" fill="#ffc24b" font-weight="700">Claimable now ',
            facts.claimable,
            " FEC</text></g></svg>"
        );
    }

    function _number(string memory trait, string memory value) private pure returns (bytes memory) {
        return abi.encodePacked('{"trait_type":"', trait, '","value":', value, "},");
    }

    /// @dev Wei as FEC with four decimals, rounded down.
    function _inFEC(uint256 amount) private pure returns (string memory) {
        bytes memory decimals = bytes((10_000 + (amount / 1e14) % 10_000).toString());
        decimals[0] = ".";
        return string.concat((amount / 1e18).toString(), string(decimals));
    }

    function _tenths(uint256 value) private pure returns (string memory) {
        // slither-disable-next-line weak-prng -- a decimal digit; nothing is drawn by lot
        return string.concat((value / 10).toString(), ".", (value % 10).toString());
    }
}
