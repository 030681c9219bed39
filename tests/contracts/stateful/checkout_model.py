"""What checkout and custody promise, written again in plain Python beside the model of the nodes.

Where the contract keeps running totals, this adds up from what happened: reservations from the orders and batches that
are open, spend from the list of captures. Amounts in wei, times in seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from fec.protocol.acts import ActKind
from fec.protocol.members import MAX_SIGNERS, REMOVAL_DELAY
from tests.contracts.stateful.checkout_books import ALL, CAPTURED, ESCROWED, REFUNDED, Batch, PaidOrder, atomic
from tests.contracts.stateful.node_model import Node, Refused
from tests.contracts.stateful.settlement_model import SettlementModel
from tests.contracts.support.evm import ZERO
from tests.contracts.support.merkle import Reward
from tests.contracts.support.settling import Leaf
from tests.contracts.support.shop_world import Order, Terms

MOST = 2**96 - 1
MIN_BURN = 1000
MAX_WINDOW, MAX_TIERS, MAX_CAUSES, MAX_MEMBERS = 365 * DAY, 5, 32, 16


@dataclass
class CheckoutModel(SettlementModel):
    """The state of everything, checkout and custody included."""

    checkout: str = ZERO
    terms: defaultdict[int, list[Terms]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[bytes, PaidOrder] = field(default_factory=dict)
    #: Program, alliance, customer, wei and order of each capture.
    credits: list[tuple[int, int, str, int, bytes]] = field(default_factory=list)
    alliances: dict[int, list[int]] = field(default_factory=dict)
    approvals: set[tuple[int, int, int]] = field(default_factory=set)
    batches: dict[int, Batch] = field(default_factory=dict)
    allowances: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    #: Instructions of each vault and signer.
    nonces: defaultdict[tuple[str, bytes], int] = field(default_factory=lambda: defaultdict(int))
    #: First signer of each vault; and what is stored: when each may be removed, 0 if nobody has asked.
    first: dict[str, bytes] = field(default_factory=dict)
    signers: defaultdict[str, dict[bytes, int]] = field(default_factory=lambda: defaultdict(dict))
    #: Settlements by program and reference.
    references: dict[tuple[int, bytes], int] = field(default_factory=dict)
    #: Sent to Checkout with no order.
    strays: int = 0

    # ------------------------------------------------------------------- views

    @staticmethod
    def key_of(order: Order) -> bytes:
        return keccak(encode(["uint256", "bytes32"], [order.program, order.order_id]))

    def reserved(self, program_id: int) -> int:
        waiting = sum(order.reserved for order in self.orders.values() if order.program == program_id)
        return waiting + sum(batch.left for batch in self.batches.values() if batch.program == program_id)

    def alliance_of(self, program_id: int) -> int:
        return next((name for name, members in self.alliances.items() if program_id in members), 0)

    def spend(self, program_id: int, customer: str) -> int:
        alliance = self.alliance_of(program_id)
        mine = [credit for credit in self.credits if credit[2] == customer]
        own = sum(amount for program, _, _, amount, _ in mine if program == program_id)
        shared = sum(amount for _, name, _, amount, _ in mine if name == alliance != 0)
        return max(own, shared)

    def share(self, terms: Terms, amount: int, burn_bps: int, cause: str) -> tuple[int, int, int]:
        """To merchant, burned (rounded up), donated (rounded down)."""
        burned = -(-amount * burn_bps // ALL)
        donated = 0 if cause == ZERO else amount * terms.donation // ALL
        return amount - burned - donated, burned, donated

    def burn_bps(self, program_id: int, customer: str) -> int:
        spend = self.spend(program_id, customer)
        return max(share for least, share in self.terms[program_id][-1].tiers if least * 10**18 <= spend)

    # --------------------------------------------------------------- payment

    @atomic
    def pay(self, payer: str, order: Order, signer: str) -> int:
        return self._pay_from_allowance(payer, order, signer)

    @atomic
    def pay_with_permit(self, payer: str, order: Order, signer: str, *, valid: bool) -> int:
        if valid:
            self.allowances[payer] = order.amount
        return self._pay_from_allowance(payer, order, signer)

    @atomic
    def pay_from_nodes(self, payer: str, order: Order, signer: str, ids: list[int]) -> int:
        self.claim_for(ids)
        return self._pay_from_allowance(payer, order, signer)

    @atomic
    def pay_with_authorization(self, payer: str, order: Order, signer: str, times: Sequence[int], *, own: bool) -> int:
        paid = self._book(payer, order, signer)
        if not own:
            raise Refused("ERC3009InvalidSignature")
        if not times[0] < self.now < times[1]:
            raise Refused("ERC3009InvalidAuthorizationTime", *times)
        self.transfer(payer, self.checkout, order.amount)
        return self._settle(paid)

    @atomic
    def transfer_and_call(self, payer: str, order: Order, signer: str, sent: int) -> bool:
        self.transfer(payer, self.checkout, sent)
        if sent != order.amount:
            raise Refused("Checkout_WrongAmount", sent, order.amount)
        self._settle(self._book(payer, order, signer))
        return True

    @atomic
    def capture(self, keys: list[bytes]) -> None:
        for key in keys:
            if key not in self.orders:
                raise Refused("Checkout_UnknownOrder", key)
            order = self.orders[key]
            if order.status != ESCROWED:
                continue
            if self.now < order.deadline:
                raise Refused("Checkout_ReturnWindowOpen", key, order.deadline)
            self._pay_out(order)
            try:
                self.mint(self.checkout, order.program, order.burned, order.customer)
            except Refused:
                self.transfer(self.checkout, order.payer, order.burned)
                order.returned, order.burned = order.burned, 0
            self._credit(order)

    @atomic
    def refund(self, sender: str, key: bytes, amount: int) -> None:
        if key not in self.orders:
            raise Refused("Checkout_UnknownOrder", key)
        order = self.orders[key]
        if order.status != ESCROWED:
            raise Refused("Checkout_OrderFinal", key, order.status)
        self._check_signer_or_operator(sender, order.program)
        if self.now >= order.deadline:
            raise Refused("Checkout_ReturnWindowClosed", key, order.deadline)
        if not 0 < amount <= order.left:
            raise Refused("Checkout_RefundTooHigh", key, amount, order.left)
        order.refunded += amount
        if not order.left:
            order.status = REFUNDED
        self.transfer(self.checkout, order.payer, amount)

    # ----------------------------------------------------------------- terms

    def set_terms(self, sender: str, program_id: int, terms: Terms) -> int:
        self._check_operator(sender, program_id)
        self._check_account(terms.signer)
        self._check_account(terms.treasury)
        if terms.window > MAX_WINDOW:
            raise Refused("Checkout_ReturnWindowTooLong", terms.window, MAX_WINDOW)
        if len(terms.causes) > MAX_CAUSES:
            raise Refused("Checkout_LengthOutOfRange", len(terms.causes), 0, MAX_CAUSES)
        if not 1 <= len(terms.tiers) <= MAX_TIERS:
            raise Refused("Checkout_LengthOutOfRange", len(terms.tiers), 1, MAX_TIERS)
        for index, (least, share) in enumerate(terms.tiers):
            if share < MIN_BURN or share + terms.donation > ALL:
                raise Refused("Checkout_BurnShareOutOfRange", share, MIN_BURN, max(0, ALL - terms.donation))
            before = terms.tiers[index - 1]
            if least != 0 if index == 0 else least <= before[0] or share < before[1]:
                raise Refused("Checkout_TierOutOfOrder", index)
        for cause in terms.causes:
            self._check_account(cause)
        self.terms[program_id].append(terms)
        return len(self.terms[program_id])

    # ------------------------------------------------------------- alliances

    def found_alliance(self, sender: str, program_id: int) -> int:
        self._check_operator(sender, program_id)
        self._check_in_none(program_id)
        self.alliances[len(self.alliances) + 1] = [program_id]
        return len(self.alliances)

    def approve_candidate(self, sender: str, program_id: int, candidate: int, approved: bool) -> None:
        self._check_operator(sender, program_id)
        alliance = self._check_in_one(program_id)
        if self.alliance_of(candidate) == alliance:
            raise Refused("Checkout_AlreadyInAlliance", candidate, alliance)
        (self.approvals.add if approved else self.approvals.discard)((alliance, program_id, candidate))

    def join_alliance(self, sender: str, program_id: int, alliance: int) -> None:
        self._check_operator(sender, program_id)
        self._check_in_none(program_id)
        members = self.alliances.get(alliance, [])
        if not members:
            raise Refused("Checkout_UnknownAlliance", alliance)
        if len(members) == MAX_MEMBERS:
            raise Refused("Checkout_AllianceFull", alliance, MAX_MEMBERS)
        for member in members:
            if (alliance, member, program_id) not in self.approvals:
                raise Refused("Checkout_NotApprovedBy", alliance, member, program_id)
        self.approvals -= {(alliance, member, program_id) for member in members}
        members.append(program_id)

    def leave_alliance(self, sender: str, program_id: int) -> None:
        self._check_operator(sender, program_id)
        alliance = self._check_in_one(program_id)
        members = self.alliances[alliance]
        self.approvals = {consent for consent in self.approvals if consent[:2] != (alliance, program_id)}
        # The last one takes the place of who left: who has to approve comes in that order.
        at = members.index(program_id)
        members[at] = members[-1]
        members.pop()

    # --------------------------------------------------------------- rewards

    @atomic
    def reward(self, sender: str, program_id: int, shopper: str, amount: int) -> int:
        self._check_signer_or_operator(sender, program_id)
        self._check_amount(amount)
        self._check_quota(program_id, amount)
        self._take_allowance(sender, amount)
        return self.mint(self.checkout, program_id, amount, shopper)

    @atomic
    def fund_rewards(self, sender: str, program_id: int, rewards: list[Reward], amount: int, deadline: int) -> int:
        self._check_signer_or_operator(sender, program_id)
        self._check_amount(amount)
        self._check_quota(program_id, amount)
        if deadline < self.now:
            raise Refused("Checkout_DeadlinePassed", deadline, self.now)
        batch_id = len(self.batches) + 1
        self._take_allowance(sender, amount)
        self.batches[batch_id] = Batch(sender, program_id, rewards, amount, deadline)
        return batch_id

    @atomic
    def take_reward(self, batch_id: int, index: int, claimed: Reward, *, proven: bool) -> int:
        batch = self._batch(batch_id)
        if self.now > batch.deadline:
            raise Refused("Checkout_BatchOver", batch_id, batch.deadline)
        if index in batch.taken:
            raise Refused("Checkout_RewardTaken", batch_id, index)
        if not proven:
            raise Refused("Checkout_InvalidProof", batch_id, index)
        shopper, amount = claimed
        if amount > batch.left:
            raise Refused("Checkout_BatchExhausted", batch_id, amount, batch.left)
        batch.taken.add(index)
        batch.left -= amount
        return self.mint(self.checkout, batch.program, amount, shopper)

    def reclaim_rewards(self, batch_id: int) -> None:
        batch = self._batch(batch_id)
        if self.now <= batch.deadline and not self.programs[batch.program].closed:
            raise Refused("Checkout_BatchOpen", batch_id, batch.deadline)
        if not batch.left:
            raise Refused("Checkout_BatchExhausted", batch_id, 0, 0)
        self.transfer(self.checkout, batch.funder, batch.left)
        batch.left = 0

    # ----------------------------------------------------------- settlements

    @atomic
    def settle_sales(self, sender: str, program_id: int, leaves: Sequence[Leaf], ref: bytes) -> int:
        self._check_signer_or_operator(sender, program_id)
        if (program_id, ref) in self.references:
            raise Refused("Checkout_RefUsed", program_id, ref, self.references[program_id, ref])
        total = sum(principal for _, principal in leaves)
        self._check_quota(program_id, total)
        self._take_allowance(sender, total)
        self.references[program_id, ref] = self.settle(self.checkout, program_id, leaves)
        return self.references[program_id, ref]

    # --------------------------------------------------------------- custody

    @atomic
    def spend_from_vault(
        self, vault: str, order: Order, ids: list[int], signer: str, *, member: bytes, signed: bool
    ) -> int:
        """`member` is who acts."""
        if order.customer != vault:
            raise Refused("Custodian_WrongCustomer", order.customer, vault)
        self._admit(vault, member)
        if not signed:
            raise Refused("Custodian_InvalidSignature", member)
        if ids:
            self.claim_for(ids)
        self.allowances[vault] = order.amount
        return self._pay_from_allowance(vault, order, signer)

    @atomic
    def withdraw(
        self, vault: str, ids: list[int], amount: int, to: str, *, member: bytes, nonce: int, signed: bool
    ) -> None:
        """`member` is who acts."""
        self._instruct(vault, member, nonce, signed=signed)
        amount = self.coins[vault] if amount == 2**256 - 1 else amount
        if amount:
            self.transfer(vault, to, amount)
        for node_id in ids:
            self.transfer_from(vault, vault, to, node_id, safe=True)

    @atomic
    def change_signers(self, vault: str, kind: ActKind, signer: bytes, *, member: bytes, nonce: int) -> None:
        """`member` is who acts."""
        self._instruct(vault, member, nonce, signed=True)
        stored, hashed = self.signers[vault], keccak(signer)
        if kind == ActKind.ADD_SIGNER:
            stored = stored or {member: 0}
            if len(stored) == MAX_SIGNERS:
                raise Refused("Custodian_TooManySigners", vault, MAX_SIGNERS)
            if signer in stored:
                raise Refused("Custodian_AlreadySigner", vault, signer)
            self.signers[vault] = {**stored, signer: 0}
            return
        if signer not in stored:
            raise Refused("Custodian_UnknownSigner", vault, hashed)
        since = stored[signer]
        if kind == ActKind.ASK_REMOVAL:
            stored[signer] = self.now + REMOVAL_DELAY
        elif since == 0 and (kind == ActKind.CANCEL_REMOVAL or signer != member):
            raise Refused("Custodian_RemovalNotAsked", vault, hashed)
        elif kind == ActKind.CANCEL_REMOVAL:
            stored[signer] = 0
        elif signer != member and self.now < since:
            raise Refused("Custodian_RemovalWaits", vault, hashed, since, self.now)
        elif len(stored) == 1:
            raise Refused("Custodian_LastSigner", vault)
        else:
            del stored[signer]

    def present(self, vault: str) -> list[bytes]:
        """Who may act on a vault."""
        return list(self.signers[vault]) or [self.first[vault]]

    # --------------------------------------------------------------- internals

    def _admit(self, vault: str, member: bytes) -> None:
        if member not in self.present(vault):
            raise Refused("Custodian_NotSigner", vault, member)

    def _instruct(self, vault: str, member: bytes, nonce: int, *, signed: bool) -> None:
        self._admit(vault, member)
        if nonce != self.nonces[vault, member]:
            raise Refused("Custodian_WrongNonce", nonce, self.nonces[vault, member])
        if not signed:
            raise Refused("Custodian_InvalidSignature", member)
        self.nonces[vault, member] += 1

    def _pay_from_allowance(self, payer: str, order: Order, signer: str) -> int:
        paid = self._book(payer, order, signer)
        self._take_allowance(payer, order.amount)
        return self._settle(paid)

    def _book(self, payer: str, order: Order, signer: str) -> PaidOrder:
        key = self.key_of(order)
        if key in self.orders:
            raise Refused("Checkout_OrderAlreadyPaid", key)
        if not self.terms[order.program]:
            raise Refused("Checkout_NoTerms", order.program)
        terms = self.terms[order.program][-1]
        if self.now > order.expiry:
            raise Refused("Checkout_OrderExpired", order.expiry, self.now)
        self._check_amount(order.amount)
        self._check_account(order.customer)
        if signer != terms.signer:
            raise Refused("Checkout_InvalidSignature", order.program, terms.signer)
        if order.cause not in (ZERO, *terms.causes):
            raise Refused("Checkout_UnknownCause", order.program, order.cause)
        burn_bps = self.burn_bps(order.program, order.customer)
        _, burned, _ = self.share(terms, order.amount, burn_bps, order.cause)
        if burned < order.min_principal:
            raise Refused("Checkout_PrincipalTooSmall", burned, order.min_principal)
        if terms.window or self.reserved(order.program):
            self._check_quota(order.program, burned)
        at_once = terms.window == 0
        paid = PaidOrder(
            key=key,
            program=order.program,
            payer=payer,
            customer=order.customer,
            cause=order.cause,
            version=len(self.terms[order.program]),
            burn_bps=burn_bps,
            paid_at=self.now,
            deadline=self.now + terms.window,
            amount=order.amount,
            status=ESCROWED,
            at_once=at_once,
        )
        self.orders[key] = paid
        return paid

    def _settle(self, order: PaidOrder) -> int:
        if not order.at_once:
            return 0
        self._pay_out(order)
        self._credit(order)
        return self.mint(self.checkout, order.program, order.burned, order.customer)

    def _pay_out(self, order: PaidOrder) -> None:
        """Shares the amount out by the terms it was paid under; the burn is still to be done."""
        terms = self.terms[order.program][order.version - 1]
        shares = self.share(terms, order.left, order.burn_bps, order.cause)
        order.to_merchant, order.burned, order.donated = shares
        order.status = CAPTURED
        self.transfer(self.checkout, terms.treasury, order.to_merchant)
        if order.donated:
            self.transfer(self.checkout, order.cause, order.donated)

    def _credit(self, order: PaidOrder) -> None:
        spent = order.left - order.returned
        self.credits.append((order.program, self.alliance_of(order.program), order.customer, spent, order.key))

    def _pay(self, node: Node, to: str) -> int:
        """What a node of Checkout's own pays comes with no order."""
        paid = super()._pay(node, to)
        if to == self.checkout:
            self.strays += paid
        return paid

    def _take_allowance(self, payer: str, amount: int) -> None:
        allowance = self.allowances[payer]
        if allowance < amount:
            raise Refused("ERC20InsufficientAllowance", self.checkout, allowance, amount)
        self.allowances[payer] -= amount
        self.transfer(payer, self.checkout, amount)

    def _check_quota(self, program_id: int, principal: int) -> None:
        program = self._known(program_id)
        if program.closed:
            raise Refused("Checkout_ProgramClosed", program_id)
        if program.issuer not in (ZERO, self.checkout):
            raise Refused("Checkout_NotIssuer", program_id, program.issuer)
        left = max(0, program.quota - self.reserved(program_id))
        if principal > left:
            raise Refused("Checkout_QuotaExceeded", program_id, principal, left)

    def _check_operator(self, sender: str, program_id: int) -> None:
        if sender != self._known(program_id).operator:
            raise Refused("Checkout_NotProgramOperator", program_id, sender)

    def _check_signer_or_operator(self, sender: str, program_id: int) -> None:
        versions = self.terms[program_id]
        if (versions and sender == versions[-1].signer) or sender == self._known(program_id).operator:
            return
        raise Refused("Checkout_NotSignerOrOperator", program_id, sender)

    def _check_account(self, account: str) -> None:
        if account in (ZERO, self.checkout):
            raise Refused("Checkout_InvalidAccount", account)

    @staticmethod
    def _check_amount(amount: int) -> None:
        if not 0 < amount <= MOST:
            raise Refused("Checkout_AmountOutOfRange", amount, MOST)

    def _check_in_none(self, program_id: int) -> None:
        alliance = self.alliance_of(program_id)
        if alliance:
            raise Refused("Checkout_AlreadyInAlliance", program_id, alliance)

    def _check_in_one(self, program_id: int) -> int:
        alliance = self.alliance_of(program_id)
        if not alliance:
            raise Refused("Checkout_NotInAlliance", program_id)
        return alliance

    def _batch(self, batch_id: int) -> Batch:
        if batch_id not in self.batches:
            raise Refused("Checkout_UnknownBatch", batch_id)
        return self.batches[batch_id]
