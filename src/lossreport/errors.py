"""The errors users meet. Each says what could not be done, why, and what to do; `code` is stable
and documented in docs/errors.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

LONGEST: Final = 400
"""Characters of what is said of a malformed report: it may hold megabytes at the place of a
word.
"""


GATE_REACHED: Final = 4
"""The exit code for a gate that was reached, and for a difference or contradiction that was
found; no error.
"""


NO_METRIC: Final = 3
"""The exit code where no metric was recognised: of a refusal, and of a report that can only tell
how the program broke.
"""


class LossreportError(Exception):
    """Base of every error that is the user's to mend: "Couldn't read 'x.log': reason. Hint".

    `code` names the error for scripts and documentation, `hint` says what to do, `exit_code` is
    that of the command line.
    """

    code = "error"
    exit_code = 2

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        # a worker process hands its errors over
        return _remade, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        lines = "\n" in self.args[0]
        return f"{self.args[0]}{chr(10) if lines else '. '}{self.hint}"


def _remade(
    kind: type[LossreportError], args: tuple[Any, ...], state: dict[str, Any]
) -> LossreportError:
    made = kind.__new__(kind, *args)
    made.__dict__.update(state)
    return made


class UsageError(LossreportError):
    """An argument, option, setting or path that cannot be used."""

    code = "usage"


class MissingPathError(LossreportError):
    """A path that was named does not exist."""

    code = "missing-path"


class OutputError(LossreportError):
    """The report cannot be written where it was asked for."""

    code = "output"


class NothingReadError(LossreportError):
    """Files were looked at and none held a metric, nor told how a training broke."""

    code = "nothing-read"
    exit_code = NO_METRIC


class LogError(LossreportError):
    """One file cannot be read; the others still are, and the report says what was skipped."""

    code = "log"
    exit_code = 3


class ReportError(LossreportError):
    """A report made earlier cannot be read, or an embedded log is not what the report says."""

    code = "report"
    exit_code = 3


@contextmanager
def malformed(name: str) -> Iterator[None]:
    """Turn what fails while a report made earlier is interpreted into ReportError: anybody can have
    written or edited it.
    """
    try:
        yield
    except (
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        RecursionError,
        AssertionError,
    ) as error:
        raise ReportError(
            f"{name!r} is no sound report ({type(error).__name__}: {error})"[:LONGEST],
            hint="Write it anew from the logs: lossreport build PATH.",
        ) from error


class ConfigError(LossreportError):
    """`lossreport.toml`, `[tool.lossreport]` or `--set` holds something that cannot be used."""

    code = "config"


class ClaimError(LossreportError):
    """A claim of an analysis that the rows of the log contradict; raised with `strict` only, else
    the claim is left out.
    """

    code = "claim"
    exit_code = 1


class ResourceError(LossreportError):
    """The installation lacks a template or another file of its own."""

    code = "resource"
    exit_code = 1


class SendError(LossreportError):
    """A report was not sent, or it is not known whether it was."""

    code = "not-sent"
    exit_code = 5


class RegistryError(LossreportError):
    """A unit (parser, detector, loss, section) is not what its place demands, or its name is
    taken.
    """

    code = "registry"
    exit_code = 1
