"""What is installed and how the program was called: missing packages, binaries that do not fit,
arguments that are not known.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="environment",
    order=45,
    endings=(
        Ending(
            id="binary_mismatch",
            pattern=words(
                r"undefined symbol|GLIBC(?:XX)?_[\d.]+['’]? not found|"
                r"compiled against ABI version|numpy\.dtype size changed|binary incompatibility|"
                r"cannot open shared object file|DLL load failed|compiled using NumPy 1\.x|"
                r"_ARRAY_API not found"
                r"|Detected that PyTorch and \w+ were compiled with different CUDA|"
                r"Error building extension|Ninja is required|"
                r"CUDA_HOME environment variable is not set|nvcc.{0,60}(?:failed|error)"
            ),
            title=Text(zh="安装的二进制彼此不匹配", en="Installed binaries do not fit together"),
            means=Text(
                zh="扩展（flash-attn、apex、torchvision、deepspeed 算子等）是为另一版 "
                "PyTorch、CUDA 或 NumPy 编译的，或编译失败。",
                en="An extension (flash-attn, apex, torchvision, operators of deepspeed) was "
                "built for another PyTorch, CUDA or NumPy, or its build failed.",
            ),
            do=Text(
                zh="在当前环境里重新编译或安装匹配的版本；最稳妥的是新建环境，先装 PyTorch "
                "再装扩展。",
                en="Build it anew in this environment or install versions that match; safest "
                "is a fresh environment, PyTorch first.",
            ),
            reference="PyTorch documentation, torch.utils.cpp_extension",
            codes=((r"", "python -m torch.utils.collect_env"),),
            is_own=True,
        ),
        Ending(
            id="import_error",
            pattern=words(
                r"ModuleNotFoundError|ImportError|No module named|cannot import name|"
                r"command not found"
            ),
            title=Text(zh="缺少软件包或版本不对", en="A package is missing or of another version"),
            means=Text(
                zh="没有安装、装在别的环境里，或新版本里这个名字已不存在。",
                en="It is not installed, installed in another environment, or newer versions "
                "no longer have the name.",
            ),
            do=Text(
                zh="确认用的是哪个 python，按项目的 requirements 安装所写的版本。",
                en="See which python runs, and install the versions that the project's "
                "requirements name.",
            ),
            reference="Python documentation, Built-in Exceptions: ImportError",
            numbers=words(r"(?:No module named|cannot import name) ['\"“](?P<name>[\w.]{1,80})"),
            said=Text(zh="缺的是 `{name}`。", en="What is missing is `{name}`."),
            is_own=True,
        ),
        Ending(
            id="arguments",
            pattern=words(
                r"error: (?:unrecognized arguments|the following arguments are required|"
                r"argument \S)|unexpected keyword argument|"
                r"Some keys are not used by the HfArgumentParser|missing \d+ required positional|"
                r"Key '?\w+'? is not in struct|ConfigAttributeError|MissingMandatoryValue"
            ),
            title=Text(zh="参数或配置项不被认识", en="An argument or setting is not known"),
            means=Text(
                zh="名字写错，或装的版本与脚本所写的不同（改名、删除、尚未加入）。",
                en="It is misspelt, or the version installed differs from the one the script "
                "was written for (renamed, removed, not there yet).",
            ),
            do=Text(
                zh="用 --help 或该版本的文档核对名字，或换成脚本所要求的版本。",
                en="Check the name with --help or the documentation of that version, or "
                "install the version the script asks for.",
            ),
            reference="Python documentation, argparse: exiting and error messages",
            numbers=words(
                r"(?:unrecognized arguments:?|keyword argument|are required:|"
                r"error: argument) ['\"]?(?P<name>[\w\-./]{1,60})"
            ),
            said=Text(zh="指的是 `{name}`。", en="It is about `{name}`."),
            is_own=True,
        ),
    ),
)
