"""Squared gradients that reach a layer several components share, which spaCy prints as the loss of
that layer, for the analyse step.
"""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="listener",
    title=Text(
        zh="共享层收到的梯度平方和（spaCy）", en="squared gradients at a shared layer (spaCy)"
    ),
    names=metric_names(r"loss_(?:tok2vec|transformer|trans\.\.\.)"),
    order=30,
    unit="",
    goal="none",
    role="health",
    why=Text(
        zh="spaCy 把各组件传回共享层的梯度的平方和记在 loss 一栏：它不是被最小化的量，"
        "上升或下降都不说明模型变差或变好。",
        en="spaCy prints the sum of the squared gradients that its components send back to "
        "the layer they share in a column called a loss. It is not what is minimised: "
        "neither a rise nor a fall says that the model gets worse or better.",
    ),
)
