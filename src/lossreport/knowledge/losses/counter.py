"""Counters: steps, epochs, clocks, sizes; they say where a row is and are never judged, for the
analyse step.
"""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="counter",
    title=Text(zh="计数", en="counter"),
    names=metric_names(
        r"epochs?|epch|ep",
        r"(?:(?:global|train|trainer|current|total|max|optimizer|acc|grad_acc|"
        r"gradient_accumulation)_)?steps?",
        r"(?:(?:global|train|current|cur|total|max)_)?(?:it|iter|iters|iteration|iterations)",
        r"num_updates|updates?",
        r"time/(?:iterations|episodes|total_timesteps)",
        r"(?:n|nb|num|number_of|total|trainable)_(?:\w+_)?(?:params|parameters|samples|examples|"
        r"sequences|tokens|words|frames|images|batches|steps|episodes)",
        r"params|parameters|\w+_count|count_\w+",
        r"(?:num_|total_|train_|input_|consumed_|seen_)*(?:tokens|samples)(?:_seen|_so_far)?",
        r"(?:total_)?flos",
        r"percentage|progress",
        r"bsz|wpb|smpl|batch_size|global_batch_size",
        r"loss_scale",  # of mixed precision: set by the scaler, no loss
        r"(?:elapsed|remaining|eta)(?:_\w+)?",
        r"wall|train_wall|wall_time|total_time|timestamp|(?:\w+_)?runtime",
    ),
    order=70,
    unit="",
    goal="none",
    role="counter",
    why=Text(
        zh="它只说明这一行处在训练的什么位置，或有多少数据、参数、时间；数值大小不作判断。",
        en="It says where in the training a row stands, or counts data, parameters or time; "
        "its size is not judged.",
    ),
)
