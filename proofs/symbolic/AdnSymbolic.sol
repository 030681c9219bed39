// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Of Forge's cheat codes, those used here.
interface Vm {
    function assume(bool condition) external pure;
    function prank(address sender) external;
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
        unchecked {
            _forget(target, uint256(keccak256(abi.encode(key, slot))) + offset);
        }
    }

    /// @dev Calls as somebody, and says whether it went through.
    function _callAs(address sender, address target, bytes memory data) internal returns (bool succeeded) {
        vm.prank(sender);
        (succeeded,) = target.call(data);
    }
}
