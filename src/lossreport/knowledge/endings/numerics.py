"""Numbers that are no numbers any more, where the program stops at them: sampling, distributions,
loss scales, anomaly checks.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="numerics",
    order=28,
    endings=(
        Ending(
            id="loss_not_finite",
            pattern=words(
                r"\bloss(?:es)? (?:is|was|are|became|went|goes|turned|has become) (?:now )?"
                r"(?:infinite or )?(?:nan|-?inf(?:inity)?|not finite|non-?finite)\b|"
                r"\bLossTensor is inf or nan\b|\bdiverged with loss = NaN\b|NanLossDuringTraining|"
                r"NaN loss during training|\bnan or inf found in loss\b|\bnon-?finite loss\b|"
                r"\bloss (?:value )?(?:was |is )?(?:found )?NaN\b|\bgot nan loss\b|"
                r"\bLoss NaN encountered\b|\bTraining has diverged\b|"
                r"Predicted boxes or scores contain Inf/NaN"
            ),
            title=Text(
                zh="loss 变成了 NaN：多半是学习率太高",
                en="The loss became NaN: mostly the learning rate is too high",
            ),
            means=Text(
                zh="维护者最常确认的原因依次是：学习率太高（默认值也算，换了数据、batch "
                "或卡数之后尤其如此）；fp16 溢出；数据里有 NaN 或无效的标签、框；"
                "对 0 取 log 或除以 0。",
                en="What maintainers confirm most, in this order: a learning rate too high (the "
                "default too, above all with other data, batch or number of GPUs); an overflow of "
                "fp16; NaN or invalid labels or boxes in the data; a log of 0 or a division by 0.",
            ),
            do=Text(
                zh="先把学习率降到十分之一，加 warm-up 和梯度裁剪；仍是 NaN 就改用 bf16 或 fp32，"
                "再检查出错那个 batch 的输入与标签是否有限、是否在范围内。",
                en="Lower the learning rate to a tenth first, with a warm-up and clipped "
                "gradients; if it is NaN again, use bf16 or fp32, then check that inputs and "
                "labels of that batch are finite and in range.",
            ),
            reference="facebookresearch/Detectron #182: Loss is NaN, while training on both VOC "
            "data and Custom dataset",
            codes=(
                (
                    r"hf_|trl|swift|transformers|llamafactory",
                    "--learning_rate 1e-5 --warmup_ratio 0.1 --max_grad_norm 1.0",
                ),
                (r"lightning", "Trainer(gradient_clip_val=1.0, detect_anomaly=True)"),
            ),
            is_own=True,
        ),
        Ending(
            id="sampling_nan",
            pattern=words(
                r"probability tensor contains either|invalid multinomial distribution|"
                r"to satisfy the constraint \w.{0,80}but found invalid values|Assertion `.{0,60}"
                r"(?:probabilities|prob)|Expected parameter (?:loc|scale|logits|probs)|"
                r"ValueError: .{0,60}(?:loc|scale|logits|probs) has invalid values|"
                r"normal expects all elements of std >= 0"
            ),
            title=Text(
                zh="策略或语言模型的输出是 NaN",
                en="The output of the policy or language model is NaN",
            ),
            means=Text(
                zh="采样只是最先报错的地方：权重或 logits 在这之前已是 NaN 或 inf，"
                "多数源于学习率过高、半精度溢出或一次异常的更新。",
                en="Sampling is only where it shows first: weights or logits were NaN or inf "
                "before, mostly by a high learning rate, an overflow in half precision or "
                "one odd update.",
            ),
            do=Text(
                zh="从出错之前的 checkpoint 续训：降低学习率、裁剪梯度、用 bf16 或 fp32，"
                "并检查观测与奖励是否有限。",
                en="Resume from a checkpoint before it with a lower learning rate, clipped "
                "gradients and bf16 or fp32, and check that observations and rewards are "
                "finite.",
            ),
            reference="StarsfieldAI/R1-V #69: 计算一个step后出现RuntimeError: probability tensor "
            "contains either `inf`, `nan` or element < 0",
            codes=(
                (r"hf_|trl|swift|transformers|llamafactory", "--bf16 true --max_grad_norm 0.5"),
            ),
        ),
        Ending(
            id="loss_scale_minimum",
            pattern=words(
                r"Minimum loss scale reached|loss scale already at minimum|loss_scale.{0,40}below"
            ),
            title=Text(zh="loss scale 已降到下限", en="The loss scale is at its minimum"),
            means=Text(
                zh="连续很多步的 fp16 梯度都溢出：训练在此之前已经发散，或模型有 fp16 "
                "装不下的激活值。",
                en="The fp16 gradients overflowed in many steps in a row: the training "
                "diverged before, or the model has activations that fp16 cannot hold.",
            ),
            do=Text(
                zh="改用 bf16；只能用 fp16 时降低学习率、加长 warm-up 并打开梯度裁剪，"
                "从溢出之前的 checkpoint 续训。",
                en="Use bf16; where only fp16 is possible lower the learning rate, warm up "
                "longer, clip gradients, and resume from before the overflows.",
            ),
            reference="facebookresearch/fairseq #1529: FloatingPointError: Minimum loss scale "
            "reached (0.0001).",
            codes=(
                (r"fairseq", "--bf16 --clip-norm 1.0"),
                (r"deepspeed|hf_|transformers", "--bf16 true --fp16 false"),
            ),
        ),
        Ending(
            id="backward_nan",
            pattern=words(
                r"returned nan values in its \d+th output|FloatingPointError|NaN(?:s| or Inf)? "
                r"(?:detected|found|encountered)|nan in (?:gradient|summary)"
            ),
            title=Text(zh="程序在 NaN 处停下", en="The program stopped at a NaN"),
            means=Text(
                zh="报错的算子是第一个得到 NaN 的地方，起因常是 0 处的 sqrt、log、除法，"
                "或输入数据里就有 NaN。",
                en="The operator named is where NaN came first: mostly sqrt, log or a "
                "division at 0, or NaN in the data.",
            ),
            do=Text(
                zh="打印该步的输入与标签是否有限，给 sqrt、log 与分母加上够大的 eps（fp16 下 "
                "1e-5 以上），再降低学习率重试。",
                en="Check that inputs and labels of that step are finite, give sqrt, log and "
                "denominators a large enough eps (1e-5 or more in fp16), then try a lower "
                "learning rate.",
            ),
            reference="PyTorch documentation, torch.autograd.set_detect_anomaly",
            codes=((r"", "torch.autograd.set_detect_anomaly(True)"),),
        ),
    ),
)
