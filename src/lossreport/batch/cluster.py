"""Lends a Dask cluster to a batch as an executor of `concurrent.futures`; without an address there
is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from lossreport.errors import UsageError


@contextmanager
def executor_of(address: str | None) -> Iterator[Executor | None]:
    """Give an executor on the cluster at `address`, or None for None.

    A task whose worker dies is run again elsewhere by Dask. Raises UsageError where the extra is
    not installed or nobody answers.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            "--dask needs the package distributed",
            hint='Install it: pip install "lossreport[dask]".',
        ) from error
    try:
        client = Client(address)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UsageError(
            f"No Dask scheduler answers at {address!r}: {error}",
            hint="Give the address that the scheduler prints.",
        ) from error
    with client:
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]
