"""Write the two sample runs beside this file: ``vla_action_head`` and ``vla_healthy``.

``python sample_logs/generate.py`` rewrites both folders byte for byte: the noise is seeded, the clock is simulated, and every number is
rounded before it is written. The line formats are those of the solver ``PretrainSolverBase_ck_action_head`` of RynnVLA-002 and its
``MetricLogger``: the first number of a meter is the mean of rank 0's last 1000 iterations, the number in parentheses its mean since the
epoch began. Only in a block "Averaged stats" is the latter taken after the reduction over ranks, as it is in ``log_train.txt``.

``vla_action_head`` holds the tables of a user's analysis: ``log_train.txt`` is their literal copy, and ``output.log`` is simulated and then
shifted so that the last row of an epoch shows the table's number. The READMEs in the folders say which numbers are invented.
"""  # noqa: E501

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Values = dict[str, Array]
Args = dict[str, Any]

WINDOW = 1000  # SmoothedValue's default window_size
LEARNING_RATE = 5e-6
START = datetime(2025, 12, 1, 10, 3, 21, 482_000)
STARTUP_SECONDS = 96.4  # loading the model
CHECKPOINT_SECONDS = 41.7  # between two epochs
FIRST_BATCH_SECONDS = 5.5  # on top of an ordinary iteration
DATA_SECONDS = 0.002
JSON_DECIMALS = 6

ROW_ORIGIN = "misc.py:146"
TOTAL_ORIGIN = "misc.py:151"
SOLVER = "pretrain_ck_action_head.py"

ACTIONS = ("lr", "acc_action_9", "l1_loss_action_9")
IMAGES = ("acc_image_8", "acc_image_9")
LOSSES = ("grad_norm", "closs", "loss_ct", "z_loss")
IMAGES_FIRST = (*ACTIONS, *IMAGES, *LOSSES)
IMAGES_LAST = (*ACTIONS, *LOSSES, *IMAGES)  # rank 0's first batch of the epoch held no image
VALIDATION = ("acc_action_9", "l1_loss_action_9", "closs")

# --- vla_action_head ---------------------------------------------------------------------------------------------------------------------  # noqa: E501

VLA_SEED = 20251201
VLA_ITERATIONS = 1200
VLA_PRINT_FREQ = 10
VLA_SECONDS = 3.21  # of one iteration
VLA_LAST_ROW = 1190
TORN_EPOCH = 12
TORN_LAST_ROW = 1180  # the row after this one is cut off
TORN_AFTER = "closs: "
TORN_LENGTH = 11  # characters kept after TORN_AFTER: the number, a blank, and "(8.5"
IMAGE_SHARE = 0.6  # of the batches that hold an image

# First numbers of the last complete row of each epoch. The user's table has epochs 0, 1, 2 and 12, and loss_ct also for epoch 9.  # noqa: E501
# A loss_ct of the first epochs lies in the upper half of its rounding interval, so that the epoch's end rounds to the same number.  # noqa: E501
CLOSS_LAST_ROW = (
    13.18,
    8.61,
    8.56,
    8.5460,
    8.5360,
    8.5287,
    8.5235,
    8.5197,
    8.5167,
    8.5144,
    8.5125,
    8.5111,
    8.51,
)
LOSS_CT_LAST_ROW = (
    0.3444,
    0.2512,
    0.2072,
    0.1861,
    0.1703,
    0.1588,
    0.1500,
    0.1435,
    0.1386,
    0.1350,
    0.1325,
    0.1306,
    0.1290,
)
WINDOW_CENTRE = (
    VLA_LAST_ROW - WINDOW / 2
) / VLA_ITERATIONS  # where in its epoch the mean of the last 1000 rows belongs
CLOSS_PLATEAU_SLOPE = -0.04  # over epoch 0
CLOSS_FALL = 4.55  # at the beginning of epoch 1 ...
CLOSS_FALL_EPOCHS = 40 / VLA_ITERATIONS  # ... with this time constant
LOSS_CT_START = 0.39

# log_train.txt: closs and loss_ct are the user's, the rest is invented (see the README). One row an epoch, columns as named here.  # noqa: E501
LOG_TRAIN_COLUMNS = (
    "closs",
    "loss_ct",
    "z_loss",
    "acc_image_8",
    "acc_image_9",
    "grad_norm",
    "acc_action_9",
    "l1_loss_action_9",
)
LOG_TRAIN = (
    (3.26, 0.085, 39.86, 0.0121, 0.0142, 0.3127, 0.1729, 0.2971),
    (4.06, 0.612, 73.26, 0.1283, 62.1407, 0.5934, 0.2118, 0.2582),
    (2.49, 0.052, 97.34, 0.0093, 0.0111, 0.7129, 0.2436, 0.2266),
    (2.14, 0.779, 37.61, 0.1415, 93.3862, 0.2893, 0.2659, 0.2041),
    (4.04, 0.616, 66.32, 0.0831, 62.2714, 0.5612, 0.2857, 0.1843),
    (2.52, 0.040, 98.12, 0.0091, 0.0108, 0.7043, 0.2989, 0.1711),
    (2.14, 0.819, 37.44, 0.1108, 93.1275, 0.2774, 0.3112, 0.1589),
    (95.19, 0.069, 31.04, 0.7968, 6.3941, 0.3719, 0.3187, 0.1513),
    (4.21, 0.066, 121.73, 0.0113, 0.0125, 0.5548, 0.3266, 0.1434),
    (2.13, 0.824, 37.38, 0.1012, 93.0148, 0.2681, 0.3309, 0.1391),
    (37.74, 0.063, 93.02, 0.2672, 2.1309, 0.8304, 0.3361, 0.1339),
    (4.01, 0.620, 66.18, 0.0669, 62.0533, 0.5307, 0.3382, 0.1318),
)
IMAGES_LAST_EPOCHS = frozenset({1, 3, 4, 6, 9, 11})

VLA_ARGS: Args = {
    "batch_size": 8,
    "accum_iter": 1,
    "epochs": 20,
    "warmup_epochs": 0.01,
    "lr": LEARNING_RATE,
    "min_lr": LEARNING_RATE,
    "wd": 0.15,
    "betas": (0.9, 0.95),
    "clip_grad": 4.0,
    "vocab_size": 65536,
    "action_dim": 7,
    "time_horizon": 5,
    "loss_ct_weights": 10,
    "z_loss_weight": 1e-05,
    "precision": "bf16",
    "seed": 0,
    "train_only": True,
    "world_size": 4,
}

VLA_TOML = """\
# Actions are normalised to [-1, 1] per dimension before loss_ct is computed; no log says so.
range.loss_ct = [-1, 1]
"""

# --- vla_healthy -------------------------------------------------------------------------------------------------------------------------  # noqa: E501

HEALTHY_SEED = 20251208
HEALTHY_EPOCHS = 20
HEALTHY_ITERATIONS = 200
HEALTHY_VAL_ITERATIONS = 40
HEALTHY_PRINT_FREQ = 20
HEALTHY_SECONDS = 0.5
HEALTHY_VAL_SECONDS = 0.21
POWER_FLOOR, POWER_HEIGHT, POWER_SCALE, POWER_EXPONENT = (
    2.1,
    8.9,
    48.0,
    0.77,
)  # closs after i iterations: just below ln 65536 at first
VAL_EXCESS = 1.02  # validation closs over training closs
VAL_NOISE = 0.01
HEALTHY_ARGS: Args = VLA_ARGS | {"epochs": HEALTHY_EPOCHS, "train_only": False, "world_size": 1}


def effective_batch(args: Args) -> int:
    """Count the samples of one iteration over all ranks."""
    return int(args["batch_size"] * args["accum_iter"] * args["world_size"])


@dataclass(frozen=True)
class Run:
    """What all passes of one run share."""

    args: Args
    print_freq: int
    seconds: float
    max_mem: int

    @property
    def batch(self) -> int:
        """Samples of one iteration over all ranks."""
        return effective_batch(self.args)


VLA_RUN = Run(VLA_ARGS, VLA_PRINT_FREQ, VLA_SECONDS, 61234)
HEALTHY_RUN = Run(HEALTHY_ARGS, HEALTHY_PRINT_FREQ, HEALTHY_SECONDS, 40117)
HEALTHY_VAL_RUN = Run(HEALTHY_ARGS, HEALTHY_PRINT_FREQ, HEALTHY_VAL_SECONDS, 40117)


class Meter:
    """One SmoothedValue: its two means after each iteration, over those iterations in which it was updated."""  # noqa: E501

    def __init__(self, values: Array, present: npt.NDArray[np.bool_]) -> None:
        self._sums = np.concatenate(([0.0], np.cumsum(values[present])))
        self._counts = np.cumsum(present)

    def count(self, iteration: int) -> int:
        """How often it has been updated up to and including this iteration."""
        return int(self._counts[iteration])

    def window(self, iteration: int) -> float:
        """Mean of the last 1000 updates: the first number that is printed."""
        count = self.count(iteration)
        size = min(count, WINDOW)
        return float(self._sums[count] - self._sums[count - size]) / size

    def total(self, iteration: int) -> float:
        """Mean since the epoch began: the number in parentheses."""
        count = self.count(iteration)
        return float(self._sums[count]) / count


@dataclass(frozen=True)
class Pass:
    """One training or validation pass of rank 0; the meters in the order in which they were first seen."""  # noqa: E501

    run: Run
    epoch: int
    meters: dict[str, Meter]
    times: Array
    data: Array

    @property
    def last(self) -> int:
        """Index of the last iteration."""
        return len(self.times) - 1


@dataclass
class Log:
    """The text of one output.log under a simulated clock."""

    now: datetime = START
    lines: list[str] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def bare(self, line: str) -> None:
        self.lines.append(line)

    def logger(self, origin: str, message: str) -> None:
        stamp = f"{self.now:%Y-%m-%d %H:%M:%S},{self.now.microsecond // 1000:03d}"
        self.lines.append(f"[rank0:INFO|{origin}] {stamp} >> {message}")

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def decay(epochs: Array, start: float, end: float, scale: float) -> Array:
    """Fall (or rise) exponentially from start to end."""
    return end + (start - end) * np.exp(-epochs / scale)


def noisy(rng: np.random.RandomState, level: Array, relative_sd: float) -> Array:
    """Add noise to a level, independent from iteration to iteration."""
    return level * (1.0 + relative_sd * rng.standard_normal(len(level)))


def make_pass(
    rng: np.random.RandomState,
    run: Run,
    epoch: int,
    values: Values,
    image_batches: npt.NDArray[np.bool_],
) -> Pass:
    """Simulate the timing of a pass and put meters on its values; those of images are only updated by batches that hold one."""  # noqa: E501
    count = len(image_batches)
    every = np.ones(count, dtype=np.bool_)
    meters = {
        name: Meter(series, image_batches if name in IMAGES else every)
        for name, series in values.items()
    }
    times = noisy(rng, np.full(count, run.seconds), 0.01)
    times[0] += FIRST_BATCH_SECONDS
    return Pass(run, epoch, meters, times, noisy(rng, np.full(count, DATA_SECONDS), 0.1))


def meter_text(name: str, window: float, total: float) -> str:
    """Format one meter as the logger does; lr has a format of its own."""
    return f"lr: {window:.6f}" if name == "lr" else f"{name}: {window:.4f} ({total:.4f})"


def row_text(part: Pass, iteration: int) -> str:
    """Format the message of one printed iteration."""
    seen = [(name, meter) for name, meter in part.meters.items() if meter.count(iteration)]
    first = max(0, iteration + 1 - WINDOW)
    seconds, data = (
        float(np.mean(series[first : iteration + 1])) for series in (part.times, part.data)
    )
    fields = [
        f"Epoch: [{part.epoch}]",
        f"[{iteration}/{len(part.times)}]",
        *(
            meter_text(name, meter.window(iteration), meter.total(iteration))
            for name, meter in seen
        ),
        f"time: {seconds:.4f}",
        f"data: {data:.4f}",
        f"samples/sec: {part.run.batch / seconds:.2f}",
        f"max mem: {part.run.max_mem}",
    ]
    return "  ".join(fields)


def write_rows(log: Log, part: Pass) -> None:
    """Log every print_freq-th iteration of a pass; the clock is at its end afterwards."""
    for iteration, seconds in enumerate(part.times):
        log.wait(float(seconds))
        if iteration % part.run.print_freq == 0:
            log.logger(ROW_ORIGIN, row_text(part, iteration))


def write_pass(log: Log, part: Pass, synchronized: Mapping[str, float], line: int) -> None:
    """Log a finished pass: its rows, its time and its averaged stats, whose parentheses hold the means over all ranks."""  # noqa: E501
    write_rows(log, part)
    log.logger(
        TOTAL_ORIGIN,
        f"Epoch: [{part.epoch}] Total time: {timedelta(seconds=int(np.sum(part.times)))}",
    )
    log.logger(f"{SOLVER}:{line}", "Averaged stats:")
    log.bare(
        "  ".join(
            meter_text(name, meter.window(part.last), synchronized[name])
            for name, meter in part.meters.items()
        )
    )


def own_means(part: Pass) -> dict[str, float]:
    """Compute the epoch means of rank 0, rounded as they are written to a JSON file."""
    return {
        name: LEARNING_RATE if name == "lr" else round(meter.total(part.last), JSON_DECIMALS)
        for name, meter in part.meters.items()
    }


def write_preamble(log: Log, args: Args) -> None:
    """Log what comes before the first iteration: the launcher's echo, the ranks and the arguments, twice."""  # noqa: E501
    log.bare(f"WORLD_SIZE: {args['world_size']}")
    for rank in range(args["world_size"]):
        log.bare(f"| distributed init (rank {rank}): env://, gpu {rank}")
    namespace = f"Namespace({', '.join(f'{key}={value!r}' for key, value in args.items())})"
    log.logger(f"{SOLVER}:58", namespace)
    log.logger(f"{SOLVER}:97", namespace.replace(", ", ",\n"))
    log.wait(STARTUP_SECONDS)
    log.logger(f"{SOLVER}:531", f"effective batch size: {effective_batch(args)}")
    log.logger(f"{SOLVER}:702", f"Start training for {args['epochs']} epochs")


def vla_closs(epoch: int, epochs: Array) -> Array:
    """Lay the level of closs: a plateau in epoch 0, a fall at the beginning of epoch 1, then along the last rows of the epochs."""  # noqa: E501
    if epoch == 0:
        return CLOSS_LAST_ROW[0] + CLOSS_PLATEAU_SLOPE * (epochs - WINDOW_CENTRE)
    centres = np.arange(1, len(CLOSS_LAST_ROW)) + WINDOW_CENTRE
    fall = CLOSS_FALL * np.exp(-(epochs - 1) / CLOSS_FALL_EPOCHS)
    level: Array = np.interp(epochs, centres, CLOSS_LAST_ROW[1:]) + fall
    return level


def vla_loss_ct(epochs: Array) -> Array:
    """Lay the level of loss_ct along the last rows of the epochs."""
    centres = np.concatenate(([0.0], np.arange(len(LOSS_CT_LAST_ROW)) + WINDOW_CENTRE))
    return np.interp(epochs, centres, (LOSS_CT_START, *LOSS_CT_LAST_ROW))


def vla_values(rng: np.random.RandomState, epoch: int) -> Values:
    """Simulate the iterations of rank 0 in one epoch."""
    epochs = epoch + np.arange(VLA_ITERATIONS) / VLA_ITERATIONS
    return {
        "lr": np.full(VLA_ITERATIONS, LEARNING_RATE),
        "acc_action_9": noisy(rng, decay(epochs, 0.15, 0.35, 4.0), 0.08),
        "l1_loss_action_9": noisy(rng, decay(epochs, 0.32, 0.12, 4.0), 0.06),
        "acc_image_8": noisy(rng, decay(epochs, 0.0050, 0.0062, 4.0), 0.15),
        "acc_image_9": noisy(rng, decay(epochs, 0.0055, 0.0070, 4.0), 0.15),
        "grad_norm": noisy(rng, decay(epochs, 1.26, 1.05, 3.0), 0.06),
        "closs": noisy(rng, vla_closs(epoch, epochs), 0.02),
        "loss_ct": noisy(rng, vla_loss_ct(epochs), 0.05),
        "z_loss": noisy(rng, decay(epochs, 151.0, 124.0, 1.2), 0.015),
    }


def vla_pass(rng: np.random.RandomState, epoch: int) -> Pass:
    """Simulate one epoch and shift closs and loss_ct so that the window of the last complete row has the mean of the tables."""  # noqa: E501
    values = vla_values(rng, epoch)
    last = TORN_LAST_ROW if epoch == TORN_EPOCH else VLA_LAST_ROW
    for name, table in (("closs", CLOSS_LAST_ROW), ("loss_ct", LOSS_CT_LAST_ROW)):
        values[name] += table[epoch] - float(np.mean(values[name][last + 1 - WINDOW : last + 1]))
    order = IMAGES_LAST if epoch in IMAGES_LAST_EPOCHS else IMAGES_FIRST
    images = rng.random_sample(VLA_ITERATIONS) < IMAGE_SHARE
    images[0] = epoch not in IMAGES_LAST_EPOCHS
    return make_pass(rng, VLA_RUN, epoch, {name: values[name] for name in order}, images)


def torn(text: str) -> str:
    """Cut a log off inside the row after the last complete one, as a killed job leaves it."""
    row = text.index(f"Epoch: [{TORN_EPOCH}]  [{TORN_LAST_ROW + VLA_PRINT_FREQ}/")
    return text[: text.index(TORN_AFTER, row) + len(TORN_AFTER) + TORN_LENGTH]


def log_train_row(epoch: int) -> dict[str, float]:
    """Take one row of the literal table, in the key order of its epoch."""
    row = {"lr": LEARNING_RATE, **dict(zip(LOG_TRAIN_COLUMNS, LOG_TRAIN[epoch], strict=True))}
    return {
        name: row[name] for name in (IMAGES_LAST if epoch in IMAGES_LAST_EPOCHS else IMAGES_FIRST)
    }


def vla_output() -> str:
    """Write the output.log of the run that was killed in epoch 12."""
    rng = np.random.RandomState(VLA_SEED)
    log = Log()
    write_preamble(log, VLA_ARGS)
    for epoch in range(TORN_EPOCH):
        write_pass(log, vla_pass(rng, epoch), log_train_row(epoch), line=1152)
        log.wait(CHECKPOINT_SECONDS)
    write_rows(log, vla_pass(rng, TORN_EPOCH))
    return torn(log.text())


def healthy_values(rng: np.random.RandomState, epoch: int) -> Values:
    """Simulate the training iterations of one epoch of the healthy run."""
    iterations = np.arange(HEALTHY_ITERATIONS, dtype=np.float64) + epoch * HEALTHY_ITERATIONS
    epochs = iterations / HEALTHY_ITERATIONS
    return {
        "lr": np.full(HEALTHY_ITERATIONS, LEARNING_RATE),
        "acc_action_9": noisy(rng, decay(epochs, 0.05, 0.72, 6.0), 0.05),
        "l1_loss_action_9": noisy(rng, decay(epochs, 0.31, 0.035, 5.0), 0.05),
        "acc_image_8": noisy(rng, decay(epochs, 0.004, 0.081, 8.0), 0.08),
        "acc_image_9": noisy(rng, decay(epochs, 0.004, 0.085, 8.0), 0.08),
        "grad_norm": noisy(rng, decay(epochs, 2.9, 0.9, 2.0), 0.06),
        "closs": noisy(
            rng,
            POWER_FLOOR + POWER_HEIGHT * (1 + iterations / POWER_SCALE) ** -POWER_EXPONENT,
            0.02,
        ),
        "loss_ct": noisy(rng, decay(epochs, 0.30, 0.037, 4.5), 0.05),
        "z_loss": noisy(rng, decay(epochs, 123.0, 59.0, 4.5), 0.015),
    }


def healthy_validation(rng: np.random.RandomState, train: Mapping[str, float]) -> Values:
    """Simulate a validation pass, slightly worse than the training of its epoch."""
    factors = {"acc_action_9": 1 / VAL_EXCESS, "l1_loss_action_9": VAL_EXCESS, "closs": VAL_EXCESS}
    return {
        name: noisy(rng, np.full(HEALTHY_VAL_ITERATIONS, train[name] * factors[name]), VAL_NOISE)
        for name in VALIDATION
    }


def healthy_logs() -> tuple[str, list[dict[str, float]], list[dict[str, float]]]:
    """Write the output.log of the healthy run, and the epoch means of its training and validation passes."""  # noqa: E501
    rng = np.random.RandomState(HEALTHY_SEED)
    log, train_rows, val_rows = Log(), list[dict[str, float]](), list[dict[str, float]]()
    write_preamble(log, HEALTHY_ARGS)
    started = log.now
    for epoch in range(HEALTHY_EPOCHS):
        train = make_pass(
            rng,
            HEALTHY_RUN,
            epoch,
            healthy_values(rng, epoch),
            np.ones(HEALTHY_ITERATIONS, dtype=np.bool_),
        )
        train_rows.append(own_means(train))
        write_pass(log, train, train_rows[-1], line=1152)
        log.wait(CHECKPOINT_SECONDS)
        values = healthy_validation(rng, train_rows[-1])
        val = make_pass(
            rng, HEALTHY_VAL_RUN, epoch, values, np.ones(HEALTHY_VAL_ITERATIONS, dtype=np.bool_)
        )
        val_rows.append(own_means(val))
        write_pass(log, val, val_rows[-1], line=1305)
    log.logger(
        f"{SOLVER}:786",
        f"Training time {timedelta(seconds=int((log.now - started).total_seconds()))}",
    )
    return log.text(), train_rows, val_rows


def jsonl(prefix: str, rows: Sequence[Mapping[str, float]]) -> str:
    """Format epoch means as the solver appends them: prefixed keys, then the epoch."""
    lines: Iterator[dict[str, float]] = (
        {f"{prefix}_{k}": v for k, v in row.items()} | {"epoch": i} for i, row in enumerate(rows)
    )
    return "".join(json.dumps(line) + "\n" for line in lines)


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts with Unix line ends on every system."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8"))


def main(target: Path) -> None:
    """Write both sample runs into the target folder."""
    vla = {
        "log_train.txt": jsonl("train", [log_train_row(epoch) for epoch in range(len(LOG_TRAIN))]),
        "output.log": vla_output(),
        "args.json": json.dumps(VLA_ARGS, indent=2),
        "lossreport.toml": VLA_TOML,
    }
    write_folder(target / "vla_action_head", vla)
    output, train_rows, val_rows = healthy_logs()
    healthy = {
        "log_train.txt": jsonl("train", train_rows),
        "log_eval_ind.txt": jsonl("val", val_rows),
        "output.log": output,
        "args.json": json.dumps(HEALTHY_ARGS, indent=2),
    }
    write_folder(target / "vla_healthy", healthy)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
