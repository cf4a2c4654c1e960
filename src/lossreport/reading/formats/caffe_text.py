"""Log of Caffe's solver: `... solver.cpp:228] Iteration 500, loss = 8.9`, then `Train net output
#0: accuracy = 0`, `Test net output ...`.

Source: real logs and `solver.cpp`. The solver's loss is the sum of the weighted losses, averaged
over `average_loss` iterations where the settings say so; the outputs of the net are of one batch,
those of a test are means over its batches.
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, Setting, stateless
from lossreport.reading.kit.line_row import Row, Value, matched
from lossreport.reading.kit.patterns import NUM
from lossreport.reading.kit.rows import number
from lossreport.text import Text

SOLVER: Final = r"(?:sgd_)?solver\.(?:cpp|cu):\d{1,9}\] {1,9}"
ITERATION: Final = SOLVER + r"Iteration <x>(?: \([^)]{0,80}\))?, "
OUTPUT: Final = re.compile(
    rf"^[^\]]{{0,80}}{SOLVER}(?P<split>Train|Test) net output #\d{{1,9}}: "
    rf"(?P<name>\S{{1,200}}) = (?P<value>{NUM})"
    rf"(?: \(\* (?P<weight>{NUM}) = \S{{1,60}} loss\))?\s*$"
)
WINDOW: Final = "average_loss"
NETS: Final = {"0": "test", **{str(i): f"test{i}" for i in range(1, 10)}}


def output(text: str) -> Row | None:
    """Return an output of the net; `net/` sets it apart from the loss of the solver, which sums the
    weighted losses.
    """
    match = OUTPUT.match(text)
    if match is None:
        return None
    train, weight = match["split"] == "Train", number(match["weight"])
    facts: tuple[tuple[str, FactValue], ...] = (
        () if weight is None else ((f"loss_weight.net/{match['name']}", weight),)
    )
    value = Value(
        f"net/{match['name']}",
        matched(match["value"]),
        Statistic.VALUE if train else Statistic.EPOCH_MEAN,
    )
    return Row(values=(value,), split="train" if train else "", facts=facts)


PARSER = LineFormat(
    id="caffe_text",
    title=Text(zh="Caffe 求解器的日志", en="log of Caffe's solver"),
    lines=(
        Line(
            head=ITERATION + r"loss = <loss>\s*$",
            axis=Axis.ITERATION,
            metrics=(Metric("loss", Statistic.WINDOW_MEAN, window=WINDOW),),
        ),
        Line(head=ITERATION + r"lr = <lr>\s*$", axis=Axis.ITERATION),
        Line(
            head=ITERATION + r"Testing net \(#(?P<split>\d{1,9})\)",
            axis=Axis.ITERATION,
            splits=NETS,
        ),
    ),
    step=stateless(output),
    learn=(r"^\s{0,20}average_loss: <average_loss:int>\s*$",),
    learnt={WINDOW: "1"},
    settings=(
        Setting(
            r"^ {0,20}(?P<name>base_lr|max_iter|average_loss|clip_gradients|random_seed): "
            r"(?P<value>[\d.][\d.eE+\-]{0,30})\s*$",
            names={
                "base_lr": "lr",
                "max_iter": "max_steps",
                "clip_gradients": "clip_grad",
                "random_seed": "seed",
            },
        ),
    ),
).parser()
