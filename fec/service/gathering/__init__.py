"""The hot path: invoices, sales, quotes and payments, done together for all who ask at the same time.

Each module has what reads one kind of request, and one function that does it for many: reads what all need in one query
and one JSON-RPC batch, writes what all change in one transaction, and answers once that is durable. Whatever is not
plain (no API key, a field that is wrong, a contract that signs, a refusal, a request that was sent before) is passed on
untouched to the routes of `fec.service.orders` and `fec.service.sales`, which do one at a time. So no unusual request
holds up others, and there is one place that says why something cannot be done.
"""
