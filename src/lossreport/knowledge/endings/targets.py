"""Targets of another form than the loss asks for: shape, encoding, number of classes."""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="targets",
    order=35,
    endings=(
        Ending(
            id="targets_one_hot",
            pattern=words(
                r"1D target tensor expected, multi-target not supported|"
                r"multi-target not supported|"
                r"Can not squeeze dim\[\d\], expected a dimension of 1"
            ),
            title=Text(
                zh="标签是 one-hot，而 loss 要类别序号",
                en="The targets are one-hot, and the loss asks for class numbers",
            ),
            means=Text(
                zh="带类别序号的交叉熵（CrossEntropyLoss、sparse_cate"
                "gorical_crossentropy）收到了一行一个类别向量。",
                en="A cross-entropy of class numbers (CrossEntropyLoss, "
                "sparse_categorical_crossentropy) was given a vector of classes for each "
                "sample.",
            ),
            do=Text(
                zh="用 argmax 取类别序号，或换成接受 one-hot 的 loss。",
                en="Take the class numbers by argmax, or a loss that accepts one-hot targets.",
            ),
            reference="PyTorch documentation: torch.nn.CrossEntropyLoss",
            codes=(
                (r"keras|tensorflow", "loss='categorical_crossentropy'"),
                (r"", "target = target.argmax(dim=1)"),
            ),
            is_own=True,
        ),
        Ending(
            id="mask_has_channels",
            pattern=words(r"only batches of spatial targets supported"),
            title=Text(
                zh="分割的 mask 多了一个通道维",
                en="The mask of a segmentation has a channel too many",
            ),
            means=Text(
                zh="CrossEntropyLoss 要 N×H×W 的类别序号，而 mask "
                "是 N×C×H×W：按彩色图读入，或没有去掉通道维。",
                en="CrossEntropyLoss takes class numbers of N×H×W, and the mask is N×C×H×W: it "
                "was read as a colour image, or keeps its channel.",
            ),
            do=Text(
                zh="按单通道读 mask，squeeze 掉通道维，并确认取值是 0 到类别数减一。",
                en="Read the mask with one channel, squeeze it, and make sure that its values "
                "are 0 to the number of classes less one.",
            ),
            reference="PyTorch documentation: torch.nn.CrossEntropyLoss",
            codes=((r"", "mask = mask.squeeze(1).long()"),),
            is_own=True,
        ),
        Ending(
            id="target_size",
            pattern=words(
                r"Using a target size \(torch\.Size|"
                r"Target size \(torch\.Size.{1,60}must be the same as input size"
            ),
            title=Text(
                zh="标签与输出的形状不同",
                en="Targets and outputs differ in shape",
            ),
            means=Text(
                zh="逐元素的 loss（BCE、MSE）要两者形状相同；(N) 与 (N, 1)"
                " 会被广播成 N×N，算出来的是另一个 loss。",
                en="A loss of elements (BCE, MSE) needs both in one shape; (N) and (N, 1) "
                "would be broadcast to N×N, which is another loss.",
            ),
            do=Text(
                zh="对输出 squeeze(1)，或对标签 unsqueeze(1)，并转成 float。",
                en="Squeeze the output or unsqueeze the targets, and turn them into float.",
            ),
            reference="PyTorch documentation: torch.nn.BCEWithLogitsLoss",
            codes=((r"", "loss = criterion(logits.squeeze(1), target.float())"),),
            is_own=True,
        ),
        Ending(
            id="class_count",
            pattern=words(
                r"Invalid classes inferred from unique values|"
                r"does not match(?:es)? the length of `?CLASSES|num_classes.{0,40}(?:does not|"
                r"doesn't) match|Number of classes.{0,40}(?:does not|doesn't) match|"
                r"Received a label value of"
            ),
            title=Text(
                zh="类别数或类别编号与数据不符",
                en="The number of classes, or their numbering, is not that of the data",
            ),
            means=Text(
                zh="类别要从 0 连续编号到类别数减一：从 1 开始、有空缺，或输出层的大小不同"
                "都会这样。",
                en="Classes are numbered from 0 without gaps to their number less one: a count "
                "from 1, a gap, or another size of the last layer leads here.",
            ),
            do=Text(
                zh="打印标签里出现的全部取值，用 LabelEncoder 重新编号，并把 nu"
                "m_classes 设成它们的个数。",
                en="Print all values of the labels, number them anew (LabelEncoder), and set "
                "num_classes to their count.",
            ),
            reference="scikit-learn documentation: sklearn.preprocessing.LabelEncoder",
            codes=((r"", "print(np.unique(y))"),),
            is_own=True,
        ),
        Ending(
            id="text_longer_than_audio",
            pattern=words(
                r"Not enough time for target transition sequence|"
                r"Expected input_lengths to have value at (?:least|most)|"
                r"sequence_length\(\d+\) <= "
            ),
            title=Text(
                zh="文本比下采样后的语音还长",
                en="The text is longer than the speech after subsampling",
            ),
            means=Text(
                zh="CTC 的每个字符至少要一帧；下采样（常为 4 倍或 8 倍）之后帧数不够，"
                "对齐就不存在。",
                en="CTC needs a frame for every character; after subsampling (mostly by 4 or "
                "8) there are fewer, and no alignment exists.",
            ),
            do=Text(
                zh="去掉这些语句或减小下采样，并检查文本与音频是否对应。",
                en="Drop such utterances or subsample less, and check that texts and "
                "recordings belong together.",
            ),
            reference="TensorFlow documentation: tf.nn.ctc_loss",
            is_own=True,
        ),
    ),
)
