"""One run of a replay: what the chain has already, what is left, and doing that."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from fec.chain import deployments
from fec.client.client import Client
from fec.core.durations import DAY, HOUR, WEEK
from fec.i18n.errors import InvalidArgument, RPCFailed
from fec.protocol import calls
from fec.protocol.bytes32 import from_hex, to_bytes32
from fec.protocol.orders import Invoice
from fec.replay.balance import balanced
from fec.replay.book import Book
from fec.replay.driver import Driver, PlannedBlock, PlannedTransaction
from fec.replay.encode import Bill, Ground, UnsignedTransaction
from fec.replay.errors import ReplayFailed, ReplayRefused
from fec.replay.history import History, Row
from fec.replay.pipeline import Pipeline
from fec.replay.plan import (
    RELAY_GAS,
    Action,
    Block,
    Plan,
    PlannedCapture,
    PlannedPayment,
    PlannedRefund,
    Together,
    gas_of,
    plan,
    together,
)
from fec.replay.preparation import Stage
from fec.replay.settings import ReplayReport, ReplaySettings
from fec.replay.wallets import Wallets

#: Room before the first purchase for what has to be set up.
_SETUP_TIME = HOUR
#: Gas of the fullest block, so that a request with all of it stays within the 2 MB that Anvil takes.
_MOST_GAS = 500_000_000
#: How long an invoice is good for; twice as long as blocks may be late.
_VALIDITY = 2 * WEEK
#: Longest stretch of purchases in one block.
MOST_GATHERED = DAY
_MILLION = 1_000_000

Progress = Callable[[str, int, int], object]


class Replay:
    """Replays histories on one deployment."""

    def __init__(self, client: Client, owner: LocalAccount | str, settings: ReplaySettings) -> None:
        """Takes the deployment, and who owns ADN and holds FEC: a key, or an address that the chain's node signs for.

        Raises InvalidArgument if purchases are to be gathered over less than a second or more than a day.
        """
        if not 1 <= settings.every <= MOST_GATHERED:
            raise InvalidArgument("Purchases share a block for 1 second at least and 1 day at most. Give such a time.")
        self._client = client
        self._owner = owner
        self._settings = settings
        self._wallets = Wallets(settings.seed)

    def run(self, history: History, progress: Progress = lambda *_: None) -> ReplayReport:
        """Puts on the chain what is not there yet; `progress` gets what is done, how far it is, and of how much.

        Raises ReplayRefused if it cannot begin, ReplayFailed if the chain does something else, RPCFailed,
        RPCUnreachable.
        """
        deployment = self._client.deployment
        checkout, coupon, relay = (
            deployments.contract(deployment, name)["address"] for name in ("Checkout", "FEC", "Relay")
        )
        url = str(getattr(self._client.web3.provider, "endpoint_uri", ""))
        with Pipeline(url) as pipeline:
            self._check_chain(pipeline)
            ground = Ground(deployment["chainId"], checkout, coupon, relay)
            driver = Driver(pipeline, ground, Book(), self._settings.workers)
            driver.take_over()
            try:
                run = _Run(
                    self._client,
                    driver,
                    self._wallets,
                    self._owner,
                    settings=self._settings,
                    history=history,
                    progress=progress,
                )
                return run.go()
            finally:
                driver.let_go()

    def _check_chain(self, pipeline: Pipeline) -> None:
        try:
            pipeline.result("anvil_nodeInfo")
        except RPCFailed as error:
            raise ReplayRefused(
                "A replay needs Anvil, whose clock can follow the file: {reason}. Start one with `fec dev`.",
                reason=error.message,
            ) from error


class _Run:
    def __init__(
        self,
        client: Client,
        driver: Driver,
        wallets: Wallets,
        owner: LocalAccount | str,
        *,
        settings: ReplaySettings,
        history: History,
        progress: Progress,
    ) -> None:
        self._client = client
        self._driver = driver
        self._settings = settings
        self._history = history
        self._rows = history.rows
        self._progress = progress
        self._wallets = wallets
        self._first_height = driver.height
        self._transactions = 0
        gas_limit = int(driver.pipeline.result("eth_getBlockByNumber", "latest", False)["gasLimit"], 16)
        # Half a block at most, so that the base fee never rises.
        self._stage = Stage(client, driver, wallets, settings.terms_of, owner, min(gas_limit // 2, _MOST_GAS))
        self._stores = list(dict.fromkeys(row.store for row in self._rows if row.amount > 0))
        self._shoppers = list(dict.fromkeys(row.shopper for row in self._rows if row.amount > 0))
        self._keys: list[str] = []

    def go(self) -> ReplayReport:
        started = time.perf_counter_ns()
        self._check_owner()
        self._read_chain()
        book = self._driver.book
        paid_before, refunds_before = len(book.paid), sum(map(len, book.refunds.values()))
        shift = self._shift()
        whole = plan(
            self._rows,
            window_of=self._window_of,
            shift=shift,
            every=self._settings.every,
            leave_open=self._settings.leave_open,
            gas=self._stage.gas,
        )
        left = list(self._left(whole))
        self._check_clock(left)
        planned = time.perf_counter_ns()

        self._set_up(left)
        ready = time.perf_counter_ns()
        waited = self._driver.pipeline.waited
        spent = self._driver.spent
        signing, waited_for_signing = spent.signing, spent.waited_for_signing
        self._transactions_of(left)
        done = time.perf_counter_ns()
        milliseconds = {
            "read": (planned - started) // _MILLION,
            "setUp": (ready - planned) // _MILLION,
            "replay": (done - ready) // _MILLION,
            "waitedForChain": (self._driver.pipeline.waited - waited) // _MILLION,
            "waitedForSigning": (spent.waited_for_signing - waited_for_signing) // _MILLION,
            "signing": (spent.signing - signing) // _MILLION,
        }
        return self._report(whole, shift, paid_before, refunds_before, milliseconds)

    # ------------------------------------------------------------------- parts

    def _check_owner(self) -> None:
        owner = self._stage.adn.functions.owner().call()
        signer = "0x" + self._stage.owner_wallet.address.hex()
        if owner.lower() != signer:
            raise ReplayRefused(
                "The owner of ADN admits stores. It is {owner}, not {signer}. Sign as the owner.",
                owner=owner,
                signer=signer,
            )

    def _read_chain(self) -> None:
        """What the chain has of the history. Nonces first: what comes in after them uses them up, and so is noticed."""
        wallets = [self._wallets.store(store) for store in self._stores]
        wallets += [self._wallets.shopper(shopper) for shopper in self._shoppers]
        wallets += [self._wallets.relayer(), self._stage.owner_wallet]
        self._driver.learn_nonces(wallet.address for wallet in wallets)
        self._stage.find_programs(self._stores)
        self._know_keys()
        known = {key: place for place, key in enumerate(self._keys) if key}
        if not known:
            return
        first = deployments.contract(self._client.deployment, "Checkout")["blockNumber"]
        for logs in self._driver.logs(first, self._driver.height):
            self._driver.book.read(logs, known)
            self._progress("chain", int(logs[-1]["blockNumber"], 16) if logs else first, self._driver.height)

    def _know_keys(self) -> None:
        """Keys of the orders whose stores have programs; empty for the others, and for returns."""
        programs = self._stage.programs
        self._keys = [
            _key(programs[row.store], row) if row.amount > 0 and row.store in programs else "" for row in self._rows
        ]

    def _shift(self) -> int:
        """Seconds by which times are moved: whole weeks. Once an order is paid, the chain tells."""
        paid = self._driver.book.paid
        moved = [paid[key] - row.time for key, row in zip(self._keys, self._rows, strict=True) if key in paid]
        if moved:
            return min(moved) // WEEK * WEEK
        if not self._settings.shift or not self._rows:
            return 0
        behind = self._driver.clock + _SETUP_TIME - self._rows[0].time
        return max(-(-behind // WEEK), 0) * WEEK

    def _left(self, whole: Plan) -> Iterator[Block]:
        """Of the plan, what the chain does not have. Raises ReplayFailed if it has something else."""
        book = self._driver.book
        planned: dict[str, list[int]] = {}

        def is_left(action: Action) -> bool:
            if isinstance(action, PlannedPayment):
                return self._keys[action.row] not in book.paid
            if isinstance(action, PlannedRefund):
                key = self._keys[action.order]
                planned.setdefault(key, []).append(action.amount)
                return len(planned[key]) > len(book.refunds.get(key, ()))
            return True

        for block in whole.blocks:
            actions = [self._uncaptured(action) for action in block.actions if is_left(action)]
            if some := tuple(action for action in actions if action is not None):
                yield Block(block.time, some)
        for key, done in book.refunds.items():
            if planned.get(key, [])[: len(done)] != done:
                raise ReplayFailed(
                    "On the chain other amounts of order {key} were taken back than this file says. Replay the file "
                    "with the same options as before, or use other wallets by --wallets.",
                    key=key,
                )

    def _uncaptured(self, action: Action) -> Action | None:
        if not isinstance(action, PlannedCapture):
            return action
        captured = self._driver.book.captured
        rows = tuple(row for row in action.rows if not self._keys[row] or self._keys[row] not in captured)
        return PlannedCapture(rows) if rows else None

    def _check_clock(self, left: Sequence[Block]) -> None:
        clock = self._driver.clock
        allowed = WEEK if self._driver.book.paid else 0
        if left and left[0].time + allowed <= clock:
            raise ReplayRefused(
                "The chain's clock shows {clock:date}, and what is to come next is of {first:date}. Start a chain with "
                "`fec dev --clock`, or move the file's times by whole weeks with --shift.",
                clock=clock,
                first=left[0].time,
            )

    def _set_up(self, left: Sequence[Block]) -> None:
        principals: Counter[str] = Counter()
        spends: Counter[str] = Counter()
        for block in left:
            for action in block.actions:
                if isinstance(action, PlannedPayment):
                    row = self._rows[action.row]
                    principals[row.store] += self._settings.terms_of(row.store).most_burned(row.amount)
                    spends[row.shopper] += row.amount
        if left:
            most = 2 * len(principals) + len(spends)
            self._stage.set_up(principals, spends, lambda count: self._count("setUp", count, most))
            self._know_keys()

    def _transactions_of(self, left: Sequence[Block]) -> None:
        total = sum(len(list(together(block.actions))) for block in left)
        self._transactions_done = 0

        def tick(count: int) -> None:
            self._transactions_done += count
            self._transactions += count
            self._progress("replay", self._transactions_done, total)

        batches = (PlannedBlock(block.time, tuple(self._requests(block))) for block in left)
        self._driver.run(batches, tick)

    def _count(self, phase: str, count: int, most: int) -> None:
        self._transactions += count
        self._progress(phase, self._transactions, most)

    def _requests(self, block: Block) -> Iterator[PlannedTransaction]:
        for action in together(block.actions):
            yield self._transaction(action, block.time)

    def _transaction(self, action: Together, moment: int) -> PlannedTransaction:
        stage, checkout = self._stage, from_hex(self._driver.ground.checkout)
        if isinstance(action, PlannedRefund):
            key = self._keys[action.order]
            data = calls.refund(key, action.amount).data
            wallet = self._wallets.store(self._rows[action.order].store)
            return stage.request(wallet, checkout, data, gas_of(action), f"OrderRefunded {key}")
        if isinstance(action, PlannedCapture):
            keys = [self._keys[row] for row in action.rows]
            data = calls.capture(keys).data
            what = ",".join(f"OrderCaptured {key}" for key in keys)
            return stage.request(self._wallets.relayer(), checkout, data, gas_of(action), what)
        relayer = self._wallets.relayer()
        bills = tuple(self._bill(payment.row, moment) for payment in action)
        gas = RELAY_GAS + sum(map(gas_of, action))
        job = UnsignedTransaction(relayer.key, stage.nonce(relayer), gas, bills=bills)
        return PlannedTransaction(
            relayer.address, job, ",".join(f"OrderPaid {self._keys[payment.row]}" for payment in action)
        )

    def _bill(self, place: int, moment: int) -> Bill:
        row = self._rows[place]
        shopper = self._wallets.shopper(row.shopper)
        return Bill(
            store_key=self._wallets.store(row.store).key,
            shopper_key=shopper.key,
            shopper=to_checksum_address(shopper.address),
            invoice=Invoice(
                self._stage.programs[row.store], row.order_id, row.amount, row.reference, moment + _VALIDITY
            ),
            cause=self._settings.terms_of(row.store).cause,
        )

    def _report(
        self, whole: Plan, shift: int, paid_before: int, refunds_before: int, milliseconds: dict[str, int]
    ) -> ReplayReport:
        self._prove(whole)
        book, figures = self._driver.book, balanced(self._client)
        refunds = [amount for some in book.refunds.values() for amount in some]
        return ReplayReport(
            orders=len(book.paid),
            new_orders=len(book.paid) - paid_before,
            paid=sum(row.amount for row in self._rows if row.amount > 0),
            refunds=len(refunds),
            new_refunds=len(refunds) - refunds_before,
            refunded=sum(refunds),
            captured=len(book.captured),
            nodes=book.nodes,
            burned=book.burned,
            unminted=book.unminted,
            left_out=tuple(whole.left_out),
            zeros=self._history.zeros,
            stores=len(self._stores),
            shoppers=len(self._shoppers),
            transactions=self._transactions,
            blocks=self._driver.height - self._first_height,
            shift=shift,
            lateness=self._driver.lateness,
            figures=figures,
            milliseconds=milliseconds,
        )

    def _window_of(self, store: str) -> int:
        return self._settings.terms_of(store).return_window

    def _prove(self, whole: Plan) -> None:
        """Raises ReplayFailed unless Checkout's logs hold exactly what the plan says."""
        book = self._driver.book
        actions = [action for block in whole.blocks for action in block.actions]
        paid = {self._keys[action.row] for action in actions if isinstance(action, PlannedPayment)}
        captured = {self._keys[row] for action in actions if isinstance(action, PlannedCapture) for row in action.rows}
        rows = zip(self._keys, self._rows, strict=True)
        captured |= {key for key, row in rows if key and not self._window_of(row.store)}
        refunds: dict[str, list[int]] = {}
        for action in actions:
            if isinstance(action, PlannedRefund):
                refunds.setdefault(self._keys[action.order], []).append(action.amount)
        if (paid, refunds, captured) != (set(book.paid), book.refunds, book.captured):
            raise ReplayFailed("The chain holds other orders, returns or captures than the file. Look at its logs.")


def _key(program_id: int, row: Row) -> str:
    # As fec.protocol.orders.order_key has it, but there are many.
    return "0x" + keccak(program_id.to_bytes(32) + to_bytes32(row.order_id)).hex()
