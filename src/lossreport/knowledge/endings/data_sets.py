"""Data sets that hold nothing, or not what the program expects: paths, labels, cells."""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="data_sets",
    order=21,
    endings=(
        Ending(
            id="no_data",
            pattern=words(
                r"No labels found in|No images found in|\b0 images, \d+ backgrounds|"
                r"num_samples should be a positive|Found 0 (?:files|images|samples)\b|"
                r"Found no valid file for the classes|Couldn'?t find any class folder|"
                r"images not found|dataset not found|"
                r"need at least one array to (?:concatenate|stack)|(?:train|"
                r"data)\w{0,8} ?set is empty|Dataset is empty|n_samples=0\b|With n_samples=0"
            ),
            title=Text(
                zh="数据集是空的：没有找到图像或标签",
                en="The data set is empty: no images or labels were found",
            ),
            means=Text(
                zh="路径、文件扩展名或目录结构与读取代码要的不一致，或过滤之后什么也没剩下；全部"
                "算作背景的图像也是没有找到标签。",
                en="The paths, the endings of the files or the layout of the folders are not "
                "what the reading code expects, or a filter left nothing; images that all "
                "count as background are labels that were not found.",
            ),
            do=Text(
                zh="在训练之前打印训练集与验证集的长度和第一个样本；检查配置里的路径（图像与标签"
                "目录成对）、扩展名和缓存文件（删掉旧的 .cache）。",
                en="Print the length of both sets and a first sample before training; check "
                "the paths in the configuration (images and labels in pairs), the endings, "
                "and remove an old .cache file.",
            ),
            reference="Ultralytics documentation, Datasets: Object Detection Datasets Overview",
            codes=((r"", "print(len(train_set), len(val_set), train_set[0])"),),
            is_own=True,
        ),
        Ending(
            id="input_channels",
            pattern=words(
                r"expected input\[.{1,60}\] to have \d+ channels?, but got \d+ channels?"
            ),
            title=Text(
                zh="输入的通道数与第一层不符",
                en="The inputs have another number of channels than the first layer",
            ),
            means=Text(
                zh="图像是灰度（1）、带透明通道（4）或多光谱的，而模型按 3 通道构造；也可能"
                "是维度顺序为 NHWC。",
                en="The images are grey (1), have an alpha channel (4) or more bands, and the "
                "model was built for 3; or the order of the dimensions is NHWC.",
            ),
            do=Text(
                zh="读图时统一转换，或按数据设置模型的 in_channels；确认维度顺序是 NCHW。",
                en="Convert the images as they are read, or build the model with the "
                "in_channels of the data; make sure that the order is NCHW.",
            ),
            reference="PyTorch documentation: torch.nn.Conv2d",
            codes=((r"", "image = Image.open(path).convert('RGB')"),),
            is_own=True,
        ),
        Ending(
            id="input_too_small",
            pattern=words(
                r"Kernel size can't be greater than actual input size|"
                r"Output size is too small|Negative dimension size caused by subtracting"
            ),
            title=Text(
                zh="输入小到经不起这么多次下采样",
                en="The inputs are too small for so many reductions of their size",
            ),
            means=Text(
                zh="经过几层卷积和池化后，特征图比卷积核还小。",
                en="After some convolutions and poolings the feature map is smaller than the "
                "kernel.",
            ),
            do=Text(
                zh="放大输入，减少下采样层，或用自适应池化结尾。",
                en="Take larger inputs, fewer reductions, or end with an adaptive pooling.",
            ),
            reference="PyTorch documentation: torch.nn.AdaptiveAvgPool2d",
            is_own=True,
        ),
        Ending(
            id="no_number",
            pattern=words(
                r"could not convert string to float|"
                r"can't convert np\.ndarray of type numpy\.object_|"
                r"Failed to convert a NumPy array to a Tensor|"
                r"DataFrame\.dtypes for data must be"
            ),
            title=Text(
                zh="输入里有不是数值的内容",
                en="The inputs hold something that is no number",
            ),
            means=Text(
                zh="某一列是字符串或对象类型：表头被当成数据、类别没有编码、千位分隔符，或各行长"
                "度不一。",
                en="A column is text or of the type object: a head taken for data, categories "
                "that were not encoded, separators of thousands, or rows of different "
                "lengths.",
            ),
            do=Text(
                zh="打印每一列的 dtype，把类别编码、数值列转成 float32，长度不一的样本先补齐。",
                en="Print the type of every column, encode categories, turn columns of numbers "
                "into float32, and pad samples of different lengths.",
            ),
            reference="pandas documentation: pandas.to_numeric",
            codes=((r"", "print(frame.dtypes[frame.dtypes == object])"),),
            is_own=True,
        ),
        Ending(
            id="data_not_finite",
            pattern=words(
                r"Input (?:X |y )?contains (?:NaN|infinity)|"
                r"array must not contain infs or NaNs|Input data contains `?(?:inf|nan)"
            ),
            title=Text(
                zh="输入数据里有 NaN 或无穷大",
                en="The input data hold NaN or infinity",
            ),
            means=Text(
                zh="数据本身就有缺失或无穷大的值（除以 0、取 log、缺失单元格），与训练设置无关。",
                en="Values are missing or infinite in the data themselves (a division by 0, a "
                "log, empty cells); no setting of the training is at fault.",
            ),
            do=Text(
                zh="逐列数出非有限值，按含义填补或删掉这些行，再检查预处理里的除法与 log。",
                en="Count what is not finite by column, fill or drop it by its meaning, and "
                "check divisions and logs of the preparation.",
            ),
            reference="scikit-learn documentation: Imputation of missing values",
            codes=((r"", "print((~np.isfinite(X)).sum(axis=0))"),),
            is_own=True,
        ),
        Ending(
            id="data_ran_out",
            pattern=words(r"Your input ran out of data"),
            title=Text(
                zh="数据不够声明的步数",
                en="The data end before the steps that were announced",
            ),
            means=Text(
                zh="steps_per_epoch × epochs 多于数据集能给的 batch：迭代器用完，训练在此停下。",
                en="steps_per_epoch times epochs is more than the batches of the data set: its "
                "iterator is used up and the training stops there.",
            ),
            do=Text(
                zh="去掉 steps_per_epoch，或让数据集 repeat()。",
                en="Leave steps_per_epoch out, or let the data set repeat().",
            ),
            reference="Keras documentation: Model.fit, steps_per_epoch",
            codes=((r"keras|tensorflow", "dataset = dataset.repeat()"),),
            is_own=True,
        ),
        Ending(
            id="text_not_padded",
            pattern=words(
                r"Unable to create tensor, you should probably activate (?:truncation|"
                r"padding)|expected sequence of length \d+ at dim \d+ \(got \d+\)"
            ),
            title=Text(
                zh="样本长度不一，没有补齐",
                en="Samples of different lengths were not padded",
            ),
            means=Text(
                zh="一个 batch 里的序列（或标签）长度不同，不能组成一个张量。",
                en="The sequences of a batch, or their labels, have different lengths and make "
                "no tensor.",
            ),
            do=Text(
                zh="在 tokenizer 里打开 padding 与 truncation，或用会补齐标签的 collator。",
                en="Turn padding and truncation on in the tokenizer, or take a collator that "
                "pads the labels too.",
            ),
            reference="Hugging Face transformers documentation: Data Collator",
            codes=((r"hf_|trl|transformers", "data_collator=DataCollatorForSeq2Seq(tokenizer)"),),
            is_own=True,
        ),
    ),
)
