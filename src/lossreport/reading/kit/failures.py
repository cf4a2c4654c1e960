"""How logs say that a training broke: it crashed (an exception, the hardware, the disk), or was
stopped from outside (a signal, a scheduler, a person).
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re
from lossreport.model.run import EventKind, Status
from lossreport.reading.kit.phrases import START, Phrase, phrase

SURVIVED: Final = (
    r"\b(?:skip\w*|ignor(?:e|ed|es|ing)|retry\w*|(?<!max )retries|recovered|caught|handled|continuing|fall"
    r"(?:ing)? ?back)\b|Warning: |\bwarnings\.warn\b|跳过|忽略|重试"
)
"""The program says that it went on."""
CODE: Final = r"^(?:raise|assert|if|print) ?[\w(]"
"""A line of the program that a traceback shows, not what it printed."""
SUPPOSED: Final = (
    r"\b(?:possible|potential|likely|common|root) (?:root )?causes?\b|^\W{0,3}\(\d\)\s|"
    r"^\W{0,3}\d\)\s"
)
"""Ray lists what may have killed a worker."""
RAISED: Final = r"^(?:[A-Za-z_]\w{0,60}\.){0,8}[A-Za-z_]\w{0,60}(?:Error|Exception)(?:: .*|:?$)"


def _crash(kind: EventKind, near: str, pattern: str, unless: str = SURVIVED) -> Phrase:
    return phrase(kind, Status.CRASHED, near, pattern, unless=unless)


def _stop(kind: EventKind, near: str, pattern: str, unless: str = "") -> Phrase:
    return phrase(kind, Status.INTERRUPTED, near, pattern, unless=unless)


NONFINITE: Final = (
    _crash(
        "nonfinite_exit",
        "nan|is inf|is -inf|was inf|became inf|infinite|finite|invalid loss",
        r"\bLoss is (?:nan|-?inf)\b|\bloss (?:became|went|is now) (?:infinite or )?nan\b|"
        r"\bLossTensor is inf or nan\b|\bModel diverged with loss = NaN\b"
        r"|\bInvalid loss, terminating training\b|\bNaN or Inf found in loss\b|"
        r"\bnon-?finite loss\b.{0,80}(?:stop|exit|abort)"
        r"|\bloss\b.{0,30}\b(?:is|was|became) (?:nan|inf|not finite|non-?finite)\b.{0,40}\b"
        r"(?:stop|exit|abort|terminat)",
        rf"{SURVIVED}|{CODE}",
    ),
)
GAVE_UP: Final = (
    _crash(
        "other",
        "explod|diverg|degenerate",
        r"\b(?:cost|loss|objective) (?:seems to be|is|has) explod(?:ing|ed)\b|\b(?:abort|stopp?|"
        r"terminat|exit)\w{0,4}\b.{0,60}\b(?:loss|cost|training|model) (?:has |is )?(?:explod|"
        r"diverg)(?:ing|ed)\b"
        r"|\b(?:loss|cost|training|model) (?:has |is )?(?:explod|diverg)(?:ing|ed)\b.{0,60}\b"
        r"(?:abort|stopp?|terminat|exit)"
        r"|\b(?:training )?(?:has )?stopped \(degenerate solution\b",
        SURVIVED + r"|\bif\b.{0,60}(?:explod|diverg)",
    ),
)
"""A program that watches its own loss and stops: of karpathy's neuraltalk and char-rnn, CatBoost
and others.
"""
MEMORY: Final = (
    _crash(
        "oom",
        "out of "
        "memory|outofmemory|oom|resource_exhausted|resourceexhausted|alloc|memoryerror|low on "
        "memory|显存|内存",
        r"CUDA out of memory|OutOfMemoryError|\bOOM[- ]?kill|\boom[_-]kill|\bout of memory: kill|"
        r"\bResourceExhaustedError|RESOURCE_EXHAUSTED: Out of memory"
        r"|not enough memory: you tried to allocate|CUBLAS_STATUS_ALLOC_FAILED|^MemoryError\b|"
        r"Unable to allocate [\d.]+ [KMGT]iB"
        r"|out of memory(?: error)?(?: on device|!|$)|node running low on memory|(?:显存|内存)"
        r"(?:不足|溢出|耗尽)|State\s{0,3}[:=]\s{0,3}OUT_OF_MEMORY",
        f"{SURVIVED}|{SUPPOSED}",
    ),
)
CRASHES: Final = (
    _crash("timeout", "nccl|watchdog", r"WorkNCCL\(.{0,300}time|Watchdog caught collective operation timeout|"
        r"\bNCCL\b.{0,80}\b"
        r"(?:timed out|operation timeout)\b", ""),
    _crash("other", "dataloader worker", r"\bDataLoader worker \(pid.{0,60}(?:killed by signal|exited unexpectedly)"),
    _crash(
        "other",
        "cuda|cudnn|cublas|nccl|device-side",
        r"\bCUDA error: |device-side assert triggered|\billegal memory access\b|\bCUDNN_STATUS_"
            r"(?!SUCCESS)\w|\bcuDNN error: |\bCUBLAS_STATUS_(?!SUCCESS)\w|\bNCCL error\b|"
            r"\bncclSystemError\b",
    ),
    _crash(
        "other",
        "fault|dumped|terminate called|fatal|bus error|corruption|illegal "
            "instruction|sigsegv|sigabrt|sigbus",
        r"\bSegmentation fault\b|\(core dumped\)|\bterminate called (?:after throwing|"
            r"without an active)|\bFatal Python error\b|\bBus error\b"
        r"|\bdouble free or corruption\b|\bmalloc\(\): .{0,40}corrupt|\bIllegal instruction\b|"
            r"\bSIG(?:SEGV|ABRT|BUS)\b",
        f"{SURVIVED}|{SUPPOSED}",
    ),
    _crash("other", "space left|quota|file handle|input/output|没有空间|磁盘", r"\bNo space left on device\b|\bDisk quota exceeded\b|\bStale file handle\b"
        r"|"
        r"\bInput/output error\b|设备上没有空间|磁盘(?:空间)?(?:不足|已满)"),
    _crash("other", "elastic|childfailed", r"\bChildFailedError\b|torch\.distributed\.(?:elastic|"
        r"launch).{0,80}\bFAILED\b"),
    _crash("other", "assertion", r"\bblock: \[\d+,\d+,\d+\], thread: \[\d+,\d+,\d+\] Assertion `"),
    _crash("other", "xid|off the bus|gpu is lost", r"\bNVRM: Xid\b|\bGPU has fallen off the bus\b|\bGPU is lost\b"),
    _crash("oom", "memory limit|low on resource", r"\b(?:Exceeded|exceeded) (?:job|step) memory limit\b|"
        r"\bnode was low on resource: memory\b"),
    _crash("other", "unrecognized arguments|arguments are required", r"^\S{1,60}\.py: error: (?:unrecognized arguments|"
        r"the following arguments are required)"),
    _crash("other", "open file|not found", r"^(?:\S{0,60}[/\\])?python[\d.]{0,5}: can't open file\b|^"
        r"(?:ba)?sh: .{1,80}: command not found$"),
    _crash("other", "loss scale already", r"\bCurrent loss scale already at minimum\b"),
    _crash("other", "label must be in", r"^(?:\W{0,3}Fatal\W{1,3})?Label must be in \[0,"),
    _crash("other", "mpirun noticed|mpi_abort", r"\bmpirun noticed that process\b|\bMPI_ABORT was invoked\b"),
    _crash("other", "address already", r"\bAddress already in use\b"),
    _crash("other", "omp: error", r"^OMP: Error #\d{1,4}:"),
    _crash("other", "huge value in q", r"\bNan, Inf or huge value in Q(?:ACC|POS|VEL)\b", ""),
    _crash("other", "size mismatch", r"\bsize mismatch for \S"),
    _crash("other", "no labels found|not start training", r"\bNo labels found in\b.{0,300}\bcan ?not start training\b"),
    _crash("other", "expected more than 1 value", r"^Expected more than 1 value per channel when training\b"),
    _crash("other", "ran out of data", r"\bYour input ran out of data; interrupting training\b"),
    _crash("other", "error occurred during training", rf"{START}(?:an |a )?(?:\w{{1,20}} )?error occurred during (?:the )?training\b"),
    _crash("other", "failed|errored|crashed", rf"{START}(?:the )?training (?:run |job |process )?(?:has )?(?:failed|"
        rf"errored|"
        rf"crashed)\b"),
    _crash("other", "训练", r"训练(?:过程)?(?:失败|出错|异常(?:终止|退出|结束))"),
    _crash("other", "srun: error", r"\bsrun: error: .{0,120}(?:Out Of Memory|Segmentation fault|Aborted|"
        r"Bus error|"
        r"Unable to)"),
    _crash("other", "state", r"\b(?:Job)?State\s{0,3}[:=]\s{0,3}(?:FAILED|NODE_FAIL|BOOT_FAIL)\b"),
    _crash("other", "(failed", r"W&B process to finish.{0,40}\(failed (?!255)\d"),
)  # fmt: skip
"""Without a traceback: time-outs of a collective, the hardware, the disk, a launcher's word."""
LONE_EXCEPTION: Final = _crash("other", "error|exception", RAISED)

STOPS: Final = (
    _stop("timeout", "time limit|walltime|state", r"DUE TO TIME LIMIT|PBS: job killed: walltime|"
        r"\bState\s{0,3}[:=]\s{0,3}TIMEOUT\b|"
        r"\bJob exceeded .{0,30}(?:walltime|time limit)"),
    _stop(
        "killed",
        "keyboardinterrupt|ctrl|^c|interrupt",
        r"(?<!except )(?<!except\()(?<!\()\bKeyboardInterrupt\b|\bCtrl\W{0,3}C (?:detected|"
            r"pressed|received)|^\^C$|\binterrupted by (?:the )?user\b|\b(?:training|run) "
            r"(?:was )?interrupted\b"
        r"|\bSaved interrupt\b|\binterrupted by signal (?:2|15)\b",
        r"\bpress\b|\bto (?:stop|abort|quit)\b",
    ),
    _stop("killed", "exiting from training", r"\bExiting from training early\b"),
    _stop("killed", "signal", r"\b(?:received|got) signal\W{0,3}(?:1|2|9|15)\b", r"\bclosing signal\b"),
    _stop(
        "killed",
        "sigterm|sigkill|sigint|sighup",
        r"\bSIG(?:TERM|KILL|INT|HUP)\b",
        rf"\b(?:handler|regist\w*|install\w*|closing signal|on|catch|bypass\w*|ignor\w*|trap|"
            rf"si_signo|kill\()|{SUPPOSED}",
    ),
    _stop("killed", "cancelled", r"\bCANCELLED (?:AT|BY|DUE|ON)\b|slurmstepd: error: .{0,200}CANCELLED|"
        r"\bState\s{0,3}[:=]\s{0,3}CANCELLED\b"),
    _stop("killed", "preempt", r"\b(?:was|been|got|is being|job|due to|state\W{1,3}) ?preempt(?:ed|ion)\b|"
        r"^PREEMPTED$", r"\b(?:if|when|may|can|will|could)\b"),
    _stop("killed", "killed|terminated", r"^(?:\S{1,40}: line \d+: +\d+ )?(?:Killed|Terminated)(?:$| {2,}\S)|"
        r"\bsrun: error: .{0,120}: (?:Killed|Terminated)$"),
    _stop("killed", "abort|cancel|terminated|stopped by|stopped manually", rf"{START}(?:the )?(?:training|run|job)(?: was| has been)? (?:aborted|"
        rf"cancell?ed|"
        rf"(?:stopped|terminated) (?:by|manually))"),
    _stop("killed", "(failed 255)", r"W&B process to finish.{0,40}\(failed 255\)"),
    _stop("killed", "中断|手动|终止", r"(?:用户|手动|人为|被)(?:手动|用户|强制|人为)?(?:中断|终止|停止|取消)|训练"
        r"(?:被|"
        r"已)?中断"),
)  # fmt: skip
"""Stopped from outside; the run itself had no fault."""

EXIT_CODE: Final = re.compile(
    r"\b(?:exit(?:ed|s|ing)?(?: unexpectedly)? with (?:exit |return )?(?:code|status)|"
    r"finished with exit code|exit[_ ]?(?:code|status)|exited with|return code|退出代码|"
    r"退出码)\s{0,3}[:=：为]?\s{0,3}"
    r"(?P<code>-?\d{1,10})(?!\d)",
    re.IGNORECASE,
)
BY_WHOM: Final = re.compile(
    r"(?:.{0,60}\b(?:process|program|script|job|task|training|run|main|launch\w*|python[\d.]{0,5}"
    r"|\S{1,60}\.(?:py|sh))\b.{0,24}|.{0,12}(?:进程|程序|作业|任务).{0,12}|srun: error: .{0,110}|"
    r".{0,90}\bfailed\W{0,3}|\W{0,4}(?:return|script|slurm|pbs|job)?\W{0,3})",
    re.IGNORECASE,
)
"""Whose code it is: that of the run, not of a command that it called."""
ABOUT_COMMAND: Final = re.compile(
    r"non-zero|\bsub-?process\b|\bcommand\b|\bif\b|\bnvidia-smi\b|\bgit\b|\bstate\W{1,3}"
    r"(?:OUT_OF_MEMORY|TIMEOUT|CANCELLED|FAILED|PREEMPTED|NODE_FAIL)\b",
    re.IGNORECASE,
)
BY_SIGNAL: Final = frozenset((130, -2, 143, -15, 129, -1, 131, -1073741510))
"""128 + the signal in a shell, minus the signal in Python: interrupt, termination, hang-up; the
last is Ctrl-C on Windows.
"""
BY_KILL: Final = frozenset((137, -9))
"""SIGKILL, as the out-of-memory killer of the kernel or a container sends it."""


def exit_of(text: str) -> Phrase | None:
    """Return what the exit code of the run tells, or None for a line without one."""
    match = EXIT_CODE.search(text)
    if (
        match is None
        or ABOUT_COMMAND.search(text)
        or BY_WHOM.fullmatch(text, 0, match.start()) is None
    ):
        return None
    code = int(match["code"])
    if code == 0:
        return EXITED
    if code in BY_SIGNAL:
        return SIGNALLED
    return KILLED if code in BY_KILL else FAILED


def _exit(kind: EventKind | None, ends: Status) -> Phrase:
    return Phrase(kind, ends, (), EXIT_CODE)


EXITED: Final = _exit(None, Status.FINISHED)
SIGNALLED: Final = _exit("killed", Status.INTERRUPTED)
KILLED: Final = _exit("killed", Status.CRASHED)
FAILED: Final = _exit("other", Status.CRASHED)
EXIT_NEAR: Final = "exit", "return code", "退出代码", "退出码"
