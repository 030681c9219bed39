"""How often a process that serves looks for reference cycles."""

from __future__ import annotations

import gc

#: Objects that Python makes before it looks.
_OBJECTS = 20_000


def relax_collector() -> None:
    """To be called once all is loaded: that stays, so nobody looks through it; the rest mostly ends without a look.

    By default a tenth of a busy service's computing is looking for cycles. For the whole process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
