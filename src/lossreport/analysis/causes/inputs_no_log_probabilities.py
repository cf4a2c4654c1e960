"""A cross-entropy, CTC or transducer loss below 0: it was given something else than
log-probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import OutOfRange
from lossreport.text import Text, number

KINDS: Final = ("cross_entropy", "class_cross_entropy", "label_smoothed_ce", "ctc")
NAMES: Final = re.compile(r"(?<![a-z])(?:nll|rnn-?t|transducer|ctc)(?![a-z])", re.IGNORECASE)
NEGATIVE = Text(
    zh="`{metric}` 最低到 {worst}，而它是概率的负对数，不会小于 0：传进去的不是归一化的对数概率。",
    en="`{metric}` goes down to {worst}, though it is minus the logarithm of a probability "
    "and never below 0: what it is given are no normalised log-probabilities.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for negative values of such a loss."""
    for finding, below in context.seen(OutOfRange):
        series, worst = context.subject(finding), below.worst
        if (
            worst < 0
            and (series.metric_type in KINDS or NAMES.search(series.name))
            and context.is_loss(series)
        ):
            said = NEGATIVE(metric=series.label, worst=number(worst, digits=3))
            yield Suspicion(
                finding=finding,
                signs=(strong(said), strong(said))
                if NAMES.search(series.name)
                else (strong(said),),
            )


CAUSE = Cause(
    id="inputs_no_log_probabilities",
    family="loss_function",
    title=Text(
        zh="loss 的输入不是对数概率：少了 log_softmax（NLLLoss 收到 logits 或概率），或 loss "
        "内部已做过一次",
        en="The loss is given no log-probabilities: log_softmax is missing (NLLLoss gets "
        "logits or probabilities), or the loss applies it by itself and gets the wrong one",
    ),
    decided_by=Text(
        zh="对一个样本求 exp(输入) 之和：等于 1 才是对数概率。",
        en="Add up exp(input) of one sample: only where it is 1 are they log-probabilities.",
    ),
    do=Text(
        zh="NLLLoss、CTCLoss 之前加 log_softmax，或把 logits 直接交给 CrossEntropyLoss；"
        "transducer loss 按其文档决定传 logits 还是 log_softmax（两者只做一次），"
        "再从头训练。",
        en="Put log_softmax before NLLLoss or CTCLoss, or hand the logits to "
        "CrossEntropyLoss; give a transducer loss what its documentation asks for (logits "
        "or log_softmax, applied once), and start anew.",
    ),
    reference="PyTorch documentation: torch.nn.NLLLoss, torch.nn.CTCLoss",
    suspect=suspect,
)
