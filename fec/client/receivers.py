"""Whether a customer can take a node: a contract is asked before anything is sold to it, as ERC-721 asks it later.

With a return window the node is minted only at capture. A customer that refuses it then gets no node: the burn share
goes back to the payer, and the face of ten times as much is lost. So such a sale is refused at the quote.
"""

from __future__ import annotations

import re

from eth_abi.abi import encode
from eth_hash.auto import keccak
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3RPCError

from fec.chain.rpc import clear_errors
from fec.client.errors import CustomerRefusesNodes
from fec.core.node_id import NodeId
from fec.protocol.addresses import ADDRESS_ZERO, checked_address

#: What Checkout gives a mint at capture (`Checkout.MINT_GAS`), and what the mint needs before it calls the receiver.
MINT_GAS = 400_000
GAS_BEFORE_HOOK = 100_000

_SELECTOR = keccak(b"onERC721Received(address,address,uint256,bytes)")[:4]
#: What every mint passes on is a token id; a receiver is asked with the smallest one.
_TOKEN_ID = NodeId(program_id=1, period_length=1, start=0, birth_principal=1, serial=1).token_id

_EXECUTION = re.compile(r"revert|out ?of ?gas|opcode|jump|stack|gas required|EVM error|VM exception", re.IGNORECASE)


def check_customer(web3: Web3, adn: str, checkout: str, customer: str) -> None:
    """Raises CustomerRefusesNodes if an account is a contract that would not take a node; addresses as text.

    Accounts without code take everything. A contract is called as the node contract `adn` would call it in a mint by
    `checkout`. Raises RPCUnreachable, RPCFailed, InvalidArgument.
    """
    account = checked_address(customer)
    with clear_errors():
        code = web3.eth.get_code(account)
    if code and not _takes(web3, adn, checkout, account):
        raise CustomerRefusesNodes(
            "{customer} is a contract that does not accept nodes (ERC-721). Name an account, or a wallet contract "
            "that implements onERC721Received.",
            customer=account,
        )


def _takes(web3: Web3, adn: str, checkout: str, account: str) -> bool:
    arguments = encode(["address", "address", "uint256", "bytes"], [checkout, ADDRESS_ZERO, _TOKEN_ID, b""])
    call = {
        "from": checked_address(adn),
        "to": checked_address(account),
        "data": "0x" + (_SELECTOR + arguments).hex(),
        "gas": MINT_GAS - GAS_BEFORE_HOOK,
    }
    with clear_errors():
        try:
            answer = web3.eth.call(call)  # type: ignore[arg-type] # a dictionary as any other
        except ContractLogicError:
            return False
        except Web3RPCError as error:
            # Nodes tell by words alone whether the contract failed or the request was refused.
            if _EXECUTION.search(str(error)):
                return False
            raise
    return bytes(answer[:32]) == _SELECTOR.ljust(32, b"\0")
