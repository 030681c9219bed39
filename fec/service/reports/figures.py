"""Figures for the pages, from the index: made in a process of its own, one at a time, and kept for a while.

In a process of its own, since reading the index at length needs memory and time that requests must not wait for, and
since two libraries that read one SQLite file must not live in one process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from importlib.util import find_spec
from typing import Any

import structlog

from fec.service.http.problems import problem
from fec.service.reports.pictures import missing

log = structlog.get_logger("fec.service")

#: How long figures are kept, in seconds: a minute at least, and so many times as long as it took to make them.
_LEAST_KEPT = 60
_TIMES_KEPT = 10
_PATIENCE = 600


class PageFigures:
    """Figures of programs, and of the protocol, as `fec.reports.page_data` prints them."""

    def __init__(self, database: str) -> None:
        """Takes the index: the path of an SQLite file, or the address of a PostgreSQL database."""
        self._database = database
        self._made: dict[int | None, tuple[asyncio.Task[dict[str, Any]], float]] = {}
        self._alone = asyncio.Lock()

    async def of(self, program_id: int | None) -> dict[str, Any]:
        """Figures of a program, or of the protocol; those of a while ago, if there are any.

        Raises a problem if they cannot be made.
        """
        task, until = self._made.get(program_id, (None, 0.0))
        if task is None or (task.done() and time.monotonic() >= until):
            task = asyncio.create_task(self._make(program_id))
            self._made[program_id] = (task, 0.0)
        return await asyncio.shield(task)

    async def _make(self, program_id: int | None) -> dict[str, Any]:
        async with self._alone:
            begun = time.monotonic()
            found = await self._run(program_id)
            took = time.monotonic() - begun
        self._made[program_id] = (self._made[program_id][0], time.monotonic() + max(_LEAST_KEPT, _TIMES_KEPT * took))
        return found

    async def _run(self, program_id: int | None) -> dict[str, Any]:
        if find_spec("ibis") is None:
            raise missing("reports,charts")
        arguments = [] if program_id is None else [str(program_id)]
        # The service's key and secret are none of its business.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FEC_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fec.reports.page_data",
            *arguments,
            env={**environment, "FEC_DATABASE": self._database},
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            printed, told = await asyncio.wait_for(process.communicate(), _PATIENCE)
        except TimeoutError:
            process.kill()
            printed, told = b"", b"it took too long"
        if process.returncode != 0:
            log.error("figures failed", program=program_id, reason=told.decode(errors="replace")[-500:])
            raise problem("figures-unable", "The figures cannot be made now. Try again in a minute.")
        found: dict[str, Any] = json.loads(printed)
        return found
