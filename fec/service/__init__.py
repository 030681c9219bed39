"""The service: a merchant's HTTP API.

    from fec.service.app import create_app
    from fec.service.settings import Settings

    app = create_app(Settings(rpc=…, deployment=…, database=…, secret=…), LocalSigner(key))

`fec serve` runs it; docs/reference/service.md describes it.
"""
