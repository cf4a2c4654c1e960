"""What to test before a language model is believed that predicts better than any published one."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

TEST = Text(
    zh="先不要相信这个 loss：把一段输入在第 t 个 token 之后全部换掉，看 t 及之前的 logits "
    "是否不变（变了就是泄漏）；再查两个集合有没有重复的文本，并用一段肯定没见过的文本评测。"
    "代价：几分钟。",
    en="Do not believe this loss yet: replace all tokens of an input behind position t and "
    "see that the logits up to t stay the same (if they change, the future leaks in); then "
    "look for text that both sets hold, and evaluate on text that is surely new. Cost: "
    "minutes.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield the test for a loss that is too low to be true."""
    because = case.ids("implausible_loss")
    if because:
        yield Recommendation(id="", when="now", because=because, text=TEST())


ADVICE = Advice(id="leaked", advise=advise, order=7)
