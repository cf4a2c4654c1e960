"""The errors of the program: what they say, and that a worker process can hand them over."""

from __future__ import annotations

import pickle

import pytest

from lossreport.errors import LossreportError, NothingReadError, UsageError


@pytest.mark.parametrize(
    "error",
    [
        UsageError("No such thing", hint="Give another."),
        NothingReadError("Nothing", hint="Ask."),
    ],
)
def test_an_error_is_the_same_behind_a_process(error: LossreportError) -> None:
    other = pickle.loads(pickle.dumps(error))
    assert (type(other), str(other), other.__dict__) == (type(error), str(error), error.__dict__)
