"""Warnings that name a cause: the training goes on behind them, and whoever looks for the cause
asks for them (`analysis/causes/`).
"""

from __future__ import annotations

from typing import Final

from lossreport.reading.kit.phrases import Phrase, phrase


def _remark(near: str, pattern: str, unless: str = "") -> Phrase:
    return phrase("other", None, near, pattern, unless=unless)


MEANT: Final = (
    _remark("nan grad", r"\bsamples got nan grad\b|\bgot nan grad\b"),
    _remark("positive gain|no more leaves", r"\bNo further splits with positive gain\b|"
        r"\bthere are no more leaves that meet the split requirements\b"),
    _remark("is not correct", r"\bloss \(=\s?[-+\d.enaif]{1,60}\) is not correct\b"),
    _remark("lr_scheduler.step", r"\bDetected call of `?lr_scheduler\.step\(\)`? before\b"),
    _remark("using a target size", r"\bUsing a target size .{0,80}different to the input size\b"),
    _remark("find_unused_parameters", r"\bbut did not find any unused parameters\b"),
    _remark("grad strides", r"\bGrad strides do not match bucket view strides\b"),
    _remark("converge", r"\blbfgs failed to converge\b|\bObjective did not converge\b"),
    _remark("ill-defined", r"\bUndefinedMetricWarning: |\bis ill-defined and being set\b"),
    _remark("token indices", r"\bToken indices sequence length is longer\b"),
)  # fmt: skip
"""Those that mean something by themselves, without a row of a metric beside them: what each means
stands in `knowledge/remarks.toml`.
"""
REMARKS: Final = (
    *MEANT,
    _remark("no valid path", r"\bNo valid path found\b"),
    _remark("gradients at all steps", r"\bgradients at all steps are invalid\b"),
    _remark("grad norm is nan", r"\bgrad norm is nan\b"),
    _remark("labels", r"\bno labels found\b|\bAll labels empty\b|\bno labels in\b|\blabels? (?:are|"
        r"is) missing or empty\b|\b\d+ missing, \d+ empty\b|\bNo valid labels\b"),
    _remark("requires_grad", r"\bNone of the inputs have requires_grad\b"),
    _remark("newly initialized|not initialized", r"\bweights of .{1,120}(?:not initialized from|newly initialized)"),
    _remark("state dict", r"\bmodel and loaded state dict do not match exactly\b"),
    _remark("missing_keys|missing keys|unexpected_keys", r"\b(?:missing|unexpected)[_ ]keys?\W{1,6}[\w'\"\[]", unless=r"\b(?:missing|unexpected)[_ ]keys?\W{1,6}(?:\[\]|0\b|none\b)"),
    _remark("dataset is empty", r"\btesting results of the whole dataset is empty\b"),
    _remark("ran out of data", r"\binput ran out of data\b"),
    _remark("response key|response template", r"\bCould not find response (?:key|template)\b"),
    _remark("reducing learning rate", r"\breducing learning rate of group\b"),
    _remark("overlap_comm", r"\boverlap_comm\W{1,5}true\b"),
    _remark("deepspeed", r"\bDeepSpeed info: version\b|\bUsing DeepSpeed\b|\bdeepspeed_config\b|"
        r"\bdeepspeed\W{1,4}\S{0,80}\.json\b"),
    _remark("will train until|for early stopping", r"^\W{0,3}Will train until \S|\bwill be used for early stopping\b"),
    _remark("tensor(nan|tensor(inf|tensor(-inf", r"\bloss\w{0,40}\W{1,4}(?:\{.{0,200})?tensor\((?:nan|-?inf)\b"),
    _remark("empty slice", r"\bMean of empty slice\b"),
    _remark("ecc|xid", r"\bECC error\b.{0,60}\bcorrected\b"),
)  # fmt: skip
"""Of TensorFlow's CTC, ESPnet, Ultralytics, PyTorch, Transformers, MMDetection, LightGBM, Keras,
TRL, DeepSpeed and NumPy.
"""
