"""Chooses the metric that a run was trained for, and names the ground: the user's word, the
configuration, the task, the losses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, Literal

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import REWARD_WORD, Context
from lossreport.analysis.regression import loss_against
from lossreport.analysis.reweighted import is_reweighted, terms_of
from lossreport.knowledge.loss_type import folded_name
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Goal
from lossreport.model.run import Floats, Series
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

Mode = Literal["max", "min"]

SENTINEL: Final = -1.0
"""pycocotools writes -1 where there was nothing to evaluate (cocoeval.py, `summarize`); a share is
never negative.
"""
SHARES: Final = ("accuracy", "map", "error_rate")
UNSET: Final = ("", "none", "null", "false", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A kind of task by the score that its field compares models with; `names` fit the folded name
    without its split.

    `source` says where the field agreed on it.
    """

    id: str
    title: Text
    names: re.Pattern[str]
    mode: Mode
    source: str


def _task(id: str, zh: str, en: str, names: str, mode: Mode, source: str) -> Task:
    pattern = re.compile(rf"(?:.{{0,80}}[/_.])?(?:{names})(?:[/_.(](?!\d).{{0,60}})?")
    return Task(id=id, title=Text(zh=zh, en=en), names=pattern, mode=mode, source=source)


NO_PREFERENCE: Final = r"(?!.{0,80}(?:chosen|rejected|margins?$|accurac))"
"""`rewards/chosen` and `rewards/rejected` of preference training are implicit rewards: their gap is
trained, neither by itself.
"""
TASKS: Final = (
    _task("preference", "偏好优化", "preference training", r"rewards?/accurac(?:y|ies)", "max", "TRL DPOTrainer: how often the chosen answer has the higher implicit reward"),
    _task("detection", "检测", "detection", r"(?:bbox_|hbb|obb|box|mask|segm_)?m?ap(?:[_@]?(?:50|0?\.50?)[-:_]"
        r"(?:0?\.)?95)?"
        r"(?:\([bmp]\))?|map_?50_95", "max", "COCO: AP over IoU 0.50:0.95 is the primary challenge metric"),
    _task("detection", "检测", "detection", r"(?:\w{0,20}_|hbb|obb)?m?ap[\d.@_:-]{0,12}(?:\([bmp]\))?|coco_eval\w{0,20}", "max", "PASCAL VOC: AP at IoU 0.5"),
    _task("segmentation", "分割", "segmentation", r"m_?iou|mean_?iou|miou\w{0,12}|(?:mean_|avg_|fg_)?dice(?:_?(?:score|coef|"
        r"coefficient|"
        r"index))?|dsc|jaccard|iou", "max", "PASCAL VOC and Cityscapes: mean IoU; MSD: Dice"),
    _task("speech", "语音识别", "speech recognition", r"[wc]er(?:_\w{1,12})?|per(?![_/.])", "min", "ESPnet and Whisper: word or character error rate"),
    _task("verification", "声纹识别", "speaker verification", r"eer|min_?dcf", "min", "VoxCeleb: equal error rate"),
    _task("translation", "文本生成", "text generation", r"(?:sacre)?bleu_?\d?|chrf|meteor|cider|rouge_?l?(?:sum)?\d?|exact_match|em", "max", "WMT: BLEU; COCO captions: CIDEr; SQuAD: exact match"),
    _task("generation", "图像生成", "image generation", r"fid(?:\d+k(?:_full)?)?|kid", "min", "Heusel et al. 2017: FID"),
    _task("separation", "音源分离与语音增强", "source separation and speech enhancement", r"(?:n|si_?|i)?sdri?|si_?snri?|pesq|stoi", "max", "MUSDB18 and the Music Demixing Challenge: SDR; WHAM!: SI-SDR"),
    _task("restoration", "图像恢复", "image restoration", r"psnr(?:_y|_rgb)?|(?:ms_?)?ssim", "max", "NTIRE: PSNR and SSIM"),
    _task("restoration", "图像恢复", "image restoration", r"lpips", "min", "Zhang et al. 2018: LPIPS"),
    _task("matching", "光流与立体匹配", "optical flow and stereo", r"epe|aepe|aee|end_?point_?error|d1(?:_?all)?", "min", "Sintel and KITTI: end-point error; KITTI stereo: D1"),
    _task("retrieval", "检索与推荐", "retrieval and recommendation", r"ndcg(?:@\d+)?|mrr(?:@\d+)?|hit_?r(?:ate|atio)(?:@\d+)?|(?:hit|hr|hits|"
        r"recall|"
        r"map|"
        r"r)@\d+|r(?:0\d|10|50|100)|gauc", "max", "RecBole, BEIR: NDCG@k, MRR, recall@k"),
    _task("control", "强化学习", "reinforcement learning", rf"{NO_PREFERENCE}(?:success(?:_rate)?|win_?rate|(?:ep_?|episodic_|mean_|"
        rf"eval_)?"
        rf"(?:returns?|rew(?:ard)?s?)(?:_mean)?|ep_?(?:ret|rew)(?:_mean)?|"
            rf"average_?return)", "max", "Gymnasium, Stable-Baselines3: mean return of an episode"),
    _task("game", "博弈", "solving a game", r"exploitability|nash_?conv", "min", "OpenSpiel: exploitability and NashConv, 0 at an equilibrium"),
    _task("classification", "分类", "classification", r"(?:max_?|mean_?|avg_?)?f_?b?1(?:_?(?:macro|micro|score|weighted))?|"
        r"(?:max_?|"
        r"mean_?|"
        r"avg_?|adp_?)?f_?(?:beta|m)|macro_?f1|f_?score|f_?measure|auc|auroc|roc_?auc|au?_?prc?"
        r"|auc?_?pr|pr_?auc|average_precision|mcc|kappa|(?:mean_|avg_|top_?1_|balanced_|"
        r"bal_)?acc(?:u|uracy)?(?:_?top_?1|@?1)?|top_?1|accuracies", "max", "ImageNet: top-1 accuracy; GLUE: accuracy, F1, MCC"),
    _task("likelihood", "似然", "likelihood", r"(?<!neg_)(?<!negative_)log_?-?likelihood|(?<!neg_)loglik", "max", "Dempster et al. 1977: EM raises the likelihood at every step"),
    _task("correlation", "相关性", "correlation", r"pearsonr?|spearmanr?|r2|r_?squared", "max", "GLUE STS-B: Pearson and Spearman correlation"),
)  # fmt: skip
"""What each field compares models by, the score that decides first. A name may have more behind it
(`mAP@0.5`, `acc_top1`).
"""
TOKENS: Final = re.compile(r"token_acc|acc(?:uracy)?_?token|next_token|mlm_acc|ppl_acc")
"""The share of right next tokens says what the loss says, less finely: a language model is compared
by its loss.
"""
LANGUAGE: Final = frozenset(("perplexity", "bits_per_byte", "bits_per_token"))
BEST_MEMORY: Final = re.compile(r"(?:^|[_/ .-])(?:best|max|min|highest|lowest)(?:[_/ .-]|$)")
PART: Final = re.compile(
    r"(?:^precision|^recall|^prec$|sensitivity|specificity|small|medium|large|_[sml]$|ap[sml]$|"
    r"std|_5$|top_?5|@5$|per_?class|class_?\d+|_\d+$)"
)
"""Of one part of the set, or the lenient form of a score: what the whole is judged by comes before
it.
"""

SAID = Text(zh="由你指定（goal = {name}）", en="you named it (goal = {name})")
CONFIGURED = Text(zh="配置写明 {fact} = {name}", en="the configuration says {fact} = {name}")
KEPT = Text(
    zh="日志写明：模型按 {name} 的最好值保存",
    en="the log says that the state is kept at every new best {name}",
)
BY_TASK = Text(zh="{task}任务在验证集上的指标", en="the score of {task} on the validation set")
BY_LOSS = Text(
    zh="验证 loss：日志里没有任务指标", en="the validation loss: the logs hold no score of the task"
)
BY_LOSS_ALONE = Text(
    zh="验证 loss：任务指标从第一次起就是满分，分不出好坏",
    en="the validation loss: the scores of the task were full from their first value on and "
    "tell nothing apart",
)
BY_TERM = Text(
    zh="验证 loss 中最大的一项：`{total}` 上升而各项都在下降，多半是权重变了，总和不能比较",
    en="the largest term of the validation loss: `{total}` rises while each of its terms "
    "falls, most likely by its weights, so the sum does not compare",
)
BY_REWARD = Text(zh="奖励：强化学习的目标", en="the reward: what reinforcement learning raises")
BY_TRAINING = Text(
    zh="训练 loss：日志里没有验证结果，泛化无从判断",
    en="the training loss: the logs hold no validation, so generalisation cannot be judged",
)
BY_WHOLE = Text(
    zh="整个模型的指标：日志里的 loss 都属于单个客户端",
    en="the score of the whole model: every loss in the logs is of a single client",
)
BY_TRAIN_SCORE = Text(
    zh="训练集上的指标：日志里既没有验证结果，也没有 loss",
    en="a score of the training: the logs hold neither a validation nor a loss",
)
KEPT_BY: Final = "checkpoint_kept_by"
"""What a line `New best AUC=0.67` names, as `reading/lines/remarks.py` keeps it."""
CONFIG: Final = (
    "metric_for_best_model",
    "monitor",
    "best_checkpoint_metric",
    "key_indicator",
    "save_best",
    "eval_metric",
    "optimized",
)
"""What the checkpoint is chosen by: transformers; Lightning and Keras; fairseq; mmcv 1; mmengine;
XGBoost and CatBoost. And what a search of Optuna is for.
"""


def goals(context: Context) -> Iterator[Goal]:
    """Yield what the run was trained for; nothing where no metric could tell that it got better."""
    yield from islice(_grounds(context), 1)


def measured(context: Context, series: Series) -> Floats:
    """Return the values of a series, NaN where it was not measured: not finite, or the sentinel of
    a share.
    """
    y = np.array(series.y, dtype=np.float64)
    y[~np.isfinite(y)] = np.nan
    if context.kind(series).id in SHARES:
        y[y == SENTINEL] = np.nan
    return y


LEAST_SAME: Final = 4
"""Four values alike to the last digit, and no fewer than half of all: a few evaluations that repeat
one value are told as they are.
"""


def unchanged(context: Context, series: Series) -> int:
    """Return how many of the last measured values are the same to the last digit; 0 where they are
    few.
    """
    values = measured(context, series)
    values = values[np.isfinite(values)]
    other = np.flatnonzero(values != values[-1]) if len(values) else np.array([], dtype=np.int64)
    same = len(values) - (int(other[-1]) + 1 if len(other) else 0)
    return same if same >= max(LEAST_SAME, len(values) / 2) else 0


def _grounds(context: Context) -> Iterator[Goal]:
    """Yield goals, the best grounded first."""
    yield from _told(context)
    yield from _by_task(context, least=COURSE)
    yield from _by_reward(context, "eval", least=COURSE)
    yield from _by_validation_loss(context, least=COURSE)
    yield from _by_task(context)
    yield from _by_reward(context, "eval")
    yield from _by_validation_loss(context)
    yield from _by_reward(context, "train")
    yield from _by_training(context)


def _goal(context: Context, series: Series, mode: Mode, why: Phrase) -> Goal:
    return Goal(run=context.run.id, series=series.id, mode=mode, why=why)


# --------------------------------------------------------------------------------- said by somebody
def _told(context: Context) -> Iterator[Goal]:
    """Yield the metric that the user or the configuration names, where the logs hold it."""
    said = context.facts.get("goal")
    if isinstance(said, str):
        mode = context.facts.get("goal.mode")
        for series in _called(context, said):
            yield _goal(context, series, mode_of(context, series, mode), SAID(name=said))
    for fact in CONFIG:
        name = context.facts.get(fact)
        if isinstance(name, str) and name.lower() not in UNSET:
            greater = context.facts.get("greater_is_better")
            for series in _called(context, name):
                by_flag = "max" if greater in (True, "True", "true") else "min"
                mode = context.facts.get("mode") if greater is None else by_flag
                yield _goal(
                    context,
                    series,
                    mode_of(context, series, mode),
                    CONFIGURED(fact=fact, name=name),
                )
    kept = context.facts.get(KEPT_BY)
    if isinstance(kept, str):
        for series in (
            one
            for one in _called(context, kept)
            if is_held_out(context, one) and _measured_rows(context, one) >= COURSE
        ):
            yield _goal(context, series, mode_of(context, series), KEPT(name=kept))


def _called(context: Context, said: str) -> list[Series]:
    """Return the series that a person calls so, those of a validation and with most rows first:
    `eval_loss`, `val/mAP`.
    """
    wanted = folded_name(said).replace("/", "_")
    found = [s for s in context.judged if _measured_rows(context, s) and wanted in _spellings(s)]
    return sorted(found, key=lambda s: (s.split == "train", s.entity is not None, -len(s)))


def _spellings(series: Series) -> set[str]:
    name = folded_name(series.name).replace("/", "_")
    if series.split == "train":
        return {name, f"train_{name}", f"training_{name}"}
    prefixes = (
        {series.split, "val", "valid", "validation", "eval", "dev", "test"}
        if series.split in VALIDATION
        else {series.split}
    )
    return {f"{prefix}_{name}" for prefix in prefixes} | {name}


VALIDATION: Final = ("val", "valid", "validation", "eval", "dev")


def mode_of(context: Context, series: Series, said: object = None) -> Mode:
    """Return whether more of a metric is better: as said, else as its kind or the name of its field
    tells.
    """
    if said in ("max", "min"):
        return "max" if said == "max" else "min"
    direction = context.facts.get(f"direction.{series.name}")
    if direction in ("max", "min", "up", "down"):
        return "max" if direction in ("max", "up") else "min"
    task = _task_of(series)
    if context.kind(series).goal == "up" or (
        task is not None and not context.is_loss(series) and task.mode == "max"
    ):
        return "max"
    return "min"


# ------------------------------------------------------------------------------------- the task
COURSE: Final = 2
"""What was measured once, after the training say, has no course: it does not stand before a
validation that has one.
"""


def _by_task(context: Context, least: int = 1) -> Iterator[Goal]:
    """Yield the score that the field compares models by, measured on held-out data so many times at
    least.
    """
    scores = [
        s
        for s in context.judged
        if is_score(context, s) and is_held_out(context, s) and _measured_rows(context, s) >= least
    ]
    if any(context.kind(s).id in LANGUAGE for s in context.run.series):
        scores = [s for s in scores if not TOKENS.search(folded_name(s.name))]
    scores = [s for s in scores if not TOKENS.search(folded_name(s.name)) or not context.progress]
    scores = [s for s in scores if loss_against(context, s) is None]  # the accuracy of a regression
    ranked = sorted(
        (s for s in scores if not _is_full(context, s)), key=lambda s: _rank(context, s)
    )
    for series in ranked:
        task = _task_of(series)
        if task is not None:
            yield _goal(context, series, mode_of(context, series), BY_TASK(task=task.title))
        elif context.kind(series).goal != "none":
            yield _goal(
                context, series, mode_of(context, series), BY_TASK(task=context.kind(series).title)
            )


def is_score(context: Context, series: Series) -> bool:
    """Return whether a series is a score of the task: no loss, no memory of the best so far, with a
    known direction.
    """
    kind = context.kind(series)
    name = folded_name(series.name)
    if (
        context.is_loss(series)
        or kind.id in (*LANGUAGE, "implicit_reward")
        or BEST_MEMORY.search(name)
        or kind.role not in ("metric", "loss")
    ):
        return False
    said = context.facts.get(f"direction.{series.name}") == "max"
    # a divergence or an entropy is better neither way
    directed = kind.role == "metric" and kind.goal != "none"
    return said or directed or _task_of(series) is not None


LEAST_FULL: Final = 3
FULL: Final = (1.0, 100.0)


def _is_full(context: Context, series: Series) -> bool:
    """Return whether a score was full from the first value on: there was nothing to reach by it."""
    values = measured(context, series)
    values = values[np.isfinite(values)]
    return (
        len(values) >= LEAST_FULL and float(values[0]) in FULL and bool(np.all(values == values[0]))
    )


EVALUATED: Final = ("map", "error_rate", "image_distance")
"""Kinds that nobody computes on training batches: without a word of a split they were measured on
held-out data.
"""


def is_held_out(context: Context, series: Series) -> bool:
    """Return whether a series was measured on data that the training did not see, as far as its
    name tells.
    """
    if series.split != "train":
        return True
    elsewhere = any(
        other.name == series.name and other.split != "train" for other in context.judged
    )
    ranked = (
        context.kind(series).id == "accuracy"
        and RANKED.fullmatch(folded_name(series.name)) is not None
    )
    return (context.kind(series).id in EVALUATED or ranked) and not elsewhere


RANKED: Final = re.compile(
    r"n?dcg(?:@\d+)?|mrr(?:@\d+)?|hr@\d+|hits?@\d+|hit_?r(?:ate|atio)(?:@\d+)?|gauc"
)
"""Scores of a ranking of all items, cut off at k or whole: made by an evaluation, not by the loss
of a batch (RecBole, BEIR).
"""


def _task_of(series: Series) -> Task | None:
    name = folded_name(series.name)
    return next((task for task in TASKS if task.names.fullmatch(name)), None)


def _rank(context: Context, series: Series) -> tuple[object, ...]:
    """Order scores: those with a course, of a validation before a test, by the table of fields, of
    the whole before a part.
    """
    name = folded_name(series.name)
    places = [number for number, task in enumerate(TASKS) if task.names.fullmatch(name)]
    return (
        _measured_rows(context, series) < 2,
        series.split == "test",
        series.entity is not None,
        places[0] if places else len(TASKS),
        PART.search(name) is not None,
        not name.startswith(("m", "mean", "avg", "overall", "all")),
        len(name),
        -len(series),
    )


def _measured_rows(context: Context, series: Series) -> int:
    return int(np.isfinite(measured(context, series)).sum())


# ------------------------------------------------------------------------------- rewards and losses
def _by_reward(context: Context, where: Literal["eval", "train"], least: int = 1) -> Iterator[Goal]:
    """Yield the return of an episode: of an evaluation before that of the training, the mean of all
    before its parts.
    """
    found = [
        s
        for s in context.judged
        if s.metric_type == "reward"
        and (s.split == "train") == (where == "train")
        and _measured_rows(context, s) >= least
        and not BEST_MEMORY.search(folded_name(s.name))
        and (where == "eval" or REWARD_WORD.search(s.name))
    ]
    for series in sorted(found, key=_reward_rank):
        yield _goal(context, series, "max", BY_REWARD())


def _reward_rank(series: Series) -> tuple[object, ...]:
    name = folded_name(series.name)
    return (
        series.entity is not None,
        len(series) < 2,
        OF_UPDATE.match(name) is not None,
        WHOLE_REWARD.search(name) is None,
        RUNNING_RETURN.search(name) is None,
        "/" in name and "mean" not in name,
        PART.search(name) is not None,
        len(name),
        -len(series),
    )


WHOLE_REWARD: Final = re.compile(
    r"(?:^|[/_ ])(?:total|mean|avg|average|episode|ep|episodic|eval|rollout|cumulative)[/_ ]?"
    r"(?:\w{0,20}[/_ ])?(?:rew|return|score)|return|^(?:rewards?|score)$"
)
"""The reward of a whole episode; `ss_reward` or `forward_reward` is a part of it."""
OF_UPDATE: Final = re.compile(r"critic/(?:returns|advantages)/")
"""What verl computes an update from: under GRPO the advantages, whose mean is 0 whatever the policy
earns.
"""
RUNNING_RETURN: Final = re.compile(r"history|last_?\d+|recent")
"""The mean over the last episodes: what a mean over all episodes since the start hides
(`rollout/return` beside `rollout/return_history`).
"""


def _by_validation_loss(context: Context, least: int = 1) -> Iterator[Goal]:
    """Yield the validation loss: the total, else the cross-entropy, else the first; rows of several
    runs decide nothing.
    """
    losses = [
        s
        for s in context.progress
        if s.split != "train" and context.is_measure(s) and not context.has("mixture", s)
    ]
    losses += [
        s
        for s in context.judged
        if s.split != "train" and context.kind(s).id in LANGUAGE and s not in losses
    ]
    losses = [
        s
        for s in losses
        if _measured_rows(context, s) >= least and not _is_left_at_zero(context, s)
    ]
    full = any(
        is_score(context, s) and is_held_out(context, s) and _is_full(context, s)
        for s in context.judged
    )
    for series in sorted(losses, key=lambda s: _loss_rank(context, s)):
        if is_reweighted(context, series):  # its own course says how the weights went
            yield from (
                _goal(context, term, "min", BY_TERM(total=series.label))
                for term in terms_of(context, series)
            )
        yield _goal(context, series, "min", BY_LOSS_ALONE() if full else BY_LOSS())


def _is_left_at_zero(context: Context, series: Series) -> bool:
    """Return whether a loss is 0 in every one of several rows while that of the training is not: it
    was printed without being computed.
    """
    # NaN counts as not 0
    trains = any(one.split == "train" and np.any(one.y) for one in context.progress)
    return len(series) >= LEAST_FULL and not np.any(series.y) and trains


def _loss_rank(context: Context, series: Series) -> tuple[object, ...]:
    return (
        _measured_rows(context, series) < 2,
        is_reweighted(context, series),
        series.split == "test",
        series.entity is not None,
        series.metric_type in LANGUAGE,
        not is_total(series.name),
        series.metric_type != "cross_entropy",
        -len(series),
    )


def _by_training(context: Context) -> Iterator[Goal]:
    """Yield the training loss, unless it is one of a game, and a score of the training where no
    loss is logged.

    Where one file mixes groups and another holds the same loss clean, the clean one tells how the
    goal went.
    """
    training = [s for s in context.progress if s.split == "train"]
    plays = any(not context.is_measure(s) for s in training)
    losses = [] if plays else [s for s in training if _measured_rows(context, s)]
    for series in sorted(scores_of_the_whole(context), key=lambda s: _rank(context, s)):
        yield _goal(context, series, mode_of(context, series), BY_WHOLE())
    longest = max((_measured_rows(context, s) for s in losses), default=0)
    for series in sorted(losses, key=lambda s: _training_rank(context, s, longest)):
        yield _goal(context, series, "min", BY_TRAINING())
    if not context.progress:
        scores = [s for s in context.judged if is_score(context, s) and _measured_rows(context, s)]
        for series in sorted(scores, key=lambda s: _rank(context, s)):
            yield _goal(context, series, mode_of(context, series), BY_TRAIN_SCORE())


OWNED: Final = re.compile(
    r"(?P<stem>.{1,60})[_/](?:client_?|site_?|party_?)?(?P<id>[0-9a-f]{2,12})", re.IGNORECASE
)
"""A loss with a short id behind it, `loss_c99f`; one of several."""
LEAST_OWNERS: Final = 3


def scores_of_the_whole(context: Context) -> list[Series]:
    """Return the scores of nobody's own where every loss is one client's: what the server measures
    of the model that they train together. Every series asks for them.
    """
    if "scores_of_the_whole" not in context.answers:
        context.answers["scores_of_the_whole"] = _scores_of_the_whole(context)
    return context.answers["scores_of_the_whole"]


def _scores_of_the_whole(context: Context) -> list[Series]:
    losses = [
        s
        for s in context.progress
        if s.split == "train" and context.is_measure(s) and _measured_rows(context, s)
    ]
    if not losses or len(_owned(losses)) < len(losses):
        return []
    return [
        s
        for s in context.judged
        if is_score(context, s) and s.entity is None and _measured_rows(context, s) > 1
    ]


def _owned(losses: Sequence[Series]) -> list[Series]:
    """Return the losses that are of one client each: those with an entity, and those of three and
    more that differ in an id alone.
    """
    stems: dict[str, list[Series]] = {}
    for series in losses:
        match = OWNED.fullmatch(series.name)
        if match is not None and any(sign.isdigit() for sign in match["id"]):
            stems.setdefault(match["stem"].lower(), []).append(series)
    marked = {series.id for held in stems.values() if len(held) >= LEAST_OWNERS for series in held}
    return [series for series in losses if series.entity is not None or series.id in marked]


HARDLY: Final = 0.5
"""A loss with less than half of the rows of another says less of the training."""


def _training_rank(context: Context, series: Series, longest: int) -> tuple[object, ...]:
    return (
        series.entity is not None,
        context.has("mixture", series),
        _measured_rows(context, series) < HARDLY * longest,
        not is_total(series.name),
        series.metric_type != "cross_entropy",
    )
