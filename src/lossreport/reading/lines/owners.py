"""Finds whose a line is: the client, rank or data set (an entity of one run), or the fold, seed or
trial (a run of its own).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import EntityKind
from lossreport.reading.lines.tokens import Token

ENTITIES: Final[dict[str, EntityKind]] = {
    **dict.fromkeys(
        ("client", "client_id", "cid", "party", "site", "客户端", "participant"), EntityKind.CLIENT
    ),
    **dict.fromkeys(("rank", "local_rank", "gpu", "device"), EntityKind.RANK),
    **dict.fromkeys(("worker", "actor", "learner", "worker_id"), EntityKind.WORKER),
    **dict.fromkeys(("agent", "agent_id", "player"), EntityKind.AGENT),
    **dict.fromkeys(("env", "environment", "env_id"), EntityKind.ENV),
    **dict.fromkeys(("dataset", "数据集", "task"), EntityKind.DATASET),
    **dict.fromkeys(("domain",), EntityKind.DOMAIN),
}
RUNS: Final[dict[str, str]] = {
    **{
        word: word
        for word in (
            "fold",
            "seed",
            "trial",
            "run",
            "experiment",
            "version",
            "repeat",
            "arm",
            "stage",
            "subject",
        )
    },
    "exp": "experiment",
    "folds": "fold",
    "折": "fold",
    "repetition": "repeat",
    "实验": "experiment",
    "cv_fold": "fold",
    "kfold": "fold",
}
JOINED: Final = re.compile(
    r"(?P<word>client|rank|gpu|worker|agent|player|env|domain|fold|seed|trial|run|exp(?:eriment)?"
    r"|repeat)[_\-]?(?P<key>\d{1,6})",
    re.IGNORECASE,
)
"""`client_3`, `fold1`, `rank-0`."""
NOT_BEFORE: Final = frozenset(
    [
        "num",
        "number",
        "total",
        "n",
        "max",
        "per",
        "each",
        "every",
        "random",
        "all",
        "of",
        "by",
        "best",
        "single",
        "one",
        "average",
        "mean",
    ]
)
NAMED_KEYS: Final = frozenset((EntityKind.DATASET, EntityKind.DOMAIN, EntityKind.ENV))
"""What is called by a word rather than a number."""
SIGNS: Final = frozenset(":=：#")
CLOSERS: Final = frozenset(":)],|;-：")
HEXADECIMAL: Final = re.compile(r"(?=[a-z]*\d)[0-9a-f]{3,40}", re.IGNORECASE)
"""The short name of a client: `Client c99f:`."""


class Owner(NamedTuple):
    """Whose a line is: a kind of entity with its key, or a kind of run; the tokens that say so."""

    kind: str
    value: str
    is_run: bool
    first: int
    last: int

    @property
    def label(self) -> str:
        """What the run is called: `fold 1`."""
        return f"{self.kind} {self.value}"


def owners(found: Sequence[Token]) -> list[Owner]:
    """Return whose a line is, as far as it says."""
    return list(_owners(found))


def _owners(found: Sequence[Token]) -> Iterator[Owner]:
    end = -1
    for at, token in enumerate(found):
        if (
            at <= end
            or not token.is_word
            or (at and found[at - 1].low in NOT_BEFORE and token.gap == 1)
        ):
            continue
        owner = (
            _joined(found, at)
            or _numbered(found, at)
            or _class(found, at)
            or _chinese(found, at)
            or _called(found, at)
        )
        if owner is not None:
            end = owner.last
            yield owner


def _of(word: str, key: str, first: int, last: int) -> Owner | None:
    key = key.lstrip("0") or "0" if key.isdigit() else key
    if word in RUNS:
        return Owner(RUNS[word], key, True, first, last)
    return Owner(ENTITIES[word].value, key, False, first, last) if word in ENTITIES else None


def _joined(found: Sequence[Token], at: int) -> Owner | None:
    match = JOINED.fullmatch(found[at].text)
    if match is None or (at + 1 < len(found) and found[at + 1].text in ("/", "=")):
        return None
    return _of(match["word"].lower(), match["key"], at, at)


def _numbered(found: Sequence[Token], at: int) -> Owner | None:
    """Return the owner `Client 3`, `Fold: 1/5`, `[Fold 1`; a word that is also a verb counts at the
    beginning or behind a mark only.
    """
    word = found[at].low
    if word not in RUNS and word not in ENTITIES:
        return None
    if (
        word in ("run", "version", "repeat", "task", "device", "exp", "stage")
        and at
        and found[at - 1].kind not in ("mark", "rule")
    ):
        return None
    index = at + 1
    while (
        index < len(found)
        and index <= at + 3
        and (found[index].text in SIGNS or found[index].low in ("id", "no", "number", "idx"))
    ):
        index += 1
    if index >= len(found) or not found[index].is_whole:
        return None
    last = index
    if index + 2 < len(found) and found[index + 1].text == "/" and found[index + 2].is_whole:
        last = index + 2
    elif index + 1 < len(found) and found[index + 1].is_word and found[index + 1].gap == 0:
        return None
    return _of(word, found[index].text, at, last)


def _class(found: Sequence[Token], at: int) -> Owner | None:
    """Return the owner of `Class 3 IoU: 0.5`, `class 3: IoU 0.5`: a class by its number, where a
    phrase begins.
    """
    if (
        found[at].low != "class"
        or at + 2 >= len(found)
        or not found[at + 1].is_whole
        or (at and found[at - 1].is_word)
    ):
        return None
    behind = found[at + 2]
    follows = behind.is_word or (
        behind.text in SIGNS and at + 3 < len(found) and found[at + 3].is_word
    )
    return Owner(EntityKind.LABEL.value, found[at + 1].text, False, at, at + 1) if follows else None


def _chinese(found: Sequence[Token], at: int) -> Owner | None:
    """Return the owner `第1折`, `客户端3`."""
    if (
        found[at].text.startswith("折")
        and at >= 2
        and found[at - 1].is_whole
        and found[at - 2].text.endswith("第")
    ):
        return Owner("fold", found[at - 1].text, True, at - 2, at)
    return None


def _called(found: Sequence[Token], at: int) -> Owner | None:
    """Return the owner that is called by a name: `dataset: kitti`, `Client c99f:`."""
    word = found[at].low
    kind = ENTITIES.get(word)
    if kind is None or at + 1 >= len(found):
        return None
    if kind not in NAMED_KEYS:
        return _hexadecimal(found, at)
    signed = found[at + 1].text in (":", "=", "：")
    name = at + 2 if signed else at + 1
    if name < len(found) and found[name].is_word and (signed or at == 0) and _ends(found, name + 1):
        return _of(word, found[name].text, at, name)
    return None


def _hexadecimal(found: Sequence[Token], at: int) -> Owner | None:
    """Return the owner `Client c99f:`, whose key may have been cut into words and numbers."""
    end = at + 1
    while (
        end < min(len(found), at + 4)
        and found[end].kind in ("word", "number", "other")
        and (end == at + 1 or not found[end].gap)
    ):
        end += 1
    key = "".join(token.text for token in found[at + 1 : end])
    return (
        _of(found[at].low, key, at, end - 1)
        if HEXADECIMAL.fullmatch(key) and _ends(found, end)
        else None
    )


def _ends(found: Sequence[Token], at: int) -> bool:
    return at >= len(found) or found[at].text in CLOSERS
