"""What findings hold, typed: the payloads that the verdict, the advice or several detectors read.
Others stand beside their detector.

The numbers of the JSON are derived from them, see `numbers_of` in `found.py`.
"""

from __future__ import annotations

from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NonFinite:
    """`count` rows are not finite; `aside` where the training went on, None where the log only says
    that it stopped.
    """

    count: int
    aside: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excursion:
    """A peak over the median of its neighbours, in spreads of the other rows (`score`).

    `low` and `high` are the learning rates of a restart there; `helper` of a metric beside the
    loss, `resumed` behind a resume, neither with a score.
    """

    value: float
    baseline: float
    score: float = 0.0
    low: float | None = None
    high: float | None = None
    helper: bool = False
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShift:
    """A relative change of the level for good, positive where it rises, and its height in units of
    the noise.
    """

    size: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Oscillation:
    """A period in rows, its amplitude, the share of the variance that it holds, and whether it is
    that of the epochs.
    """

    period: float
    amplitude: float
    share: float
    with_epochs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LostGround:
    """A measure of held-out quality, or a reward, that ends worse than its best.

    `rise` and `change` are relative; `rows` behind the best; `sudden` is the row at which all was
    lost at once; `component` says whether it is one term of a total, None where it is no
    over-fitting.
    """

    best: float
    end: float
    change: float | None = None
    rows: float | None = None
    sudden: float | None = None
    rise: float | None = None
    component: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainValGap:
    """How far the validation ends from the training, relative and with its sign; the first levels
    where it began better and memorised.
    """

    gap: float
    widens: bool
    val_first: float | None = None
    train_first: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClippedSteps:
    """The share of the steps whose gradient norm reaches the threshold `clip`."""

    share: float
    clip: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """A loss that hardly moves from its first level to its last.

    It stands at ln of `uniform`, or began at ln of `early`, or at a `margin`; `dead` where not one
    sample is hit.
    """

    first: float
    last: float
    gain: float
    early: float | None = None
    uniform: float | None = None
    margin: float | None = None
    dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AtClamp:
    """`count` rows of one value, the `share` of a clamp that code puts on a loss; `dead` where the
    training stands there.
    """

    value: float
    share: float
    count: float
    clamp: float
    dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AboveChance:
    """The worst value over a chance level, as a multiple of it in later rows, as a difference at
    the start.
    """

    value: float
    chance: float
    ratio: float | None = None
    excess: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HighStart:
    """The first loss and gradient norm of a fine-tuning that begins far above a pretrained
    model.
    """

    value: float
    gradient: float
    finetune: bool
