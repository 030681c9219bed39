"""Figures for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One instance's figures."""

    def __init__(self) -> None:
        """Starts at nothing."""
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("fec_requests", "Requests answered.", labels, registry=self.registry)
        self.latency = Histogram(
            "fec_request_seconds", "Seconds that answers took.", labels[:2], buckets=_BUCKETS, registry=self.registry
        )
        self.loops = Counter(
            "fec_loop_runs", "Runs of what goes on in the background.", ("loop", "outcome"), registry=self.registry
        )
        self.index_block = Gauge("fec_index_block", "Last block that is indexed.", registry=self.registry)
        self.index_lag = Gauge(
            "fec_index_lag_blocks", "Blocks that the index is behind the chain.", registry=self.registry
        )
        self.relays = Gauge(
            "fec_relays", "What the relayer was asked to send, by state.", ("state",), registry=self.registry
        )
        self.actions = Gauge(
            "fec_actions", "What was asked of the chain, by kind and state.", ("kind", "state"), registry=self.registry
        )
        self.invoices = Gauge("fec_invoices", "Invoices by status.", ("status",), registry=self.registry)
        self.coin = Gauge("fec_relayer_coin_wei", "The chain's coin that the relayer has.", registry=self.registry)
        self.spent = Gauge(
            "fec_relayer_spent_wei",
            "The chain's coin spent today, and offered for what is open: by merchant, and in all.",
            ("purse",),
            registry=self.registry,
        )
        self.budget = Gauge(
            "fec_relayer_budget_wei", "The chain's coin that may be spent in a day; 0 if all.", registry=self.registry
        )
        self.oldest = Gauge(
            "fec_relayer_oldest_seconds",
            "Seconds for which the oldest transaction has been waiting for a block; 0 if none does.",
            registry=self.registry,
        )
        self.streams = Gauge("fec_streams", "Open streams of events.", registry=self.registry)
