"""How many threads BLAS has meanwhile: large steps run on one, small ones as they come."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from threadpoolctl import ThreadpoolController

#: Unknowns from which a system is solved on one BLAS thread: with two, small steps on a busy
#: machine were seen to stall for longer than they take.
SINGLE_THREAD_SIZE = 64


@functools.cache
def _blas() -> ThreadpoolController:
    """Return the controller, made once: each new one would search the loaded libraries again."""
    return ThreadpoolController()


def single_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS runs on one thread."""
    limit: AbstractContextManager[Any] = _blas().limit(limits=1)
    return limit


def threads_for(size: int) -> AbstractContextManager[Any]:
    """Return the context in which a system of that many unknowns is best solved.

    Entering `single_thread` costs some twenty microseconds, which small systems don't repay.
    """
    return single_thread() if size >= SINGLE_THREAD_SIZE else nullcontext()
