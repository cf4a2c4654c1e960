"""Finds what a text names of a run: metrics as the logs spell them (`val_loss`, `eval-logloss`,
`val/acc`) and as people say them (验证 loss).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from lossreport import regex as re
from lossreport.lint.claim import Metric
from lossreport.model.run import Series
from lossreport.values import dataclass

FLAGS: Final = re.IGNORECASE | re.ASCII
"""A Chinese character beside a word ends it."""
WORDS: Final = {
    "train": r"train(?:ing)?|训练",
    "val": r"val(?:id(?:ation)?)?(?:[_-]?\d+)?|eval(?:uation)?|dev(?:elopment)?|held[- ]?out|"
    r"hold[- ]?out|验证|评估|评测|验证",
    "test": r"test(?:ing)?|测试",
}
"""How people name the rows that a split stands for; the rows of an evaluation are a
validation's.
"""
ANY_SPLIT: Final = "|".join(f"(?P<{family}>{words})" for family, words in WORDS.items())
BEFORE: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?:{ANY_SPLIT})(?:\s{{0,9}}(?:set|split|phase|'s|集|阶段|时))?\s{{0,9}}"
    rf"(?:上的|上|中的|的)?[\s_/\-.:]{{0,9}}$",
    FLAGS,
)
BEHIND: Final = re.compile(
    rf"^[\s_/]*(?:\(|（|on (?:the |our )?|over the |of the |for the |in )?(?:{ANY_SPLIT})(?:\s*"
    rf"(?:set|split|data|集))?(?:\)|）|(?=[\s,.:;=]|$))",
    FLAGS,
)
FAMILIES: Final = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "eval": "val",
    "dev": "val",
    "test": "test",
}
CONCEPTS: Final = (
    (
        r"判别器(?:\s?的?\s?(?:loss|损失))?|discriminator(?:\s+loss)?|"
        r"D(?=\s(?:loss\b|and G\b|& G\b)|$)",
        ("D", "loss_D", "D_loss", "d_loss", "loss_d", "disc_loss", "errD", "lossD"),
        (),
    ),
    (
        r"生成器(?:\s?的?\s?(?:loss|损失))?|generator(?:\s+loss)?|"
        r"G(?=\s(?:loss\b|and D\b|& D\b)|$)",
        ("G", "G_GAN", "loss_G", "G_loss", "g_loss", "loss_g", "gen_loss", "errG", "lossG"),
        (),
    ),
    (r"log[ -]?loss", ("logloss", "binary_logloss", "multi_logloss"), ("bce", "cross_entropy")),
    (r"loss(?:es)?|损失", ("loss", "total_loss"), ()),
    (r"acc(?:uracy)?|准确率|精度", ("accuracy", "acc"), ("accuracy",)),
    (r"lr|learning[ -]rates?|学习率", (), ("learning_rate",)),
    (r"(?:grad(?:ient)?s?)[ _-]norms?|梯度范数|gradients?|梯度", (), ("grad_norm",)),
    (r"rewards?|奖励", ("reward",), ("reward",)),
    (r"perplexity|ppl|困惑度", (), ("perplexity",)),
)
"""What people call a metric whose name in the logs differs: words, the names it usually has, the
kinds it is of.
"""
ASIDE_BEFORE: Final = re.compile(
    r"(?:\b(?:this|that|current|with|given|at an?)|当前|该|此)\s*$", FLAGS
)
ASIDE_BEHIND: Final = re.compile(r"^\s*(?:下(?![降跌滑])|schedule|warm-?up|调度|预热)", FLAGS)
"""At this learning rate: a circumstance, not what the sentence is about."""
SIGN: Final = re.compile(r"[_\-/ .]+")
BARE: Final = re.compile(
    r"(?<![A-Za-z0-9_/\-])(?:(?P<train>train(?:ing set)?(?= |$)|训练集|"
    r"训练(?=[低高小大只比和与、及跟]))|"
    r"(?P<val>(?:val|valid|validation|eval|dev|held[- ]out)(?: set)?|验证集?)|"
    r"(?P<test>test(?: set)?|测试集?))(?![A-Za-z0-9_/])",
    FLAGS,
)
"""The name of a split alone, "0.69 train against 0.76 val", 比训练低 5 个点: the metric that is
spoken of, in it.
"""
NO_SPLIT: Final = re.compile(r"\b(?:to|we|will|can|per|each|re|pre|data)\s*$", FLAGS)
"""Before these it is a verb, or counts something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A place of a text that names a metric; `metric` is None where the logs hold none of that name
    and split.
    """

    metric: Metric | None
    start: int
    end: int


def family(split: str) -> str:
    """Return train, val or test for a split as the logs name it (`valid_1`, `eval`), the split
    itself where it is another.
    """
    return FAMILIES.get(split.rstrip("_0123456789"), split)


@dataclass(frozen=True)
class Vocabulary:
    """The metrics that the logs know, by name, split and kind, and how a text may call them."""

    series: tuple[Series, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all metrics, the longest first."""
        return tuple(sorted(dict.fromkeys(one.name for one in self.series), key=len, reverse=True))

    @cached_property
    def splits(self) -> dict[str, frozenset[str]]:
        """The families of splits in which each metric is logged."""
        found: dict[str, set[str]] = {}
        for one in self.series:
            found.setdefault(one.name, set()).add(family(one.split))
        return {name: frozenset(splits) for name, splits in found.items()}

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kind of each metric."""
        return {one.name: one.metric_type for one in self.series}

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Return what a text names, in its order; letter case does not matter, longer names win."""
        found: list[Mention] = []
        for name, start, end in self._spans(text):
            if any(one.start < end and start < one.end for one in found):
                continue
            split, first, last = _split_beside(text, start, end)
            names = [name] if name in self.splits else self._called(name, split)
            found.append(Mention(metric=self._metric(names, split), start=first, end=last))
        return tuple(sorted(found, key=lambda one: one.start))

    def metrics(self, text: str) -> tuple[Metric, ...]:
        """Return the metrics that a text names, each once."""
        return tuple(
            dict.fromkeys(one.metric for one in self.mentions(text) if one.metric is not None)
        )

    def bare(
        self, text: str, taken: Sequence[Mention], spoken_of: Metric | None
    ) -> tuple[Mention, ...]:
        """Return where a text names a split alone, for the metric `spoken_of` in it (the loss where
        it is not logged there).
        """
        found = []
        for one in BARE.finditer(text):
            split = str(one.lastgroup)
            if NO_SPLIT.search(text[: one.start()]) or any(
                m.start < one.end() and one.start() < m.end for m in taken
            ):
                continue
            names = [spoken_of.name] if spoken_of is not None else []
            names = [name for name in names if self._split(name, split) is not None]
            metric = self._metric(names, split) or next(
                (m.metric for m in self.mentions(f"{split} loss") if m.metric), None
            )
            if metric is not None:
                found.append(Mention(metric=metric, start=one.start(), end=one.end()))
        return tuple(found)

    def _spans(self, text: str) -> Iterator[tuple[str, int, int]]:
        for flags in (re.ASCII, FLAGS):  # `loss` and `Loss` may be two metrics
            for name in self.names:
                yield from _named(
                    name, "[_\\-/ .]?".join(map(re.escape, SIGN.split(name))), text, flags
                )
        for words, _, _ in CONCEPTS:
            yield from _named(words, f"(?:{words})", text, FLAGS)

    def _called(self, words: str, split: str) -> list[str]:
        """Return the metrics that these words can mean in a split: those that usually have the
        name, else those of the kind.
        """
        _, usual, kinds = next(one for one in CONCEPTS if one[0] == words)
        exact = [name for name in self.names if split in ("", *self.splits[name])]
        here = [
            name
            for name in (exact if any(self.kinds[name] in kinds for name in exact) else self.names)
            if self._split(name, split) is not None
        ]
        return [name for name in usual if name in here][:1] or [
            name for name in here if self.kinds[name] in kinds
        ]

    def _metric(self, names: Iterable[str], split: str) -> Metric | None:
        named = list(names)
        if len(named) != 1:
            return None
        found = self._split(named[0], split)
        return None if found is None else Metric(name=named[0], split=found)

    def _split(self, name: str, split: str) -> str | None:
        """Return the split meant: the one said, or the only other that is held out; None where the
        metric has no such rows.
        """
        logged = self.splits[name]
        if not split or split in logged:
            return split
        held_out = logged - {"train"}
        return next(iter(held_out)) if split != "train" and len(held_out) == 1 else None


def _named(name: str, pattern: str, text: str, flags: int) -> Iterator[tuple[str, int, int]]:
    """Yield where a text names something, unless it stands aside ("at this learning rate")."""
    whole = rf"(?<![A-Za-z0-9]){pattern}(?:_(?:epoch|step))?(?![A-Za-z0-9_])"
    for found in re.finditer(whole, text, flags):
        if not (
            ASIDE_BEFORE.search(text[: found.start()]) or ASIDE_BEHIND.match(text[found.end() :])
        ):
            yield name, *found.span()


def split_said(text: str) -> str:
    """Return the split that a heading or lead is about, nothing where it names none or several."""
    found = [
        name
        for name, words in WORDS.items()
        if re.search(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])", text, FLAGS)
    ]
    return found[0] if len(found) == 1 else ""


def _split_beside(text: str, start: int, end: int) -> tuple[str, int, int]:
    """Return the split that stands right before or behind a name, and the span of both."""
    if before := BEFORE.search(text[:start]):
        return str(before.lastgroup), before.start(), end
    if behind := BEHIND.search(text[end:]):
        return str(behind.lastgroup), start, end + behind.end()
    return "", start, end
