"""Sends a database's events until it is killed. Run by test_deliveries.py."""

from __future__ import annotations

import json
import sys
import time

from fec import store
from fec.service.settings import WebhookPolicy
from fec.service.webhooks.deliveries import Deliveries


def main(*, database: str, secret: str) -> None:
    """Address of the database, and the service's secret."""
    policy = WebhookPolicy(trusted_hosts=("127.0.0.1",), timeout=60, first_delay=0, lease=600)
    deliveries = Deliveries(store.open_database(database), secret.encode(), policy)
    while True:
        deliveries.deliver()
        time.sleep(0.02)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
