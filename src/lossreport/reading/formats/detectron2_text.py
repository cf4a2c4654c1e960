"""Text log of detectron2, on the terminal or in log.txt: `d2.utils.events INFO: eta: 0:10:00 iter:
19 total_loss: 1.923 ...`.

Source: FORMATS.md section 5. `CommonMetricPrinter` prints losses as medians of the last 20
iterations. An evaluation is printed as three lines `copypaste:` (task, names, values) and stands at
the last iteration printed before it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import COLON, Line, LineFormat, Metric, Setting
from lossreport.reading.kit.line_row import KNOWN, Row, values
from lossreport.text import Text

HEAD: Final = r"\[\d\d/\d\d \d\d:\d\d:\d\d(?: [\w.]{1,80}\]:|\] [\w.]{1,80} INFO:) {1,9}"
WINDOW: Final = 20
"""`window_size` of CommonMetricPrinter."""
NOT_A_LOSS: Final = r"(?!.{0,80}loss).*"
UNCERTAIN: Final = Metric("time|data_time", Statistic.UNKNOWN)
"""Means of the last 20 iterations in one version, since the start in another."""
EVALUATION: Final = re.compile(
    rf"^{HEAD}(?:copypaste: (?P<said>.*)|Evaluation results for "
    rf"(?P<data>\S{{1,200}}) in csv format:)$"
)


class Evaluation(NamedTuple):
    """The data set of the first evaluation and of this one, the task, and the names whose values
    come next.
    """

    first: str = ""
    shown: str = ""
    task: str = ""
    names: tuple[str, ...] = ()


def step(text: str, state: Evaluation) -> tuple[tuple[Row, ...], Evaluation]:
    """Return what a line of an evaluation says: the data set, the task, the names, then the
    values.
    """
    match = EVALUATION.match(text)
    if match is None:
        return (), state
    said, data = match["said"], match["data"]
    if data:
        return (KNOWN,), state._replace(first=state.first or data, shown=data)
    if said.startswith("Task: "):
        return (KNOWN,), state._replace(task=said.removeprefix("Task: ").strip(), names=())
    if not state.names:
        return (KNOWN,), state._replace(names=tuple(said.split(",")))
    pairs = zip((f"{state.task}/{name}" for name in state.names), said.split(","), strict=False)
    split = "val" if state.shown == state.first else state.shown
    return (Row(axis=Axis.ITERATION, values=values(pairs, Statistic.VALUE), split=split),), state


PARSER = LineFormat(
    id="detectron2_text",
    title=Text(
        zh="detectron2 的文本日志（log.txt、终端输出）",
        en="text log of detectron2 (log.txt, terminal)",
    ),
    lines=(
        # fast-reid and its kin print the epoch in front of the iteration, which counts since the
        # start in both
        Line(
            head=HEAD + r"(?:eta: (?:\S| (?! )){1,40}  )?(?:epoch/iter: <epoch>/|iter: )<x>  ",
            pairs=COLON,
            axis=Axis.ITERATION,
            statistic=Statistic.WINDOW_MEDIAN,
            window=WINDOW,
            instant=NOT_A_LOSS,
            metrics=(UNCERTAIN,),
            left_out="last_.*",
        ),
    ),
    start=lambda log: Evaluation(),
    step=step,
    settings=(
        Setting(
            r"^ *(?P<name>BASE_LR|MAX_ITER|IMS_PER_BATCH|SEED): (?P<value>[\d.][\d.eE+\-]{0,30})$",
            names={
                "BASE_LR": "lr",
                "MAX_ITER": "max_steps",
                "IMS_PER_BATCH": "batch_size",
                "SEED": "seed",
            },
        ),
        Setting(r"Rank of current process: \d+\. World size: <world_size:int>"),
    ),
).parser()
