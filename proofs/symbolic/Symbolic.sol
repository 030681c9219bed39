// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Of Forge's cheat codes, those used here.
interface Vm {
    function assume(bool condition) external pure;
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
    function load(address target, bytes32 slot) external view returns (bytes32);
    function store(address target, bytes32 slot, bytes32 word) external;
    function getCode(string calldata artifact) external view returns (bytes memory);
}

/// @notice Of Halmos' own, those used here.
interface Svm {
    function createUint(uint256 bits, string calldata name) external pure returns (uint256);
    function createUint256(string calldata name) external pure returns (uint256);
    function createAddress(string calldata name) external pure returns (address);
    function createBytes32(string calldata name) external pure returns (bytes32);
    function createBytes(uint256 size, string calldata name) external pure returns (bytes memory);
    function createCalldata(string calldata contractName) external pure returns (bytes memory);
    function enableSymbolicStorage(address target) external;
}

/// @title What the checks of contracts have in common
abstract contract Symbolic {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Svm internal constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));

    /// @dev From its artifact, so that a change to a check does not compile the contract again.
    function _deploy(string memory artifact, bytes memory arguments) internal returns (address deployed) {
        bytes memory code = abi.encodePacked(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assert(deployed != address(0));
    }

    /// @dev Lets a storage word be anything that the constructor has written: {Svm.enableSymbolicStorage} leaves such words alone.
    function _forget(address target, uint256 slot) internal {
        vm.store(target, bytes32(slot), svm.createBytes32("forgotten"));
    }

    /// @dev The same for a word of a mapping's record.
    function _forget(address target, uint256 key, uint256 slot, uint256 offset) internal {
        _forget(target, _slot(key, slot, offset));
    }

    /// @dev A storage word.
    function _word(address target, uint256 slot) internal view returns (uint256) {
        return uint256(vm.load(target, bytes32(slot)));
    }

    /// @dev A word of a mapping's record.
    function _word(address target, uint256 key, uint256 slot, uint256 offset) internal view returns (uint256) {
        return _word(target, _slot(key, slot, offset));
    }

    function _slot(uint256 key, uint256 slot, uint256 offset) internal pure returns (uint256) {
        unchecked {
            return uint256(keccak256(abi.encode(key, slot))) + offset;
        }
    }

    // Claims joined without a branch: each branch would double the paths that Halmos has to follow.

    function _both(bool a, bool b) internal pure returns (bool both) {
        assembly ("memory-safe") {
            both := and(a, b)
        }
    }

    function _all(bool a, bool b, bool c) internal pure returns (bool) {
        return _both(_both(a, b), c);
    }

    function _all(bool a, bool b, bool c, bool d) internal pure returns (bool) {
        return _both(_both(a, b), _both(c, d));
    }

    function _either(bool a, bool b) internal pure returns (bool either) {
        assembly ("memory-safe") {
            either := or(a, b)
        }
    }

    /// @dev Calls as somebody, and says whether it went through.
    function _callAs(address sender, address target, bytes memory data) internal returns (bool succeeded) {
        vm.prank(sender);
        (succeeded,) = target.call(data);
    }
}
