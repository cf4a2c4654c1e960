"""Tensors that do not fit together: device, type, shape, and the graph that gradients go back
through.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="tensors",
    order=40,
    endings=(
        Ending(
            id="device_mismatch",
            pattern=words(
                r"Expected all tensors to be on the same device|"
                r"Input type \(.{1,60}\) and weight type \(.{1,60}\) should be the same|"
                r"Expected object of (?:device type|backend)|tensors? (?:is|are) on (?:cpu|"
                r"cuda).{0,60}expected"
                r"|module must have its parameters and buffers on device"
            ),
            title=Text(zh="张量不在同一设备上", en="Tensors are on different devices"),
            means=Text(
                zh="一部分在 CPU、一部分在 GPU，或分在两张卡上：常见于新建的张量、没有注册成 "
                "buffer 的常量、忘了搬的 batch 或 loss 的权重。",
                en="Some are on the CPU and some on the GPU, or on two cards: tensors made on "
                "the way, constants that are no buffer, a batch or a loss weight that was "
                "not moved.",
            ),
            do=Text(
                zh="在报错那一行打印每个张量的 device，新建张量时写 device=x.device，常量用 "
                "register_buffer。",
                en="Print the device of each tensor at that line, make new ones with "
                "device=x.device, and register constants as buffers.",
            ),
            reference="PyTorch documentation, CUDA semantics: Device-agnostic code",
            is_own=True,
        ),
        Ending(
            id="dtype_mismatch",
            pattern=words(
                r"expected scalar type \w+ but found|expected m1 and m2 to have the same dtype|"
                r"must have the same dtype|Found dtype \w+ but expected|"
                r"\"\w+\" not implemented for '\w+'|Input type .{1,40}and bias type|"
                r"result type \w+ can't be cast"
            ),
            title=Text(zh="数值类型不一致", en="Number types do not match"),
            means=Text(
                zh="半精度与单精度（或整数）混在一个算子里：模型被 half() 而输入没有、在 "
                "autocast 之外计算，或标签类型不对。",
                en="Half and single precision (or integers) meet in one operator: a model in "
                "half with inputs that are not, code outside autocast, or labels of a "
                "wrong type.",
            ),
            do=Text(
                zh="参数保持 float32，把前向放进 autocast；标签按 loss 的要求转为 long 或 float。",
                en="Keep the parameters in float32 with the forward pass in autocast; turn "
                "labels into long or float as the loss asks.",
            ),
            reference="PyTorch documentation: Automatic Mixed Precision package, torch.amp",
            codes=((r"", "with torch.autocast('cuda', dtype=torch.bfloat16): ..."),),
            is_own=True,
        ),
        Ending(
            id="one_value_per_channel",
            pattern=words(r"Expected more than 1 value per channel when training"),
            title=Text(zh="最后一个 batch 只有一个样本", en="The last batch holds one sample"),
            means=Text(
                zh="BatchNorm 在训练时不能用一个样本求统计量。",
                en="BatchNorm cannot take statistics of a single sample while training.",
            ),
            do=Text(
                zh="丢弃不满的 batch，或改用 GroupNorm。",
                en="Drop the incomplete batch, or use GroupNorm.",
            ),
            reference="PyTorch documentation, torch.utils.data.DataLoader: drop_last",
            codes=((r"", "DataLoader(..., drop_last=True)"),),
            is_own=True,
        ),
        Ending(
            id="shape_mismatch",
            pattern=words(
                r"mat1 and mat2 shapes cannot be multiplied|size of tensor a \(\d+\) must match|"
                r"Given groups=\d+, weight of size|Sizes of tensors must match except|"
                r"shape '.{1,60}' is invalid for input of size|logits and labels must"
                r"|Expected input batch_size|Incompatible shapes|could not broadcast|"
                r"size mismatch, |Dimension out of range|shapes? .{1,80} (?:are|is) "
                r"(?:incompatible|not aligned)|must match the existing size|Input size .{1,60}"
                r"(?:expected|too small)"
                r"|is incompatible with the layer"
            ),
            title=Text(zh="张量形状不匹配", en="Shapes of tensors do not match"),
            means=Text(
                zh="输入的尺寸、通道数或类别数与这一层的设定不同；若已训练多步才出现，"
                "多半是最后一个不满的 batch 或一个异常样本。",
                en="Size, channels or classes of the input differ from what this layer was "
                "made for; after many steps, look at the last incomplete batch or one odd "
                "sample.",
            ),
            do=Text(
                zh="在报错那一行打印各张量的 shape；不满的 batch 用 drop_last，通道数统一为 3。",
                en="Print the shapes at that line; drop an incomplete batch, and turn all "
                "images into three channels.",
            ),
            reference="PyTorch documentation: Broadcasting semantics",
            is_own=True,
        ),
        Ending(
            id="modified_in_place",
            pattern=words(
                r"modified by an inplace operation|leaf Variable that requires grad is being used"
                r" in an in-place|a view of a leaf Variable"
            ),
            title=Text(
                zh="反向需要的张量被就地修改",
                en="A tensor that the backward pass needs was changed in place",
            ),
            means=Text(
                zh="前向之后、反向之前有 +=、relu(inplace=True) 之类的就地操作，或在 backward "
                "之前执行了 optimizer.step。",
                en="Between forward and backward something like += or relu(inplace=True) ran "
                "on it, or the optimizer stepped before backward.",
            ),
            do=Text(
                zh="打开 anomaly detection 看它指到的那一行，把就地操作改成新张量（x = x + y）。",
                en="Turn anomaly detection on, look at the line it names, and write a new "
                "tensor instead (x = x + y).",
            ),
            reference="pytorch/pytorch #96265: RuntimeError: one of the variables needed for "
            "gradient computation has been modified by an inplace operation",
            codes=((r"", "torch.autograd.set_detect_anomaly(True)"),),
            is_own=True,
        ),
        Ending(
            id="no_gradient_required",
            pattern=words(
                r"does not require grad and does not have a grad_fn|"
                r"None of the inputs have requires_grad|optimizer got an empty parameter list|"
                r"No gradients provided for any variable"
            ),
            title=Text(
                zh="loss 没有连到任何可训练参数",
                en="The loss is not connected to any trainable parameter",
            ),
            means=Text(
                zh="参数全被冻结、前向在 no_grad 里、经过 detach 或 .item()，或 LoRA 与 "
                "activation checkpointing 同开而输入没有梯度。",
                en="All parameters are frozen, the forward pass runs in no_grad or through "
                "detach or .item(), or LoRA meets activation checkpointing with inputs "
                "that need no gradient.",
            ),
            do=Text(
                zh="打印可训练参数的个数；LoRA 与 checkpointing 同开时调用 "
                "enable_input_require_grads。",
                en="Print the number of trainable parameters; with LoRA and checkpointing "
                "call enable_input_require_grads.",
            ),
            reference="cloneofsimo/lora #26: Gradient checkpointing blocks LoRA weight updates",
            codes=(
                (
                    r"hf_|transformers|peft|lora|llamafactory|swift|trl",
                    "model.enable_input_require_grads()",
                ),
            ),
            is_own=True,
        ),
        Ending(
            id="backward_twice",
            pattern=words(
                r"backward through the graph a second time|"
                r"Saved intermediate values of the graph are freed"
            ),
            title=Text(
                zh="同一计算图反向了两次", en="The same graph was used for two backward passes"
            ),
            means=Text(
                zh="保留了上一步的张量（隐状态、累积的 loss），反向又走回了旧的图。",
                en="A tensor kept from the step before (a hidden state, a loss that is added "
                "up) leads back into the old graph.",
            ),
            do=Text(
                zh="跨步保留的张量先 detach，累积日志用 loss.item()；两个 loss "
                "共用一张图时先相加再反向一次。",
                en="Detach what is kept from step to step, add up loss.item() for logs, and "
                "sum losses that share a graph before one backward.",
            ),
            reference="PyTorch documentation, torch.autograd.backward: retain_graph",
            is_own=True,
        ),
    ),
)
