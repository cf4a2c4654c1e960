"""What the last lines of runs are known to mean: in every spelling; each family beside a line that
only looks like it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lossreport
from lossreport.knowledge.ending import ending_of, endings, told
from lossreport.knowledge.endings.table import entries
from lossreport.model.analysis import Recommendation
from lossreport.reading.kit.events import find_event

ROWS = [f"epoch {n} loss {3.0 - 0.1 * n:.4f}" for n in range(1, 9)]
TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/home/someone/project/train.py", line 42, in <module>',
    "    main()",
]
PACKAGE = (
    '  File "/opt/env/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1511, in '
    "_call_impl"
)

MESSAGES = """\
gpu_memory	torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.69 GiB total capacity; 21.61 GiB already allocated; 1.13 GiB free; 22.02 GiB reserved in total by PyTorch)
gpu_memory	torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 23.69 GiB of which 13.00 MiB is free. Process 12 has 22.5 GiB memory in use.
gpu_memory	jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1073741824 bytes.
gpu_memory	tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[64,512,28,28]
gpu_memory	RuntimeError: CUDA error: out of memory
gpu_memory	RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`
inference_engine_memory	ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.
job_memory	slurmstepd: error: Detected 1 oom-kill event(s) in StepId=1234.batch. Some of your processes may have been killed by the cgroup out-of-memory handler.
job_memory	State: OUT_OF_MEMORY (exit code 0)
job_memory	slurmstepd: error: Exceeded job memory limit at some point.
host_memory	kernel: Out of memory: Killed process 4123 (python) total-vm:98GB
host_memory	numpy.core._exceptions._ArrayMemoryError: Unable to allocate 74.5 GiB for an array with shape (100000, 100000) and data type float64
host_memory	RuntimeError: [enforce fail at alloc_cpu.cpp:75] . DefaultCPUAllocator: not enough memory: you tried to allocate 12884901888 bytes.
host_memory	MemoryError
killed_by_kernel	Killed
killed_by_kernel	Process finished with exit code 137 (interrupted by signal 9:SIGKILL)
killed_by_kernel	[launch.py:434:sigkill_handler] ['/usr/bin/python', '-u', 'train.py'] exits with return code = -9
killed_by_kernel	ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: -9) local_rank: 0 (pid: 29066) of binary: /usr/bin/python
shared_memory	RuntimeError: DataLoader worker (pid 13) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory.
shared_memory	ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).
loader_worker	RuntimeError: DataLoader worker (pid(s) 3216) exited unexpectedly
open_files	OSError: [Errno 24] Too many open files: '/data/x.jpg'
loader_timeout	RuntimeError: DataLoader timed out after 120 seconds
forked_cuda	RuntimeError: Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the 'spawn' start method
ragged_batch	RuntimeError: stack expects each tensor to be equal size, but got [3, 224, 224] at entry 0 and [1, 224, 224] at entry 3
collective_timeout	[E ProcessGroupNCCL.cpp:737] [Rank 1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=469508, OpType=ALLREDUCE, Timeout(ms)=1800000) ran for 1802212 milliseconds before timing out.
collective_connection	torch.distributed.DistBackendError: NCCL error in: ../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:1333, remote process exited or there was a network error, NCCL version 2.18.1
rendezvous	torch.distributed.DistStoreError: Timed out after 1801 seconds waiting for clients. 1/2 clients joined.
port_in_use	RuntimeError: The server socket has failed to listen on any local network address. The server socket has failed to bind to [::]:29500 (errno: 98 - Address already in use).
unused_parameters	RuntimeError: Expected to have finished reduction in the prior iteration before starting a new one. This error indicates that your module has parameters that were not used in producing loss.
ready_twice	RuntimeError: Expected to mark a variable ready only once.
launcher_report	torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
label_out_of_range	../aten/src/ATen/native/cuda/NLLLoss2d.cu:103: nll_loss2d_forward_kernel: block: [5,0,0], thread: [996,0,0] Assertion `t >= 0 && t < n_classes` failed.
label_out_of_range	IndexError: Target 10 is out of bounds.
label_out_of_range	[LightGBM] [Fatal] Label must be in [0, 3), but found 3 in label
label_out_of_range	tensorflow.python.framework.errors_impl.InvalidArgumentError: Received a label value of 10 which is outside the valid range of [0, 10).
embedding_index	IndexError: index out of range in self
embedding_index	../aten/src/ATen/native/cuda/Indexing.cu:1146: indexSelectLargeIndex: block: [12,0,0], thread: [64,0,0] Assertion `srcIndex < srcSelectDimSize` failed.
target_outside_unit	../aten/src/ATen/native/cuda/Loss.cu:94: operator(): block: [0,0,0], thread: [1,0,0] Assertion `input_val >= zero && input_val <= one` failed.
device_assert	RuntimeError: CUDA error: device-side assert triggered
illegal_access	RuntimeError: CUDA error: an illegal memory access was encountered
hardware	RuntimeError: CUDA error: uncorrectable ECC error encountered
hardware	NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.
gpu_library	RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED
no_kernel_image	RuntimeError: CUDA error: no kernel image is available for execution on the device
device_ordinal	RuntimeError: CUDA error: invalid device ordinal
loss_not_finite	RuntimeError: loss became NaN
loss_not_finite	tensorflow.python.training.basic_session_run_hooks.NanLossDuringTrainingError: NaN loss during training.
no_gpu	RuntimeError: No CUDA GPUs are available
device_mismatch	RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!
device_mismatch	RuntimeError: Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same
dtype_mismatch	RuntimeError: expected scalar type Half but found Float
dtype_mismatch	RuntimeError: mat1 and mat2 must have the same dtype, but got Float and Half
one_value_per_channel	ValueError: Expected more than 1 value per channel when training, got input size torch.Size([1, 512])
shape_mismatch	RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 256x10)
shape_mismatch	RuntimeError: The size of tensor a (128) must match the size of tensor b (64) at non-singleton dimension 1
modified_in_place	RuntimeError: one of the variables needed for gradient computation has been modified by an inplace operation: [torch.cuda.FloatTensor [64]]
no_gradient_required	RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn
backward_twice	RuntimeError: Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed).
checkpoint_keys	RuntimeError: Error(s) in loading state_dict for ResNet:
checkpoint_keys	Missing key(s) in state_dict: "conv1.weight"
checkpoint_shapes	size mismatch for fc.weight: copying a param with shape torch.Size([1000, 512]) from checkpoint, the shape in current model is torch.Size([10, 512]).
optimizer_groups	ValueError: loaded state dict contains a parameter group that doesn't match the size of optimizer's group
checkpoint_damaged	RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory
weights_only	_pickle.UnpicklingError: Weights only load failed. This file can still be loaded
disk_full	OSError: [Errno 28] No space left on device
disk_full	RuntimeError: [enforce fail at inline_container.cc:471] . PytorchStreamWriter failed writing file data/3: file write failed
storage_fault	OSError: [Errno 116] Stale file handle
permission	PermissionError: [Errno 13] Permission denied: '/data/out'
file_missing	FileNotFoundError: [Errno 2] No such file or directory: 'data/train.txt'
file_missing	python: can't open file 'train.py': [Errno 2] No such file or directory
gated_repo	huggingface_hub.errors.GatedRepoError: 401 Client Error. Cannot access gated repo for url https://huggingface.co/x
too_many_requests	requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://huggingface.co/x
no_connection	requests.exceptions.ConnectionError: HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded with url: /x
tracker_login	wandb.errors.UsageError: api_key not configured (no-tty). call wandb.login(key=[your_api_key])
import_error	ModuleNotFoundError: No module named 'flash_attn'
binary_mismatch	ImportError: /usr/lib/x/flash_attn_2_cuda.so: undefined symbol: _ZN3c105ErrorC2ENS
arguments	train.py: error: unrecognized arguments: --lrr 0.1
arguments	TypeError: TrainingArguments.__init__() got an unexpected keyword argument 'evaluation_strategy'
sampling_nan	RuntimeError: probability tensor contains either `inf`, `nan` or element < 0
sampling_nan	ValueError: Expected parameter loc (Tensor of shape (64, 6)) of distribution Normal(loc: torch.Size([64, 6])) to satisfy the constraint Real(), but found invalid values:
loss_scale_minimum	FloatingPointError: Minimum loss scale reached (0.0001). Your loss is probably exploding.
loss_scale_minimum	Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run.
backward_nan	RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
time_limit	slurmstepd: error: *** JOB 123 ON node1 CANCELLED AT 2024-01-01T00:00:00 DUE TO TIME LIMIT ***
preempted	slurmstepd: error: *** JOB 123 ON node1 CANCELLED AT 2024-01-01T00:00:00 DUE TO PREEMPTION ***
interrupted_by_hand	KeyboardInterrupt
cancelled	slurmstepd: error: *** JOB 123 ON node1 CANCELLED AT 2024-01-01T00:00:00 ***
cancelled	torch.distributed.elastic.multiprocessing.api.SignalException: Process 99 got signal: 15
segfault	Segmentation fault (core dumped)
missing_key	KeyError: 'labels'
schedule_over	ValueError: Tried to step 60002 times. The specified number of total steps is 60000
empty_label	tensorflow.python.framework.errors_impl.InvalidArgumentError: Labels length is zero in batch 0
ctc_blank_in_labels	tensorflow.python.framework.errors_impl.InvalidArgumentError: Saw a non-null label (index >= num_classes - 1) following a null label, batch: 1 num_classes: 126 labels:
assertion	AssertionError: expected 3 channels
spawn_without_guard	AttributeError: Can't pickle local object 'main.<locals>.<lambda>'
no_process_group	ValueError: Error initializing torch.distributed using env:// rendezvous: environment variable RANK expected, but not set
duplicate_gpu	torch.distributed.DistBackendError: NCCL error in: x, invalid usage. Duplicate GPU detected : rank 1 and rank 0 both on CUDA device 4000
cuda_error	RuntimeError: CUDA error: initialization error
no_data	RuntimeError: train: No labels found in /data/a.cache, can not start training.
no_data	ValueError: num_samples should be a positive integer value, but got num_samples=0
no_data	FileNotFoundError: Found no valid file for the classes cats. Supported extensions are: .jpg
input_channels	RuntimeError: Given groups=1, weight of size [64, 3, 7, 7], expected input[8, 4, 224, 224] to have 3 channels, but got 4 channels instead
input_too_small	RuntimeError: Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size can't be greater than actual input size
no_number	ValueError: could not convert string to float: 'abc'
no_number	ValueError: Failed to convert a NumPy array to a Tensor (Unsupported object type list).
data_not_finite	ValueError: Input X contains NaN.
data_not_finite	ValueError: Input contains infinity or a value too large for dtype('float32').
data_ran_out	tensorflow: Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least `steps_per_epoch * epochs` batches
text_not_padded	ValueError: Unable to create tensor, you should probably activate truncation and/or padding with 'padding=True' 'truncation=True'
text_not_padded	ValueError: expected sequence of length 128 at dim 1 (got 94)
targets_one_hot	RuntimeError: 1D target tensor expected, multi-target not supported
targets_one_hot	InvalidArgumentError: Can not squeeze dim[1], expected a dimension of 1, got 10
mask_has_channels	RuntimeError: only batches of spatial targets supported (3D tensors) but got targets of dimension: 4
target_size	ValueError: Using a target size (torch.Size([64])) that is different to the input size (torch.Size([64, 1])) is deprecated. Please ensure they have the same size.
class_count	ValueError: Invalid classes inferred from unique values of `y`.  Expected: [0 1 2], got [1 2 3]
class_count	AssertionError: The `num_classes` (80) in Shared2FCBBoxHead of MMDataParallel does not matches the length of `CLASSES` 3) in CocoDataset
text_longer_than_audio	InvalidArgumentError: Not enough time for target transition sequence (required: 28, available: 24)0You can turn this error into a warning by using the flag ignore_longer_outputs_than_inputs
no_padding_token	ValueError: Asking to pad but the tokenizer does not have a padding token. Please select a token to use as `pad_token`
quantised_without_adapters	ValueError: You cannot perform fine-tuning on purely quantized models. Please attach trainable adapters on top of the quantized model
adapter_targets	ValueError: Target modules {'q_proj', 'v_proj'} not found in the base model. Please check the target modules and try again.
unscale_half	ValueError: Attempting to unscale FP16 gradients.
no_inf_checks	AssertionError: No inf checks were recorded for this optimizer.
no_loss_returned	ValueError: The model did not return a loss from the inputs, only the following keys: logits. For reference, the inputs it received are input_ids,attention_mask.
no_columns_left	ValueError: No columns in the dataset match the model's forward method signature: (input_ids, labels).
metric_not_logged	lightning.fabric.utilities.exceptions.MisconfigurationException: `ModelCheckpoint(monitor='val_acc')` could not find the monitored key in the returned metrics
metric_not_logged	KeyError: 'eval_loss'
metric_not_logged	RuntimeError: Early stopping conditioned on metric `val_loss` which is not available. Pass in or modify your `EarlyStopping` callback
attention_kernel	RuntimeError: FlashAttention only support fp16 and bf16 data type
attention_kernel	RuntimeError: FlashAttention only supports Ampere GPUs or newer.
meta_tensor	NotImplementedError: Cannot copy out of meta tensor; no data!
gym_api	ValueError: not enough values to unpack (expected 5, got 4)
gym_api	TypeError: reset() got an unexpected keyword argument 'seed'
numpy_alias	AttributeError: module 'numpy' has no attribute 'int'.
loss_not_finite	FloatingPointError: Predicted boxes or scores contain Inf/NaN. Training has diverged.
sampling_nan	RuntimeError: normal expects all elements of std >= 0.0"""
"""The id, a tab, and a message as the libraries print it."""

ONLY_LOOKS_LIKE_IT = {
    "gpu_memory": "WARNING: CUDA out of memory in batch 3, retrying with batch size 8",
    "host_memory": "memory limit of the job: 64 GB (MemoryError is caught and the cache dropped)",
    "loader": "loader: shared memory 16 GB at /dev/shm, 8 workers",
    "collectives": "NCCL watchdog enabled, timeout set to 1800 s",
    "indices": "checking labels: 0 <= t < n_classes for all targets",
    "devices": "cudnn.benchmark = True, CUDA error checks on",
    "tensors": "note: inputs of dtype Half are cast to Float",
    "checkpoints": "ignoring size mismatch for fc.weight, initialising it anew",
    "storage": "disk: 1.2 TB free; file logs/old.txt not found, starting a new one",
    "network": "ConnectionError while reporting, retrying in 5 s",
    "environment": "flash_attn not installed, falling back to the math kernel",
    "numerics": "NaN checks: on (nan in gradient is skipped)",
    "stopped": "press Ctrl-C to stop; the time limit of the job is 24 h",
    "table": "note: numpy 2 is installed, images without labels are skipped, bf16 is on",
    "program": "assertions: enabled, keys checked: labels",
    "data_sets": "data: 0 files skipped, no labels missing; Found 1200 images",
    "targets": "targets: one-hot, num_classes matches the labels",
    "trainers": "padding token: none, quantized: no, metric_for_best_model: eval_loss",
}
"""Settings, what was survived, and plans."""


def cases() -> list[tuple[str, str]]:
    told = [tuple(line.split("\t")) for line in MESSAGES.splitlines()]
    return [*told, *((row["id"], row["example"]) for row in entries())]  # type: ignore[list-item]


def ended(folder: Path, lines: list[str]) -> Recommendation | None:
    """Return the step about how a run ended that wrote rows and then these lines."""
    (folder / "train.log").write_text("\n".join([*ROWS, *lines]) + "\n")
    known = {one.reference for one in endings()}
    steps = lossreport.analyze(lossreport.read_run([folder])).recommendations
    return next(
        (step for step in steps if step.source in known or "exception" in step.text.plain("en")),
        None,
    )


@pytest.mark.parametrize(("meaning", "message"), cases())
def test_a_message_is_known_for_what_it_means(meaning: str, message: str) -> None:
    found = ending_of(message)
    assert found is not None
    assert found.id == meaning


@pytest.mark.parametrize(
    "message",
    [line for meaning, line in cases() if not line.startswith(("Missing key", "State: "))],
    ids=lambda line: line[:40],
)
def test_a_message_that_stands_alone_is_an_event(message: str) -> None:
    assert find_event(message) is not None


def test_every_ending_has_a_message_or_is_listed() -> None:
    assert {one.id for one in endings()} == {meaning for meaning, _ in cases()}


@pytest.mark.parametrize("family", sorted(ONLY_LOOKS_LIKE_IT))
def test_what_only_looks_like_it_ends_nothing(family: str, tmp_path: Path) -> None:
    assert ended(tmp_path, [ONLY_LOOKS_LIKE_IT[family]]) is None


def test_the_families_all_have_a_line_that_only_looks_like_it() -> None:
    folder = Path(lossreport.__file__).parent / "knowledge" / "endings"
    assert {path.stem for path in folder.glob("[a-z]*.py")} == set(ONLY_LOOKS_LIKE_IT)


def test_a_traceback_is_told_with_its_place_in_the_own_code(tmp_path: Path) -> None:
    step = ended(
        tmp_path,
        [
            *TRACEBACK,
            PACKAGE,
            "    return forward()",
            "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 256x10)",
        ],
    )
    assert step is not None
    said = step.text.plain("en")
    assert "train.log:14" in said
    assert "in your own code at train.py:42" in said
    assert "someone" not in said


def test_an_exception_that_is_caught_is_no_end(tmp_path: Path) -> None:
    more = [f"epoch {n} loss {3.0 - 0.1 * n:.4f}" for n in range(9, 15)]
    assert (
        ended(
            tmp_path,
            [
                *TRACEBACK,
                "FileNotFoundError: [Errno 2] No such file or directory: 'extra.txt'",
                *more,
            ],
        )
        is None
    )


def test_the_line_that_knows_more_is_taken() -> None:
    broad = "RuntimeError: CUDA error: device-side assert triggered"
    special = "block: [0,0,0], thread: [1,0,0] Assertion `t >= 0 && t < n_classes` failed."
    found = told([broad, special])
    assert found is not None
    assert (found[0], found[1].id) == (1, "label_out_of_range")


def test_of_two_that_know_the_first_is_taken() -> None:
    found = told(
        ["CUDA out of memory", "[Rank 1] Watchdog caught collective operation timeout: WorkNCCL("]
    )
    assert found is not None
    assert found[0] == 0


def test_what_follows_an_unknown_exception_is_its_consequence() -> None:
    assert (
        told(["ValueError: the odd case", "requests.exceptions.ConnectionError: refused"]) is None
    )


def test_numbers_of_the_message_and_a_line_to_type_are_told(tmp_path: Path) -> None:
    message = (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a "
        "total capacity of 23.69 GiB of which 13.00 MiB is free."
    )
    step = ended(tmp_path, [*TRACEBACK, message])
    assert step is not None
    assert "asks for 20.00 MiB with 13.00 MiB free" in step.text.plain("en")
    assert step.when == "now"


def test_the_event_that_ended_the_run_names_its_cause_in_the_json(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(
        "\n".join([*ROWS, *TRACEBACK, "IndexError: Target 10 is out of bounds."]) + "\n"
    )
    (event,) = lossreport.analyze(lossreport.read_run([tmp_path])).runs[0].events
    assert (event.cause, event.frame) == ("label_out_of_range", "train.py:42")


@pytest.mark.parametrize("row", entries(), ids=lambda row: row["id"])
def test_an_entry_of_the_table_says_all_in_both_languages_and_where_it_is_from(
    row: dict[str, Any],
) -> None:
    assert row["reference"]
    for part in ("title", "means", "do"):
        assert set(row[part]) == {"zh", "en"}
        assert all(text.strip() for text in row[part].values())
    assert {row[part]["zh"][-1] for part in ("means", "do")} == {"。"}
    assert {row[part]["en"][-1] for part in ("means", "do")} == {"."}
