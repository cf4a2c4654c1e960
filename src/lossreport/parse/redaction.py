"""Takes out of everything quoted what does not belong into a report that is passed on: secrets, people, home folders, addresses.

Applied where a run is put together, so that no later room ever sees it; numbers, and names of metrics and files, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from lossreport.model.run import FactValue

LOCAL: Final = frozenset(("127.0.0.1", "0.0.0.0"))
SECRET: Final = "[secret]"
PERSON: Final = "[user]"
HOST: Final = "[host]"
ADDRESS: Final = "[address]"
EMAIL: Final = "[email]"

SECRET_NAME: Final = re.compile(
    r"(?:.*[_.\-])?(?:api_?key|access_?key(?:_?id)?|secret(?:_?key)?|(?:auth|access|hf|hub|api|bearer|bot|refresh|github|gitlab|wandb)_?token|token|password|passwd|pwd"
    r"|credentials?|private_?key|webhook(?:_?url)?|cookie)",
    re.IGNORECASE,
)
PERSON_NAME: Final = re.compile(r"(?:.*[_.\-])?(?:user(?:_?name)?|login|author|owner|email|account)", re.IGNORECASE)
HOST_NAME: Final = re.compile(
    r"(?:.*[_.\-])?(?:host(?:_?name)?|node_?name|nodelist|master_addr|server|machine|ip(?:_?addr(?:ess)?)?)", re.IGNORECASE
)
"""Names of settings whose value, where it is a word, is a secret, a person or a machine."""
PATTERNS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), SECRET),
    (
        re.compile(
            r"\b(?:hf_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_\-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|glpat-[\w\-]{16,}|xox[abprs]-[\w\-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w\-]{30,})"
        ),
        SECRET,
    ),
    (re.compile(r"\beyJ[\w\-]{8,}\.[\w\-]{8,}\.[\w\-]{4,}"), SECRET),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/._\-=]{12,}"), lambda match: f"{match[1]} {SECRET}"),
    (
        re.compile(
            r"(?i)\b((?:[\w\-]*[_\-])?(?:api[_\-]?key|access[_\-]?key|secret|token|password|passwd))(\s*[=:]\s*|\s+)(['\"]?)(?!\[)([^\s'\",;&]*[A-Za-z_\-][^\s'\",;&]{5,})"
        ),
        lambda match: f"{match[1]}{match[2]}{match[3]}{SECRET}",
    ),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), SECRET),
    (re.compile(r"(?i)https://hooks\.\S+|https://open\.feishu\.cn/open-apis/bot/\S+|https://oapi\.dingtalk\.com/robot/\S+"), SECRET),
    (re.compile(r"\b[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*\.[A-Za-z]{2,}\b"), EMAIL),
    (re.compile(r"(?:/home|/Users|/export/home|/public/home|/mnt/home|/usr/home)/[^/\s'\",:;)\]}]+|/root(?=[/\s'\",:;)\]}]|$)"), "~"),
    (re.compile(r"(?i)[A-Z]:(?:\\\\?|/)Users(?:\\\\?|/)[^\\/\s'\",:;)\]}]+"), "~"),
    (re.compile(r"\b[\w.\-]+@[\w.\-]+(?=:[~/\s]|\s*[$#]\s)"), f"{PERSON}@{HOST}"),
    (
        re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]|-\d)"),
        lambda match: ADDRESS if all(int(part) < 256 for part in match[0].split(".")) and match[0] not in LOCAL else match[0],
    ),
    (re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])"), ADDRESS),
    (re.compile(r"\b(?:[\w\-]+\.)+(?:internal|local|lan|corp|intra|cluster)\b"), HOST),
)


def redact(text: str) -> str:
    """Return a text without secrets, e-mail addresses, home folders and addresses of machines; what is put there says what it was."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redact_fact(name: str, value: FactValue) -> FactValue:
    """Return a setting as it may be shown: by its name, then by what its words look like. Numbers are never touched."""
    if isinstance(value, tuple):
        return tuple(redact_fact(name, item) for item in value)
    if not isinstance(value, str) or not value.strip() or value.strip().lower() in ("none", "null", "true", "false"):
        return value
    for names, instead in ((SECRET_NAME, SECRET), (PERSON_NAME, PERSON), (HOST_NAME, HOST)):
        if names.fullmatch(name) and value not in ("localhost", *LOCAL):
            return instead
    return redact(value)
