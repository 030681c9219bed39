"""What `@fec/sdk` has to agree with: `python -m tests.sdk.vectors` computes it with `fec` into the SDK's tests."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_hash.auto import keccak

from fec.client.custody import CUSTODIAN_NAME, NODES_NAME
from fec.client.orders import CHECKOUT_NAME, COUPON_NAME
from fec.client.settlements import OPEN_AND_CLAIM_GAS, OPEN_GAS
from fec.core import curve, p256
from fec.core.amounts import exact_fec, format_fec
from fec.core.node_id import NodeId
from fec.core.settlement_id import SettlementId
from fec.protocol import acts, calls, signing
from fec.protocol.acts import Instruction
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.calls import open_node
from fec.protocol.members import Member, signer_hash, vault_address
from fec.protocol.orders import Invoice, Order
from fec.protocol.passkeys import passkey_signer, webauthn_signature
from fec.protocol.refusals import decode_revert
from fec.protocol.relays import RelayedCall, packed
from fec.protocol.settlements import Leaf, SettlementTree, pack
from fec.protocol.signing import Domain
from fec.service.sales.codes import hash_of
from tests.fixtures.passkeys import Passkey

FILE = Path(__file__).resolve().parents[2] / "packages" / "sdk" / "tests" / "vectors.json"
_ORDER = "(uint256,bytes32,uint256,bytes32,uint256,address,uint256,address,bytes)"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


def vectors() -> dict[str, Any]:
    """All of them. Large numbers are decimals as text."""
    chance = random.Random("FEC")
    return {
        "payments": [_payment(chance, *case) for case in _PAYMENTS],
        "texts": [_text(chance, text) for text in ("", "FEC", "金库 ☕ 𝒳")],
        "claims": [_claim(chance) for _ in range(3)],
        "settlements": [_settlement(chance, count) for count in (1, 2, 3, 7, 20)],
        "curve": [_released(chance) for _ in range(100)],
        "amounts": [_amount(wei) for wei in (0, 1, 10**15, 10**18, 12_345_678 * 10**17, 10**28 - 1)],
        "addresses": [checked_address("0x" + chance.randbytes(20).hex()) for _ in range(10)],
        "refusals": _refusals(chance),
        "vaults": [_vault(chance, kind) for kind in ("account", "passkey")],
        "passkeys": [_passkey(chance) for _ in range(4)],
    }


#: Order id, amount in wei, reference, cause or none.
_PAYMENTS = (
    ("A-1", 125 * 10**17, "USD 0.13 ☕", False),
    ("0x" + "ab" * 32, 1, "", True),
    ("订单 7", 10**27 + 1, "100% & more = +", False),
)


def _address(chance: random.Random) -> str:
    return checked_address("0x" + chance.randbytes(20).hex())


def _vault(chance: random.Random, kind: str) -> dict[str, Any]:
    """A vault's address from its first signer, acts of each kind, and the hashes that a signer signs."""
    custodian, implementation, friend = _address(chance), _address(chance), _address(chance)
    domain = Domain(CUSTODIAN_NAME, chance.randrange(1, 2**40), custodian)
    signer = _address(chance)
    if kind == "passkey":
        signer = passkey_signer(signer, *Passkey(chance.randrange(1, p256.N)).point)
    brand = ADDRESS_ZERO if kind == "passkey" else _address(chance)
    member = Member(brand, signer, "0x" + chance.randbytes(32).hex())
    vault = vault_address(custodian, implementation, brand, member.id)
    nodes = [chance.getrandbits(232) for _ in range(2)]
    wanted = (
        acts.withdraw(friend, nodes, 12 * 10**18),
        acts.withdraw_part(nodes[0], 10**18, friend),
        acts.claim(nodes),
        acts.Act(
            int(acts.ActKind.OPEN), "0x" + encode(acts.ARGUMENTS[acts.ActKind.OPEN], (7, 3, 10**18, [b"p" * 32])).hex()
        ),
        acts.split(nodes[1], [10**18, 2 * 10**18]),
        acts.merge(nodes),
        acts.approve_claimer(friend, nodes[0], approved=True),
        acts.approve_claimer_for_all(friend, approved=False),
        acts.add_signer(signer),
        acts.ask_removal(signer),
        acts.cancel_removal(signer),
        acts.remove_signer(signer),
        acts.name_successor(friend),
    )
    instruction = Instruction(vault, signer, wanted, chance.randrange(2**32), chance.randrange(2**32))
    order_hash = "0x" + chance.randbytes(32).hex()
    return {
        "chainId": domain.chain_id,
        "custodian": custodian,
        "implementation": implementation,
        "brand": brand,
        "salt": member.salt,
        "signer": signer,
        "signerHash": signer_hash(signer),
        "memberId": member.id,
        "vault": vault,
        "friend": friend,
        "nodes": [str(node) for node in nodes],
        "acts": [{"kind": act.kind, "name": acts.ActKind(act.kind).name, "data": act.data} for act in wanted],
        "nonce": instruction.nonce,
        "deadline": instruction.deadline,
        "actsHash": signing.acts_message(domain, instruction).hash,
        "actCall": calls.act(member, instruction, "0x1234").data,
        "orderHash": order_hash,
        "spendHash": signing.spend_message(domain, vault, order_hash).hash,
        "operatorHash": signing.permit_for_all_message(
            Domain(NODES_NAME, domain.chain_id, friend),
            owner=vault,
            operator=custodian,
            approved=kind == "account",
            nonce=instruction.nonce,
            deadline=instruction.deadline,
        ).hash,
    }


def _passkey(chance: random.Random) -> dict[str, Any]:
    """Two assertions of a passkey, as browsers give them and as the contracts take them, and the key that made them."""
    key, verifier = Passkey(chance.randrange(1, p256.N)), _address(chance)
    answers = []
    for challenge in (chance.randbytes(32), chance.randbytes(32)):
        answer = key.assertion(challenge)
        answers.append(
            {
                "challenge": "0x" + challenge.hex(),
                "authenticatorData": "0x" + answer.authenticator_data.hex(),
                "clientDataJSON": answer.client_data_json.decode(),
                "signature": "0x" + answer.signature.hex(),
                "encoded": webauthn_signature(answer),
            }
        )
    x, y = key.point
    return {
        "verifier": verifier,
        "x": "0x" + x.to_bytes(32).hex(),
        "y": "0x" + y.to_bytes(32).hex(),
        "signer": passkey_signer(verifier, x, y),
        "assertions": answers,
    }


def _payment(chance: random.Random, order_id: str, amount: int, reference: str, has_cause: bool) -> dict[str, Any]:
    signer, payer = (Account.from_key(chance.randbytes(32)) for _ in range(2))
    checkout, coupon = _address(chance), _address(chance)
    invoice = Invoice(chance.randrange(1, 2**32), order_id, amount, reference, chance.randrange(2**32))
    domain = Domain(CHECKOUT_NAME, chance.randrange(1, 2**40), checkout)
    of_invoice = signing.invoice_message(domain, invoice)
    merchant_signature = of_invoice.sign(signer)
    cause = _address(chance) if has_cause else None
    order = Order(invoice, merchant_signature, payer.address, amount // 10, cause)
    of_order = signing.order_message(domain, order)
    authorization = signing.authorization_message(
        Domain(COUPON_NAME, domain.chain_id, coupon),
        payer=payer.address,
        to=checkout,
        value=amount,
        valid_after=0,
        valid_before=invoice.expiry + 1,
        nonce=of_order.hash,
    )
    carried = {
        "chain": domain.chain_id,
        "checkout": checkout,
        "program": invoice.program_id,
        "order": order_id,
        "amount": exact_fec(amount),
        "reference": reference,
        "expiry": invoice.expiry,
        "signature": merchant_signature,
        "id": "an-id",
    }
    return {
        "link": f"https://shop.example/pay#{urlencode(carried)}",
        "signer": signer.address,
        "key": "0x" + bytes(payer.key).hex(),
        "payer": payer.address,
        "coupon": coupon,
        "cause": cause or ADDRESS_ZERO,
        "minPrincipal": str(order.min_principal),
        "orderKey": invoice.key,
        "invoiceHash": of_invoice.hash,
        "orderHash": of_order.hash,
        "authorizationHash": authorization.hash,
        "signature": authorization.sign(payer),
        "encodedOrder": "0x" + encode([_ORDER], [order.fields]).hex(),
    }


def _text(chance: random.Random, text: str) -> dict[str, str]:
    account = Account.from_key(chance.randbytes(32))
    signature = account.sign_message(encode_defunct(text=text)).signature.to_0x_hex()
    key = "0x" + bytes(account.key).hex()
    return {"text": text, "key": key, "hash": signing.text_hash(text), "signature": signature}


def _claim(chance: random.Random) -> dict[str, Any]:
    code = "".join(chance.choice(_BASE32) for _ in range(25)) + chance.choice("aeimquy4")
    checkout, owner, chain, program = _address(chance), _address(chance), chance.randrange(1, 2**40), 7
    binding = signing.sale_binding_message(
        Domain(CHECKOUT_NAME, chain, checkout), code_hash=hash_of(code), program_id=program, owner=owner
    )
    link = f"https://shop.example/claim#{urlencode({'code': code, 'program': program, 'chain': chain})}"
    return {"link": link, "checkout": checkout, "owner": owner, "hash": hash_of(code), "binding": binding.hash}


def _settlement(chance: random.Random, count: int) -> dict[str, Any]:
    owners = [_address(chance) for _ in range(max(1, count // 3))]
    leaves = [Leaf(chance.choice(owners), chance.randrange(10**15, 10**22)) for _ in range(count)]
    total = sum(leaf.principal for leaf in leaves)
    settlement_id = SettlementId(count, 3, 604_800, 1_767_571_200, total, chance.randrange(1, 2**30)).settlement_id
    tree = SettlementTree(settlement_id, pack(leaves))
    mine = [proof for proof in map(tree.proof, range(count)) if proof.leaf.owner == owners[0]]
    return {
        "settlementId": str(settlement_id),
        "packed": "0x" + pack(leaves).hex(),
        "owner": owners[0],
        "root": "0x" + tree.root.hex(),
        "records": [proof.record for proof in mine],
        "openings": ["0x" + keccak(b"".join(_calls(mine, claim))).hex() for claim in (False, True)],
    }


def _calls(leaves: list[Any], claim: bool) -> list[bytes]:
    gas = OPEN_AND_CLAIM_GAS if claim else OPEN_GAS
    return [packed(RelayedCall(open_node(leaf, claim=claim), gas)) for leaf in leaves]


def _released(chance: random.Random) -> dict[str, Any]:
    principal, k = chance.randrange(10 ** chance.randrange(1, 28)), chance.randrange(102)
    node = NodeId(3, 604_800, 1_767_571_200, principal, chance.randrange(1, 2**40))
    return {
        "principal": str(principal),
        "k": k,
        "released": str(curve.released(principal, k)),
        "id": str(node.token_id),
        "name": node.name,
    }


def _amount(wei: int) -> dict[str, str]:
    return {"wei": str(wei), "exact": format_fec(wei), "plain": exact_fec(wei)}


def _refusals(chance: random.Random) -> list[dict[str, Any]]:
    cases = (
        ("ADN_QuotaExceeded(uint256,uint256,uint256)", ["uint256"] * 3, [2, 10**20, 7]),
        ("ERC3009UsedAuthorization(address,bytes32)", ["address", "bytes32"], [_address(chance), chance.randbytes(32)]),
        ("Error(string)", ["string"], ["no ☕"]),
    )
    found = []
    for signature, kinds, values in cases:
        data = keccak(signature.encode())[:4] + encode(kinds, values)
        error = decode_revert(data)
        found.append({"data": "0x" + data.hex(), "name": error.name, "values": list(map(str, error.values.values()))})
    return found


def text() -> str:
    """The file."""
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
