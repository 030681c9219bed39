"""What the service is told before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

from fec.chain.deployments import Deployment
from fec.core.durations import DAY, HOUR
from fec.pages.bundle import WalletConnect
from fec.pages.origins import host_of, parse_origin

#: Cookie that a session is in.
SESSION_COOKIE = "fec_session"
#: Bytes that the secret behind the keyed hashes has at least.
SECRET_BYTES = 32


@dataclass(frozen=True)
class WebhookPolicy:
    """How events are sent to merchants' endpoints. Times in seconds."""

    trusted_hosts: tuple[str, ...] = ()
    """Hosts that may be reached by http and at private addresses: for development, or a merchant's own network."""
    timeout: int = 10
    """For one attempt, all in all."""
    first_delay: int = 5
    """After the first attempt that fails; doubled after each that follows."""
    longest_delay: int = 12 * HOUR
    give_up_after: int = 5 * DAY
    """How long an endpoint may fail before it is disabled."""
    rotation: int = DAY
    """How long events are signed under the old secret as well as the new one."""
    lease: int = 30
    """After it, an instance that was sending is thought to have crashed; more than two timeouts."""
    endpoints: int = 20
    """Endpoints that one merchant may have."""
    senders: int = 2
    """Endpoints of one merchant that are sent to at once, and tests of one merchant."""
    kept: int = 30 * DAY
    """How long attempts are listed."""


@dataclass(frozen=True)
class CallerLimits:
    """How often one caller may have the service spend gas or ask the chain. Times in seconds."""

    free: int = 1
    """Failures of an invoice, payer, member or shopper that have no consequence."""
    free_of_caller: int = 8
    """Failures of an address on the network that have none: many may share one."""
    first_pause: int = 15
    """After the next failure; four times as long after each that follows."""
    last_pause: int = DAY
    failures: int = 5
    """After so many that were not free, the last pause."""
    forgets_after: int = DAY
    open: int = 10
    """Transactions under way for one invoice, payer, member or shopper."""
    open_of_caller: int = 200
    block_seconds: int = 12
    """How long to wait when too many are under way."""
    simulations: int = 8
    """Simulations for one caller at once, in one instance."""
    refused_a_minute: int = 60
    """Simulations for one caller that end with a refusal, in one instance."""
    simulations_of_merchant: int = 16
    """Simulations at once for one merchant with a key, from wherever they come."""
    refused_of_merchant: int = 120
    """Of a merchant's simulations, those in a minute that end with a refusal."""
    welcomes_a_day: int = 20
    """New vaults that are greeted in a day of UTC for one caller; many may share an address."""
    acts_a_day: int = 480
    """Instructions of vaults that are sent in a day of UTC for one caller, without gas."""
    streams: int = 100
    """Streams of events for one caller or merchant, in one instance."""

    def pause(self, subject: str, failures: int) -> int:
        """Seconds to wait after so many failures."""
        counted = failures - (self.free_of_caller if subject.startswith("caller ") else self.free)
        if counted <= 0:
            return 0
        return self.last_pause if counted >= self.failures else self.first_pause * 4 ** (counted - 1)

    def at_once(self, subject: str) -> int:
        """Transactions that may be under way for one."""
        return self.open_of_caller if subject.startswith("caller ") else self.open


@dataclass(frozen=True)
class Settings:
    """How one instance of the service runs. Several may share one database and one key."""

    rpc: str
    """JSON-RPC address of the chain."""
    deployment: Deployment
    database: str
    """Path of an SQLite file, or address of a PostgreSQL database."""
    secret: bytes = field(repr=False)
    """Under which API keys and sessions are hashed; the same for all instances, and not in the database."""
    pages_rpc: str | None = None
    """Where browsers read the chain; without it, through the reader's wallet. Everybody sees it: hold no key in it."""
    pages: bool = False
    """Whether this instance hands out the web pages."""
    walletconnect: WalletConnect | None = None
    """How the pages reach wallet apps elsewhere; without it they ask nobody but the chain and the service."""
    public_url: str = "http://127.0.0.1:8080"
    """Where shoppers and shops reach the service: links begin with it. Kept as browsers write it, as are origins."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may call the service from a browser, besides its own."""
    confirmations: int = 0
    """Blocks that lie on top of what an invoice's state follows from, and of a transaction that is done."""
    watched: int = 16
    """Blocks that lie on top of a transaction until it is not looked at in each block any more. Should a deeper
    reorganisation drop it, it is sent again once its nonce is seen unused."""
    stalled_after: int = 120
    """Seconds after which an oldest transaction that no block takes is told of: everything behind it waits."""
    index: bool = True
    """Whether this instance keeps the index; one of them at least has to, or `fec index run`."""
    relay: bool = True
    """Whether this instance sends, sends again and watches what was asked for; one of them at least has to."""
    capture: bool = True
    """Whether this instance captures orders whose return window is over."""
    settle: bool = True
    """Whether this instance settles sales that were paid elsewhere."""
    settle_seconds: int = 30
    """Seconds between looks at sales that are due."""
    openings_a_day: int = 20
    """Settled nodes that are opened for one owner in a day of UTC, without gas."""
    top_ups_a_day: int = 0
    """Wei of FEC that one API key may sell in a day of UTC, out of the service's own; as much greets new vaults."""
    welcome: int = 0
    """Wei of FEC that a new vault gets once; nothing, with 0."""
    acts_a_day: int = 24
    """Instructions of one vault that are sent in a day of UTC, without gas; payments are not counted."""
    payouts_a_day: int = 4
    """Times that the nodes of one owner and program, a hundred at most, are claimed from in a day, without gas."""
    deliver: bool = True
    """Whether this instance sends events to merchants' endpoints."""
    poll_ms: int = 500
    """Milliseconds between looks at the chain."""
    key_limit: str = "3000/minute"
    """Requests by one API key or session, in the words of the library `limits`."""
    address_limit: str = "1200/minute"
    """Requests from one address."""
    limits_storage: str = "memory://"
    """Where they are counted: in each process, or in one Redis (redis://…) for all."""
    max_body: int = 65_536
    """Bytes that a request may have."""
    body_seconds: int = 20
    """Seconds in which a request has to arrive."""
    session_seconds: int = 12 * HOUR
    """How long somebody stays signed in."""
    webhooks: WebhookPolicy = field(default_factory=WebhookPolicy)
    caller_limits: CallerLimits = field(default_factory=CallerLimits)
    budget: int | None = None
    """Wei of the chain's coin that the key may spend in a day of UTC; all that it has, without one."""
    merchant_budget: int | None = None
    """Wei of it that may be spent in a day for one merchant."""
    min_payment: int = 10**16
    """Wei of FEC that a payment or a withdrawal moves at least, for the service to pay for its gas."""

    def __post_init__(self) -> None:
        """Reads the origins, once. Raises OriginInvalid."""
        object.__setattr__(self, "public_url", parse_origin(self.public_url))
        object.__setattr__(self, "origins", tuple(map(parse_origin, self.origins)))

    @property
    def domain(self) -> str:
        """Host and port of the public address, as people see them when they sign in."""
        return host_of(self.public_url)

    @property
    def domains(self) -> frozenset[str]:
        """Hosts and ports of all pages that people may sign in at."""
        return frozenset(map(host_of, (self.public_url, *self.origins)))

    @property
    def secure(self) -> bool:
        """Whether the public address is https."""
        return self.public_url.startswith("https://")
