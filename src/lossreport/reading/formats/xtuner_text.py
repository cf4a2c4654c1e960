"""Log of XTuner v1: `[2026-08-21 16:02:20][INFO] Epoch 0 Step 10/1000 data_time: 0.0123 lr: 1.0e-06
... reduced_llm_loss: 1.23, ...`.

Source: FORMATS.md section 5. `reduced_` losses are of the step over all ranks, `local_loss` is of
this rank. Old XTuner logs as mmengine.
"""

from __future__ import annotations

from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import COLON, Line, LineFormat
from lossreport.text import Text

PARSER = LineFormat(
    id="xtuner_text",
    title=Text(zh="XTuner v1 的日志", en="log of XTuner v1"),
    lines=(
        Line(
            head=r"\[INFO\] Epoch <epoch> Step <x>/<max_steps> {1,9}(?=data_time: )",
            pairs=COLON,
            statistic=Statistic.VALUE,
            units={"max_memory": "GB", "reserved_memory": "GB"},
            left_out="approximate_total_consumed_tokens|eta",
        ),
    ),
).parser()
