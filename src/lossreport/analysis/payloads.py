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


@dataclass(frozen=True, slots=True, kw_only=True)
class OneValue:
    """A metric that stands at `value`, for `count` rows; `dead` where nothing is trained, `judge`
    where a rule for rewards gives no verdict.
    """

    value: float
    count: float | None = None
    dead: bool = False
    judge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroLoss:
    """A loss that is printed as exactly 0, its `value`, in `count` rows; `dead` where that is no
    loss of a training.

    `boxes` losses of boxes are; `nothing` was counted, in the validation neither; it stands `alone`
    where nothing contradicts it; it is `perfect` from the first row on, or 0 at once (`sudden`).
    """

    value: float
    count: float
    dead: bool = False
    boxes: float | None = None
    nothing: bool = False
    alone: bool = False
    perfect: bool = False
    sudden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfRange:
    """The `worst` of `count` values that a metric cannot or hardly take.

    `swapped` says whether a learning rate stands in the column of a time, None of other metrics;
    `dead` where such a loss is not bounded below, `negative` where that is right for it.
    """

    worst: float
    count: float
    swapped: bool | None = None
    dead: bool = False
    negative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongAccuracy:
    """An accuracy that is none: beside a `regression`, whose loss ends at `last` while it reaches
    `highest`, or `contradicted` by its loss.
    """

    highest: float | None = None
    last: float | None = None
    regression: bool = False
    contradicted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedRound:
    """A score that goes the wrong way: `inverted` it ends below a guess, or the training was
    `stopped` by it although it still got better, to `best`.
    """

    first: float
    last: float | None = None
    best: float | None = None
    inverted: bool = False
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explosion:
    """A loss that ends at a `value` beyond all range, and its first; nothing is trained there."""

    value: float
    first: float
    dead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """What must not vanish, at its best and at its end: the codes in use, the KL of a latent."""

    best: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The level of a metric before and after: memory, throughput, the distance to a policy, which
    cannot be `negative`.
    """

    before: float
    after: float
    negative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedSteps:
    """Steps that were skipped: `count` rows say so, or `messages` of the program."""

    count: float | None = None
    messages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the rows around an excursion tell: the `batches` of a row and what `one_batch` would
    have to be, the rows until it is back, and the lines of a finer log with their highest value.
    """

    batches: float | None = None
    one_batch: float | None = None
    recovery_rows: float | None = None
    finer_first_line: float | None = None
    finer_last_line: float | None = None
    finer_highest: float | None = None
