"""The command line: the package's functions as commands of `fec`."""

from __future__ import annotations

import click

from fec.cli.alliance import alliance
from fec.cli.base import Root
from fec.cli.chart import chart
from fec.cli.coupon import balance, send
from fec.cli.curve import curve
from fec.cli.custody import custody
from fec.cli.dev import dev
from fec.cli.index import index
from fec.cli.node import node
from fec.cli.order import order
from fec.cli.pay import pay
from fec.cli.program import program
from fec.cli.quote import quote
from fec.cli.replay import replay
from fec.cli.report import report
from fec.cli.reward import reward
from fec.cli.serve import serve
from fec.cli.settle import settle
from fec.cli.simulate import simulate
from fec.cli.status import status


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fec", message="fec %(version)s")
def main() -> None:
    """FEC: loyalty coupons that pay back.

    Burned coupons become nodes. A node pays back ten times its principal over 100 periods. Amounts are exact decimals
    of FEC (12.5). Name a node by its short name (3-42) or its full id. Dates are ISO 8601, in local time unless they
    have an offset.

    Exit codes: 0 success, 1 refused or failed, 2 wrong usage. For shell completion, run `eval
    "$(_FEC_COMPLETE=bash_source fec)"` (or zsh_source, fish_source).
    """


for command in (
    status,
    curve,
    balance,
    send,
    node,
    program,
    quote,
    pay,
    order,
    reward,
    alliance,
    custody,
    settle,
    index,
    report,
    serve,
    replay,
    simulate,
    chart,
    dev,
):
    main.add_command(command)
