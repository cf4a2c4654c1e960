"""Checkpoints that cannot be loaded: other shapes or names, an optimizer of another model, a
damaged file, an unsafe pickle.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="checkpoints",
    order=38,
    endings=(
        Ending(
            id="checkpoint_shapes",
            pattern=words(
                r"size mismatch for |copying a param with shape|"
                r"You are trying to load a weight .{0,80}of shape|ignore_mismatched_sizes"
            ),
            title=Text(
                zh="checkpoint 中的参数形状与模型不同",
                en="Parameters of the checkpoint have other shapes than the model",
            ),
            means=Text(
                zh="类别数、词表或宽度与保存时的模型不一样；多数只差最后一层或 embedding。",
                en="Classes, vocabulary or width differ from the model that was saved; mostly "
                "only the last layer or the embedding.",
            ),
            do=Text(
                zh="续训时用保存时的配置；换任务时只载入形状相同的参数，其余重新初始化。",
                en="To resume, use the configuration of the checkpoint; for another task load "
                "only what has the same shape and initialise the rest.",
            ),
            reference="Spijkervet/BYOL #5: Missing key(s) and size mismatch",
            codes=(
                (
                    r"hf_|transformers|ignore_mismatched",
                    "from_pretrained(..., ignore_mismatched_sizes=True)",
                ),
            ),
            is_own=True,
        ),
        Ending(
            id="checkpoint_keys",
            pattern=words(
                r"Missing key\(s\) in state_dict|Unexpected key\(s\) in state_dict|"
                r"Error\(s\) in loading state_dict|KeyError: '(?:state_dict|model_state_dict|"
                r"optimizer_state_dict|model|net)'"
            ),
            title=Text(
                zh="checkpoint 中的参数名与模型不同",
                en="Parameters of the checkpoint have other names than the model",
            ),
            means=Text(
                zh="常见的是 DataParallel 留下的 `module.` 前缀、torch.compile 留下的 "
                "`_orig_mod.`，或结构已改。",
                en="Mostly a prefix `module.` of DataParallel or `_orig_mod.` of "
                "torch.compile, else the architecture has changed.",
            ),
            do=Text(
                zh="比较两边的前几个键，去掉前缀再载入；不要用 strict=False 掩盖，"
                "它会让大部分权重保持随机。",
                en="Compare the first keys of both and strip the prefix; do not hide it with "
                "strict=False, which leaves most weights random.",
            ),
            reference="menzelab/implicit-shape-reconstruction #2: Mismatch in `state_dict` keys if "
            "model is trained with `DataParallel`",
            codes=((r"", "state = {k.removeprefix('module.'): v for k, v in state.items()}"),),
            is_own=True,
        ),
        Ending(
            id="optimizer_groups",
            pattern=words(
                r"parameter group that doesn't match the size|"
                r"loaded state dict has a different number of parameter groups"
            ),
            title=Text(zh="优化器状态属于另一个模型", en="The optimizer state is of another model"),
            means=Text(
                zh="可训练参数的个数与保存时不同：冻结的层变了，或加了 LoRA、新的头。",
                en="The number of trainable parameters differs from when it was saved: other "
                "layers are frozen, or LoRA or a head was added.",
            ),
            do=Text(
                zh="恢复保存时的冻结设置，或只载入模型权重、让优化器从头开始（并重新 warm-up）。",
                en="Freeze what was frozen then, or load the weights alone and begin with a "
                "new optimizer (and warm-up).",
            ),
            reference="PyTorch documentation, torch.optim.Optimizer.load_state_dict",
            is_own=True,
        ),
        Ending(
            id="checkpoint_damaged",
            pattern=words(
                r"PytorchStreamReader failed|failed finding central directory|invalid load key|"
                r"Ran out of input|UnpicklingError: pickle data was truncated|HeaderTooLarge|"
                r"MetadataIncompleteBuffer|InvalidHeaderDeserialization"
                r"|not a ZIP archive|unexpected EOF, expected|DataLossError|"
                r"Unable to open file \(.{0,60}signature not found|truncated file"
            ),
            title=Text(
                zh="checkpoint 文件不完整或不是权重",
                en="The checkpoint file is incomplete or no checkpoint",
            ),
            means=Text(
                zh="保存时中断（磁盘满、进程被杀）、下载不完整，或只是 Git LFS 的指针文件。",
                en="Saving was cut short (disk full, process killed), a download is "
                "incomplete, or the file is a Git LFS pointer.",
            ),
            do=Text(
                zh="看文件大小，退回上一个 checkpoint；下载的文件重新下载并核对校验和。",
                en="Look at the size of the file, go back to the checkpoint before; download "
                "again and check the checksum.",
            ),
            reference="PyTorch documentation, Serialization semantics",
            codes=((r"invalid load key|HeaderTooLarge", "git lfs pull"),),
        ),
        Ending(
            id="weights_only",
            pattern=words(r"Weights only load failed|Unsupported global: GLOBAL|weights_only"),
            title=Text(
                zh="torch.load 拒绝载入含代码的文件", en="torch.load refuses a file that holds code"
            ),
            means=Text(
                zh="自 PyTorch 2.6 起默认只载入权重，而这个 checkpoint 里还有其他对象。",
                en="From PyTorch 2.6 on only weights are loaded by default, and this "
                "checkpoint holds other objects.",
            ),
            do=Text(
                zh="文件来源可信时允许那些类型或设 weights_only=False，来源不明时不要载入。",
                en="For a file you trust, allow its types or set weights_only=False; do not "
                "load one of unknown origin.",
            ),
            reference="PyTorch documentation, torch.load: weights_only",
            codes=((r"", "torch.load(path, weights_only=False)"),),
        ),
    ),
)
