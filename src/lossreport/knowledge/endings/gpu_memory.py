"""The memory of the GPU is full: PyTorch, TensorFlow, JAX, the libraries below them, and engines
that serve beside the training.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

LESS = Text(
    zh="减小每卡 batch 或序列长度并用梯度累积补足，或打开 activation checkpointing；"
    "若只在验证时出现，减小验证 batch 并关闭梯度。",
    en="Use a smaller batch per device or shorter sequences and make up for it by gradient "
    "accumulation, or turn activation checkpointing on; where it happens in evaluation "
    "only, shrink that batch and switch gradients off.",
)
HALVED = (
    (
        r"hf_|transformers|llamafactory|swift|trl",
        "--per_device_train_batch_size 1 --gradient_accumulation_steps 8 "
        "--gradient_checkpointing true",
    ),
    (r"ultralytics|yolo", "yolo train ... batch=-1"),
    (r"lightning", "Trainer(accumulate_grad_batches=4)"),
)
"""The flags of each framework that trade memory for time."""

ENDINGS = Endings(
    id="gpu_memory",
    order=10,
    endings=(
        Ending(
            id="inference_engine_memory",
            pattern=words(
                r"No available memory for the cache blocks|"
                r"Free memory on device .{0,120}is less than desired GPU memory utilization"
            ),
            title=Text(zh="推理引擎分不到显存", en="The inference engine gets no GPU memory"),
            means=Text(
                zh="训练进程已占用的显存没有给引擎的 KV cache 留下空间。",
                en="What the training holds leaves no room for the engine's KV cache.",
            ),
            do=Text(
                zh="调低引擎的显存占比、让引擎在训练时休眠，或把它放到单独的卡上。",
                en="Give the engine a smaller share, let it sleep while the model trains, or "
                "put it on GPUs of its own.",
            ),
            reference="vLLM documentation: Conserving memory",
            codes=(
                (
                    r"vllm|trl|swift|hf_|No available memory|GPU memory utilization",
                    "--vllm_gpu_memory_utilization 0.3",
                ),
            ),
        ),
        Ending(
            id="gpu_memory",
            pattern=words(
                r"CUDA out of memory|(?:torch\.|cuda\.)OutOfMemoryError|(?:HIP|MPS|NPU|XPU)"
                r"(?: backend)? out of memory|CUDA error: out of memory"
                r"|CUBLAS_STATUS_ALLOC_FAILED|OOM when allocating tensor|ResourceExhaustedError|"
                r"RESOURCE_EXHAUSTED|cudaErrorMemoryAllocation"
                r"|CUDA_ERROR_OUT_OF_MEMORY|显存(?:不足|溢出|耗尽)|out of memory on device"
            ),
            title=Text(zh="显存不足", en="The GPU is out of memory"),
            means=Text(
                zh="这一步需要的显存超出了卡上剩余的量；若此前已训练很多步，"
                "常见原因是一个特别长的样本、验证，或显存逐步增长。",
                en="This step needs more memory than was free; after many steps that went "
                "well, look for one long sample, an evaluation, or memory that grows from "
                "step to step.",
            ),
            do=LESS,
            reference="PyTorch documentation, FAQ: My model reports “cuda runtime error(2): out of "
            "memory”",
            numbers=words(
                r"(?:Tried to allocate|trying to allocate) "
                r"(?P<wanted>[\d.]{1,12} ?[KMGTib]{1,5}).{0,400}?(?P<free>[\d.]{1,12} ?[KMGT]i?B)"
                r"(?: is)? free"
            ),
            said=Text(
                zh="报错要分配 {wanted}，只剩 {free}。",
                en="The message asks for {wanted} with {free} free.",
            ),
            codes=HALVED,
        ),
    ),
)
