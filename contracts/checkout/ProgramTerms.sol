// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IADN, Program} from "../interfaces/IADN.sol";
import {ICheckout, Terms, Tier} from "../interfaces/ICheckout.sol";
import {IFEC} from "../interfaces/IFEC.sol";
import {PaymentShares} from "../libraries/PaymentShares.sol";

/// @title Checkout: terms
/// @notice What programs ask for and give: treasury, tiers, donations, return window. Versions are kept for good, so that an
/// order is captured under the terms it was paid under.
abstract contract ProgramTerms is ICheckout {
    /// @dev What Checkout keeps of a program besides its terms, in one word.
    struct ProgramState {
        uint32 version;
        uint64 allianceId;
        uint96 reserved;
    }

    /// @dev Terms; a payment reads the first two words, and the third only for customers who have passed tier 2. A tier is
    /// packed as minSpend (32 bits) and burnBps (16); tier 0 needs no minSpend; tiers that do not exist are zero.
    struct TermsRecord {
        address signer;
        uint32 returnWindow;
        uint16 donationBps;
        uint16 burnBps;
        address treasury;
        uint96 tiers1And2;
        uint96 tiers3And4;
        uint96 minClaim;
        address[] causes;
        mapping(address cause => bool) isCause;
    }

    // ---------------------------------------------------------------- constants

    /// @inheritdoc ICheckout
    uint256 public constant MAX_TIERS = 5;

    /// @inheritdoc ICheckout
    uint256 public constant MAX_CAUSES = 32;

    /// @inheritdoc ICheckout
    uint256 public constant MIN_BURN_BPS = 1000;

    /// @inheritdoc ICheckout
    uint256 public constant MAX_RETURN_WINDOW = 365 days;

    uint256 private constant TIER_BITS = 48;

    // -------------------------------------------------------------------- state

    /// @inheritdoc ICheckout
    IADN public immutable adn;

    /// @inheritdoc ICheckout
    IFEC public immutable fec;

    mapping(uint256 programId => ProgramState) internal _programStates;
    mapping(uint256 programId => mapping(uint256 version => TermsRecord)) internal _terms;

    constructor(IADN adn_) {
        adn = adn_;
        fec = adn_.fec();
    }

    // -------------------------------------------------------------------- terms

    /// @inheritdoc ICheckout
    function setTerms(uint256 programId, Terms calldata terms) external returns (uint256 version) {
        _checkOperator(programId);
        _checkAccount(terms.signer);
        _checkAccount(terms.treasury);
        if (terms.returnWindow > MAX_RETURN_WINDOW) {
            revert Checkout_ReturnWindowTooLong(terms.returnWindow, MAX_RETURN_WINDOW);
        }
        _checkLength(terms.causes.length, 0, MAX_CAUSES);
        uint256 higherTiers = _packHigherTiers(terms.tiers, terms.donationBps);

        version = ++_programStates[programId].version;
        TermsRecord storage record = _terms[programId][version];
        record.signer = terms.signer;
        record.returnWindow = terms.returnWindow;
        record.donationBps = terms.donationBps;
        record.treasury = terms.treasury;
        record.minClaim = terms.minClaim;
        record.burnBps = terms.tiers[0].burnBps;
        // forge-lint: disable-next-line(unsafe-typecast) -- the lower 96 bits are meant
        record.tiers1And2 = uint96(higherTiers);
        // forge-lint: disable-next-line(unsafe-typecast) -- four tiers of 48 bits: 96 are left
        record.tiers3And4 = uint96(higherTiers >> 96);
        record.causes = terms.causes;
        for (uint256 i = 0; i < terms.causes.length; ++i) {
            _checkAccount(terms.causes[i]);
            record.isCause[terms.causes[i]] = true;
        }
        emit TermsSet(programId, version, terms);
    }

    /// @inheritdoc ICheckout
    function termsOf(uint256 programId) external view returns (Terms memory terms, uint256 version) {
        version = _programStates[programId].version;
        terms = termsAt(programId, version);
    }

    /// @inheritdoc ICheckout
    function termsAt(uint256 programId, uint256 version) public view returns (Terms memory) {
        TermsRecord storage record = _terms[programId][version];
        if (record.signer == address(0)) revert Checkout_NoTerms(programId);
        return Terms({
            signer: record.signer,
            treasury: record.treasury,
            returnWindow: record.returnWindow,
            donationBps: record.donationBps,
            minClaim: record.minClaim,
            tiers: _unpackTiers(record.burnBps, record.tiers1And2 | (uint256(record.tiers3And4) << 96)),
            causes: record.causes
        });
    }

    /// @inheritdoc ICheckout
    function reservedOf(uint256 programId) external view returns (uint256) {
        return _programStates[programId].reserved;
    }

    // ---------------------------------------------------------------- internals

    /// @dev Highest tier whose least spend has been reached, and its burn share in basis points.
    /// `tiers1And2` and `leastBps`, that of tier 0, are from the terms, whose third word is read only for who has passed tier 2.
    function _tierOf(TermsRecord storage terms, uint256 tiers1And2, uint256 leastBps, uint256 spend)
        internal
        view
        returns (uint256 tier, uint256 burnBps)
    {
        (tier, burnBps) = _climb(tiers1And2, spend, 0, leastBps);
        if (tier == 2) (tier, burnBps) = _climb(terms.tiers3And4, spend, tier, burnBps);
    }

    /// @dev Reverts unless principal can be minted in the program, now and on top of what is reserved.
    function _checkQuota(uint256 programId, uint256 principal) internal view {
        Program memory program = adn.programOf(programId);
        if (program.closed) revert Checkout_ProgramClosed(programId);
        if (program.issuer != address(this) && program.issuer != address(0)) {
            revert Checkout_NotIssuer(programId, program.issuer);
        }
        uint256 left = Math.saturatingSub(program.quota, _programStates[programId].reserved);
        if (principal > left) revert Checkout_QuotaExceeded(programId, principal, left);
    }

    function _checkOperator(uint256 programId) internal view {
        if (msg.sender != adn.programOf(programId).operator) {
            revert Checkout_NotProgramOperator(programId, msg.sender);
        }
    }

    /// @dev The program's operator, or its signer under the current terms.
    function _checkSignerOrOperator(uint256 programId) internal view {
        if (
            msg.sender != _terms[programId][_programStates[programId].version].signer
                && msg.sender != adn.programOf(programId).operator
        ) revert Checkout_NotSignerOrOperator(programId, msg.sender);
    }

    function _checkAccount(address account) internal view {
        if (account == address(0) || account == address(this)) revert Checkout_InvalidAccount(account);
    }

    function _checkAmount(uint256 amount) internal pure {
        if (amount == 0 || amount > type(uint96).max) revert Checkout_AmountOutOfRange(amount, type(uint96).max);
    }

    function _checkLength(uint256 length, uint256 least, uint256 most) internal pure {
        if (length < least || length > most) revert Checkout_LengthOutOfRange(length, least, most);
    }

    /// @dev Goes up through packed tiers for as long as the spend reaches.
    function _climb(uint256 packed, uint256 spend, uint256 tier, uint256 burnBps)
        private
        pure
        returns (uint256, uint256)
    {
        // forge-lint: disable-next-line(unsafe-typecast) -- the lowest tier's 32 bits are meant
        for (; packed != 0 && spend >= uint256(uint32(packed)) * 1e18; packed >>= TIER_BITS) {
            // forge-lint: disable-next-line(unsafe-typecast) -- the lowest tier's next 16 bits are meant
            burnBps = uint16(packed >> 32);
            ++tier;
        }
        return (tier, burnBps);
    }

    function _packHigherTiers(Tier[] calldata tiers, uint256 donationBps) private pure returns (uint256 packed) {
        _checkLength(tiers.length, 1, MAX_TIERS);
        for (uint256 i = 0; i < tiers.length; ++i) {
            Tier calldata tier = tiers[i];
            if (tier.burnBps < MIN_BURN_BPS || tier.burnBps + donationBps > PaymentShares.BASIS_POINTS) {
                uint256 most = Math.saturatingSub(PaymentShares.BASIS_POINTS, donationBps);
                revert Checkout_BurnShareOutOfRange(tier.burnBps, MIN_BURN_BPS, most);
            }
            bool inOrder = i == 0
                ? tier.minSpend == 0
                : tier.minSpend > tiers[i - 1].minSpend && tier.burnBps >= tiers[i - 1].burnBps;
            if (!inOrder) revert Checkout_TierOutOfOrder(i);
            if (i != 0) packed |= (uint256(tier.minSpend) | (uint256(tier.burnBps) << 32)) << (TIER_BITS * (i - 1));
        }
    }

    function _unpackTiers(uint16 burnBps, uint256 higherTiers) private pure returns (Tier[] memory tiers) {
        uint256 count = 1;
        while (higherTiers >> (TIER_BITS * (count - 1)) != 0) ++count;
        tiers = new Tier[](count);
        tiers[0] = Tier({minSpend: 0, burnBps: burnBps});
        for (uint256 i = 1; i < count; ++i) {
            uint256 tier = higherTiers >> (TIER_BITS * (i - 1));
            // forge-lint: disable-next-line(unsafe-typecast) -- a tier's 32 and 16 bits are meant
            tiers[i] = Tier({minSpend: uint32(tier), burnBps: uint16(tier >> 32)});
        }
    }
}
