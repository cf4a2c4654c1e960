"""The words of places: what counts epochs, steps, rounds, in English and Chinese, and what makes a
plan or a setting of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from lossreport import regex as re


class Kind(StrEnum):
    """What a place counts, from the widest to the narrowest."""

    ROUND = "round"
    EPISODE = "episode"
    EPOCH = "epoch"
    STEP = "step"
    ITERATION = "iteration"
    BATCH = "batch"
    SAMPLE = "sample"


class Place(NamedTuple):
    """A counter with what it shows and the total beside it (None where none is printed).

    `word` is what it is called, "" where it is only numbers. `broad` counters count the whole
    training by their name (`global_step`). `first` and `last` are the tokens it takes.
    """

    kind: Kind
    x: float
    of: int | None
    word: str
    broad: bool
    first: int
    last: int


RULE: Final = "rule"
"""The word of a number between two rules: it counts batches of the training."""
_WORDS: Final[dict[Kind, str]] = {
    Kind.EPOCH: "epoch epochs ep epch epoque epoca эпоха エポック 에폭 에포크 current_epoch "
    "cur_epoch train_epoch training_epoch epoch_num epoch_idx epoch_id epoch_no "
    "i_epoch n_epoch nepoch",
    Kind.STEP: "step steps step_num step_idx step_id step_no cur_step current_step",
    Kind.ITERATION: "iteration iterations iter iters itr itrs it n_iter iter_num num_iter iter_idx "
    "iter_id iter_no i_iter cur_iter counter boosting_round generation gen",
    Kind.BATCH: "batch batches batch_idx batch_id batch_num batch_no batch_i i_batch minibatch "
    "mini-batch mini_batch",
    Kind.SAMPLE: "sample sequence image video clip item",
    Kind.ROUND: "evaluate_num eval_num evaluation_num round rounds comm_round global_round "
    "communication_round server_round fl_round rnd",
    Kind.EPISODE: "episode episodes i_episode episode_num n_episode episode_idx episode_no game "
    "games",
}
_BROAD: Final = (
    "global_step global_steps globalstep train_step train_steps training_step training_steps "
    "num_updates n_updates updates update optimizer_step opt_step total_timesteps numsteps "
    "num_steps timesteps timestep num_timesteps total_env_steps env_steps env_step total_frames "
    "frames total_steps"
)
"""Counters of the whole training by their name; a `total_` before steps of an environment is what
was done, not what is planned.
"""
NAMED: Final[dict[str, Kind]] = {
    **{word: kind for kind, words in _WORDS.items() for word in words.split()},
    **dict.fromkeys(_BROAD.split(), Kind.STEP),
}
BROAD: Final = frozenset(_BROAD.split())
CHINESE: Final = (
    ("训练回合", Kind.EPOCH), ("轮次", Kind.EPOCH), ("轮数", Kind.EPOCH), ("周期", Kind.EPOCH), ("轮", Kind.EPOCH), ("輪", Kind.EPOCH),
    ("步数", Kind.STEP), ("步數", Kind.STEP), ("步", Kind.STEP), ("迭代次数", Kind.ITERATION), ("次迭代", Kind.ITERATION), ("迭代", Kind.ITERATION),
    ("批次", Kind.BATCH), ("个批次", Kind.BATCH), ("回合", Kind.EPISODE),
)  # fmt: skip
"""The ends of Chinese words of places, longer ones first."""
TOTALS: Final = ("总", "共", "最大", "最多")
"""What begins a Chinese word of a plan."""
WITH_NUMBER: Final = re.compile(
    r"(?P<word>epoch|ep|e?poch|step|iter(?:ation)?|batch|round|episode)[_\-.]?(?P<x>\d{1,9})",
    re.IGNORECASE,
)
"""`Epoch-3`, `ep001`, `step_100`."""
TOTAL_BEHIND: Final = re.compile(
    r"(?P<word>[a-z_]+)/(?:total|max|num|all)(?:_?[a-z]+)*+", re.IGNORECASE
)
"""`step/total_step: 50/200`."""
FILLERS: Final = frozenset(("no", "num", "number", "id", "idx", "index", "nr", "is", "count"))
CLOSERS: Final = frozenset("])>")
PLURAL: Final = frozenset(
    (
        "timesteps",
        "epochs",
        "steps",
        "iterations",
        "iters",
        "batches",
        "updates",
        "rounds",
        "episodes",
        "games",
        "frames",
    )
)
NO_PLACE_BEHIND: Final = frozenset(
    [
        "accumulation",
        "accum",
        "accumulate",
        "accumulated",
        "warmup",
        "warm-up",
        "num",
        "number",
        "max",
        "maximum",
        "min",
        "minimum",
        "optimization",
        "save",
        "saving",
        "log",
        "logging",
        "print",
        "display",
        "decay",
        "every",
        "each",
        "per",
        "n",
        "remaining",
        "left",
        "planned",
        "target",
        "patience",
        "waiting",
        "wait",
        "inference",
        "sampling",
        "diffusion",
        "ddim",
        "denoising",
        "gradient",
        "cooldown",
        "early",
        "first",
        "other",
        "more",
        "best",
        "last",
        "total",
        "end",
        "final",
        "episode",
        "start",
        "starting",
        "plus",
        "lr",
        "fixed",
        "burn-in",
        "burnin",
        "resume",
        "initial",
        "previous",
        "earlystopping",
        "early_stopping",
        "stopping",
    ]
)
"""A word before the counter that makes it a plan, a setting or a memory: `accumulation steps: 32`,
`best epoch 14`, `max steps`.
"""
BROADENING: Final = frozenset(
    ["global", "train", "training", "optimizer", "env", "environment", "update", "total"]
)
COUNTED_UP: Final = frozenset(["timesteps", "timestep", "frames", "updates", "steps"])
"""`num timesteps 2048` is what was done; a plan of so many steps is no row and heads none."""
TIMED: Final = frozenset(["timesteps", "timestep", "frames", "steps", "step"])
MEASURED_OVER: Final = frozenset(["over", "per", "of", "in", "for", "at", "this", "last"])
"""`Training acc over epoch: 0.70` says what was measured, not where."""
FRACTION_WORDS: Final = frozenset(
    ("batches", "batch", "steps", "step", "iterations", "iters", "it", "samples")
)
COUNTED: Final = (
    ("轮", Kind.EPOCH), ("輪", Kind.EPOCH), ("周期", Kind.EPOCH), ("个周期", Kind.EPOCH), ("代", Kind.EPOCH), ("步", Kind.STEP), ("次迭代", Kind.ITERATION),
    ("个批次", Kind.BATCH), ("批", Kind.BATCH), ("回合", Kind.EPISODE), ("局", Kind.EPISODE), ("个回合", Kind.EPISODE),
)  # fmt: skip
"""What stands behind the number in Chinese."""
COUNTER_WORDS: Final = frozenset(("个", "個"))
"""`第3个epoch`."""
NOT_BEFORE: Final = frozenset(("for", "after", "every", "per", "in", "last", "/", ":", "=", "."))
"""What makes a number before the word `epoch` a plan or the number of something else: `every 3
epoch`.
"""
