"""Brings logs from other places (s3://, gs://, hf://, https://, ...) into a temporary folder, where
they are read as all others.

The extra `lossreport[remote]` is imported only where an address is given. An address may hold a key
or a signature: what stands before `@` and behind `?` is used to fetch and never shown.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from lossreport import regex as re
from lossreport.errors import LogError, MissingPathError, UsageError
from lossreport.model.run import Skipped
from lossreport.reading.bytes.packed import inside
from lossreport.text import Text
from lossreport.values import dataclass

ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")
"""Two letters at least: C:// is a drive."""
PACKAGES: Final = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "hf": "huggingface_hub",
    "az": "adlfs",
    "abfs": "adlfs",
    "oss": "ossfs",
    "http": "aiohttp",
    "https": "aiohttp",
}
"""What fsspec needs besides itself."""
WEB: Final = ("http", "https")
MOST_FILES: Final = 10_000
"""A folder with more files is a bucket, not a run."""
NOT_FETCHED = Text(zh="取回失败：{error}", en="it could not be fetched: {error}")

SECRETS: Final = (re.compile(r"(?<=://)[^\s/@]*@"), re.compile(r"[?#][^\s'\"<>)]*"))


@dataclass
class Local:
    """Local places of all paths, in their order, and the files that could not be fetched."""

    paths: list[str | os.PathLike[str]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def is_remote(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is an address."""
    return ADDRESS.match(os.fspath(path)) is not None


def shown_address(path: str | os.PathLike[str]) -> str:
    """Return a path as it may be shown: an address without user, password, query and fragment; any
    other path as it is.
    """
    return without_secrets(os.fspath(path)) if is_remote(path) else os.fspath(path)


def without_secrets(text: str) -> str:
    """Take user and password, query and fragment out of every address in a text."""
    for secret in SECRETS:
        text = secret.sub("", text)
    return text


def name_of(address: str) -> str:
    """Return the last name of an address: of the file or the folder."""
    parts = urlsplit(address)
    names = [unquote(name) for name in f"{parts.hostname or ''}/{parts.path}".split("/") if name]
    return names[-1] if names else parts.scheme


@contextmanager
def local_copies(
    paths: Sequence[str | os.PathLike[str]], wanted: Callable[[str], bool], depth: int
) -> Iterator[Local]:
    """Yield the paths with copies in place of addresses; they are gone afterwards.

    Of a folder the files are taken that are `wanted` by their relative name, at most `depth`
    folders below it. Raises MissingPathError where there is nothing, UsageError where a package is
    missing or the place unknown, LogError where nothing can be fetched.
    """
    if not any(is_remote(path) for path in paths):
        yield Local(list(paths))
        return
    with tempfile.TemporaryDirectory(prefix="lossreport-") as scratch:
        local = Local()
        for number, path in enumerate(paths):
            if is_remote(path):
                folder = Path(scratch) / str(number)
                folder.mkdir()
                local.paths.append(_fetched(os.fspath(path), folder, wanted, depth, local.skipped))
            else:
                local.paths.append(path)
        yield local


def _fetched(
    address: str, folder: Path, wanted: Callable[[str], bool], depth: int, skipped: list[Skipped]
) -> Path:
    shown = shown_address(address)
    try:
        system, root = _opened(address)
        is_web = urlsplit(address).scheme in WEB
        if address.endswith("/") if is_web else system.isdir(root):
            _fetch_folder(system, root, folder, wanted, depth, skipped)
            return folder
        if not is_web and not system.exists(root):
            raise FileNotFoundError(shown)
        target = folder / (inside(name_of(address)) or "log")
        system.get_file(root, str(target))
        return target
    except (UsageError, LogError):
        raise
    except FileNotFoundError:
        raise MissingPathError(
            f"There is nothing at {shown!r}",
            hint="Check the address; a folder on the web ends with a slash.",
        ) from None
    except ImportError:
        raise _missing_package(address) from None
    except Exception as error:
        # each kind of storage has exceptions of its own; their chain may hold the address with its
        # key
        raise LogError(
            f"Couldn't fetch {shown!r}: {_said(error)}",
            hint="Check the address, the network and the permissions.",
        ) from None


def _opened(address: str) -> tuple[Any, str]:
    """Return the file system of an address and the path in it."""
    scheme = address.partition("://")[0]
    core = import_module("fsspec.core")
    if scheme not in import_module("fsspec").available_protocols():
        raise UsageError(
            f"Couldn't fetch {shown_address(address)!r}: {scheme}:// is unknown",
            hint="Use s3, gs, hf or https, or a local copy.",
        )
    system, root = core.url_to_fs(address)
    return system, str(root)


def _missing_package(address: str) -> UsageError:
    scheme = address.partition("://")[0]
    package = PACKAGES.get(scheme, "")
    more = f" {package}" if package not in ("", "aiohttp") else ""
    return UsageError(
        f"Couldn't fetch {shown_address(address)!r}: a package for {scheme}:// is missing",
        hint=f"Install it: pip install 'lossreport[remote]'{more}.",
    )


def _fetch_folder(
    system: Any,
    root: str,
    folder: Path,
    wanted: Callable[[str], bool],
    depth: int,
    skipped: list[Skipped],
) -> None:
    below = root.rstrip("/") + "/"
    found = sorted(name for name in system.find(root, maxdepth=depth + 1) if name.startswith(below))
    if len(found) > MOST_FILES:
        raise UsageError(
            f"{without_secrets(root)!r} holds {len(found)} files, more than {MOST_FILES}",
            hint="Name the folder of one run, or its log files.",
        )
    for name in found:
        shown = inside(unquote(name[len(below) :]) if ADDRESS.match(name) else name[len(below) :])
        if not shown or not wanted(shown):
            continue
        target = folder / shown
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            system.get_file(name, str(target))
        except Exception as error:  # see above; the other files are still read
            target.unlink(missing_ok=True)
            skipped.append(
                Skipped(path=shown, reason=NOT_FETCHED(error=_said(error)), code=LogError.code)
            )


def _said(error: Exception) -> str:
    """Return what an exception says, without secrets."""
    return f"{type(error).__name__}: {without_secrets(str(error))}".rstrip(": ")
