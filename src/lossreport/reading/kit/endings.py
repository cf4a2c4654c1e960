"""How logs say that a training came to its end by itself: it is complete, its program is, or it
stopped early because nothing improved.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Status
from lossreport.reading.kit.phrases import START, TAIL, Phrase, phrase

DONE: Final = r"(?:completed?|finished|done|ended|concluded)"
TRAINING: Final = (
    r"(?:training|train|fine-?tuning|pre-?training|fitting|optimi[sz]ation|learning)"
    r"(?: (?:process|run|loop|phase|job|pipeline|procedure|script|session|iterations?|of"
    r"(?: [\w.\-]{1,40}){1,3}))?"
)
HAS: Final = r"(?: (?:is|has|was|are|have))?(?: (?:been|all|now|fully|successfully|already)){0,2}"
TIME: Final = r"\d[\d:.,]{0,20}(?: ?[a-z]{1,9}\b[ ,.]{0,3}[\d:.,]{0,12}){0,8}"


def _whole(near: str, pattern: str, unless: str = "", *, sure: bool = True) -> Phrase:
    return phrase(None, Status.FINISHED, near, pattern, unless=unless, whole=True, sure=sure)


def _said(near: str, pattern: str, unless: str = "", *, sure: bool = True) -> Phrase:
    return phrase(None, Status.FINISHED, near, pattern, unless=unless, sure=sure)


COMPLETE: Final = (
    _whole("complete|finish|done|ended|conclu", rf"{START}(?:[a-z][\w\-]{{0,20}} ){{0,3}}{TRAINING}{HAS} {DONE}"
        rf"(?: successfully)?{TAIL}"),
    _whole(
        "complete|finish|done|end of|end train|end the|ended",
        rf"{START}(?:successfully )?(?:finish(?:ed)?|completed?|done(?: with)?|end(?:ed)?"
            rf"(?: of)?)(?: the)?(?: model)? (?:train(?:ing)?|fine-?tuning|fitting)"
        rf"(?: (?:process|run|loop|the model|phase))?{TAIL}",
    ),
    _whole("training time|train time", rf"^(?:total |overall |full )?train(?:ing)? time(?: elapsed| taken| cost|"
        rf" spent)?\W{{0,3}}(?:is |was )?{TIME}"
           r"(?: ?\([^()]{0,40}\))?$"),
    _whole("complete", r"^\d[\d,]{0,9} (?:epochs|steps|iterations|rounds) completed in \d"),
    _whole("训练|訓練|微调", r"(?:训练|訓練|微调)(?:过程|任务|流程|模型|阶段)?(?:已经|已|全部|均|都|顺利"
        r"|"
        r"成功|"
        r"正常){0,2}(?:完成|结束|結束|完毕|完畢)(?![后後率度时時前之的数比中])"),
    _whole("训练|訓練", r"(?:完成|结束|結束)了?(?:全部|所有|整个|模型)?的?(?:训练|訓練)"
        r"(?![后後集轮輪步时時前的数中])"),
)  # fmt: skip
"""The training says so of itself."""

TRAINERS: Final = (
    _said("stopped", r"Trainer\.fit\W{0,3}stopped: \W{0,3}max_(?:epochs|steps|time)"),
    _said("overall training speed", r"\bOverall training speed: \d"),
    _said("train_runtime", r"\btrain_runtime\b\W{1,30}\d"),
    _said("latest model", r"^Save the latest model$"),
    _said("after training is done", r"after training is done\b"),
    _said("final step", r"^Loss for final step: "),
    _said("max epochs num", r"^MAX EPOCHS NUM\b"),
    _said(
        "successfully",
        r"\bworker group successfully finished\b|^(?:\[?launch\w*\W{0,3})?Process \d+ exits succe"
        r"ssfully",
    ),
    _said("took", r"^'train' took \d"),
    _said("(success)", r"W&B process to finish.{0,40}\(success\)"),
    _said(
        "bestiteration|shrink model", r"^bestIteration = \d|^Shrink model to first \d+ iterations"
    ),
    _said("solving done", r"^Solving done"),
    _said("terminated successfully", r"\bOptimi[sz]ation terminated successfully"),
    _said("saved pipeline|saved model", r"^Saved (?:pipeline|model) to output directory"),
    _said("early stopping", r"\bDid not meet early stopping\b"),
    _said("completed", r"^Total .{0,40}\b(?:iterations|steps|epochs)\b.{0,12} completed$"),
)
"""What trainers print once, when all is done: Lightning, detectron2, Hugging Face, BasicSR,
Megatron, TensorFlow's estimator, rl_games, torchrun, DeepSpeed, DeepXDE, W&B, CatBoost, Caffe,
SciPy, spaCy, LightGBM.
"""

PROGRAMS: Final = (
    _whole(
        "complete|finish|done|ended",
        r"^(?:the |this |my )?(?:run|job|experiment|script|program|process|execution|search|"
            r"pipeline|everything|engine run)"
        rf"{HAS} {DONE}(?: successfully)?{TAIL}",
        sure=False,
    ),
    _whole("finished run", rf"^finished running(?: (?:experiment|job|training|\S{{1,60}}\.(?:py|"
        rf"sh)))?{TAIL}", sure=False),
    _whole("complete|finish|done", r"\b\d[\d,]{0,9} (?:iterations|steps|epochs|rounds|updates) (?:completed|"
        r"finished|"
        r"done)\b", sure=False),
    _said(
        "done|finish|the end|complete|bye|exiting",
        r"^(?:all |job |and )?(?:done|finished|completed?|finish|the end|bye|exiting)(?: (?:all|"
            r"everything))?$",
        sure=False,
    ),
    _said("final", r"^(?:the )?final (?:model|weights|checkpoint)(?: has been| was)? saved\b|\bsav"
        r"(?:ed|"
        r"ing) (?:the )?final (?:model|weights|checkpoint)\b", sure=False),
    _said("final", r"^Final (?:test|evaluation|eval|validation) (?:accuracy|acc|loss|score|auc|f1|"
        r"results?"
        r"|performance)\b", sure=False),
    _whole(
        "time",
        r"^(?:total|overall) (?:(?:running|elapsed|execution|run|wall|computation|compute|"
            r"processing|used)[ -]?)?time(?: elapsed| taken| cost| spent| used)?"
        rf"(?: ?\([^()]{{0,20}}\))?\W{{0,3}}(?:is |was )?{TIME}$",
        sure=False,
    ),
    _said("wandb", r"\bwandb:? .{0,8}(?:Run history|Run summary|Synced\b)", sure=False),
    _said("completed", r"\b(?:Job)?State\s{0,3}[:=]\s{0,3}COMPLETED\b|^COMPLETED$"),
    _said("successfully completed", r"^Successfully completed$"),
    _said("100%", r"^(?:training|train|total|overall|progress|epochs?|rounds?|iterations?|"
        r"steps?)\b[^"
        r"|"
        r"\d]{0,20}100%\|[^|]{0,200}\|\s{0,3}(?P<n>\d+)/(?P=n)\b", sure=False),
    _said("完成|完毕|结束", r"^(?:全部|所有任务|程序|任务|运行|实验)(?:已|全部|运行)?(?:完成|完毕|"
        r"结束)$", sure=False),
)  # fmt: skip
"""The program, the job or a bar says that it is through: words that also others than the training
say.
"""


def _early(near: str, pattern: str, unless: str = "") -> Phrase:
    return phrase("early_stop", Status.FINISHED, near, pattern, unless=unless)


SETTING: Final = (
    r"\b(?:using|use|with|if|unless|will|would|no|without|enabl\w*|disabl\w*|config\w*|"
    r"set)\b.{0,20}\bearly|\b(?:enabled|disabled|callback|settings?|if|unless|will)\b"
    r"|\bearly.{0,30}[=:]\s{0,3}(?:true|false|none|null)\b"
)
"""Early stopping as a setting or a condition, not as what happened."""
SETTING_ZH: Final = r"耐心|计数|轮数|机制|参数|设置|策略|配置|启用|禁用|未触发|没有触发|不使用|如果"
EARLY: Final = r"\bearly[- ]?stop(?:ping|ped)?"
STOP: Final = (
    r"(?:stop(?:ped|ping|s)?|terminat(?:e|ed|ing)|break(?:ing)?|halt(?:ed|ing)?|quit(?:ting)?|"
    r"end(?:ed|ing)? training)"
)
UNIMPROVED: Final = r"(?:\b(?:no|not|never)\b|n't\b).{0,40}\bimprov"

EARLY_STOPS: Final = (
    _early("early", r"\bstopp(?:ed|ing) early\b|\bearly[- ]?stopped\b|^exited early: no improv", SETTING),
    _early("counter|patience|improvement|waited", r"\b(?:counter|patience|no improvement|waited)\W{0,4}(?P<n>\d{1,9})\s{0,3}"
        r"(?:out of"
        r"|/|"
        r"of)\s{0,3}(?P=n)(?!\d)"),
    _early("early", rf"{EARLY} (?:at|after|in|on|@) (?:the )?(?:epoch|step|iter\w*|round|trial|"
        rf"\d)", SETTING),
    _early("early", rf"{EARLY} (?:has been |was |is |condition |criteri(?:on|a) )?(?:triggered|"
        rf"activated|"
        rf"met|reached|here|now|because|due|since)\b", SETTING),
    _early("early", rf"(?:^|[:\]\->|]\s{{0,3}}){EARLY}(?: training)?(?: \(?epoch \d+\)?)?$"),
    _early("early", rf"(?<!not meet ){EARLY}(?:\W{{1,4}}|\. )(?:best|no|not|val|valid|validation|"
        rf"train|"
        rf"training|loss|the|stop\w*|epoch|did|reached|patience|restor\w*|"
            rf"load\w*)\b", SETTING + r"|\bpatience\W{0,3}\d"),
    _early("overfitting", r"\bStopped by overfitting detector\b"),
    _early("stopping", r"^Stopping since \w+ has not improved\b|^Stopping\. Best iteration\b"),
    _early("restoring", r"\bRestoring model weights from the end of the best epoch\b"),
    _early("patience", r"\bout of patience\b|\bpatience (?:has been |was |limit )?(?:exceeded|"
        r"reached|"
        r"exhausted|ran out|is over)\b", SETTING),
    _early("improv", rf"{UNIMPROVED}.{{0,80}}\b{STOP}\b|\b{STOP}\b.{{0,60}}{UNIMPROVED}", SETTING + r"|\bearly[- ]?stopping counter\b"),
    _early("signaling", r"\bSignaling Trainer to stop\b"),
    _early("converged", r"\bconverged\b.{0,20}\bstopp(?:ing|ed)\b", SETTING),
    _early("早停", r"触发了?早停|早停(?:已|被)?触发|早停(?:$|[！!。，,：:于在\]】])", SETTING_ZH),
    _early("提前", r"提前(?:停止|终止|结束)(?:了?训练)?(?=$|[^轮])", SETTING_ZH),
    _early("训练", r"(?:未|没有?|无)(?:再|明显|任何|有)?(?:改善|提升|下降|提高|降低|变化).{0,14}"
        r"(?:停止|"
        r"终止|结束)训练", SETTING_ZH),
)  # fmt: skip
"""Early stopping in its spellings: of Keras, Lightning, XGBoost, LightGBM, CatBoost, Ultralytics,
fairseq, skorch, AllenNLP and hand-written loops.

`EarlyStopping counter: 10 out of 10` is where both numbers are equal; a counter on its way says
nothing.
"""
