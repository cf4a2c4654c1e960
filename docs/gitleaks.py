"""Takes the rules of gitleaks over as data: `python docs/gitleaks.py path/to/a/clone/of/gitleaks`
writes src/lossreport/reading/privacy/gitleaks.json.

The patterns are written for RE2; what Python spells otherwise (flags in the middle, classes of
POSIX, the end of the text) is turned.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

PRIVACY: Final = Path(__file__).parents[1] / "src/lossreport/reading/privacy"
POSIX: Final = {
    "[:alnum:]": "A-Za-z0-9",
    "[:alpha:]": "A-Za-z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9A-Fa-f",
}
LEFT_OUT: Final = {
    "generic-api-key": "guesses by entropy: names of settings say it better here",
    "kubernetes-secret-yaml": "spans many lines",
    "pkcs12-file": "is about names of files",
} | dict.fromkeys(
    (
        "aws-access-token",
        "cisco-meraki-api-key",
        "cohere-api-token",
        "curl-auth-header",
        "curl-auth-user",
        "okta-access-token",
        "privateai-api-token",
    ),
    "takes more time than in proportion to its text, or tens of microseconds a character",
)


def main(clone: Path) -> None:
    """Write the rules and their licence."""
    config = tomllib.loads((clone / "config/gitleaks.toml").read_text(encoding="utf-8"))
    commit = subprocess.run(
        ["git", "-C", clone, "rev-parse", "HEAD"], capture_output=True, check=True, text=True
    ).stdout.strip()
    rules = [taken(rule) for rule in config["rules"] if rule["id"] not in LEFT_OUT]
    head = {
        "source": f"https://github.com/gitleaks/gitleaks/blob/{commit}/config/gitleaks.toml",
        "licence": "MIT, see gitleaks.LICENSE",
    }
    lines = ",\n".join(json.dumps(rule, ensure_ascii=False) for rule in rules)
    (PRIVACY / "gitleaks.json").write_text(
        json.dumps(head)[:-1] + f', "rules": [\n{lines}\n]}}\n', encoding="utf-8"
    )
    (PRIVACY / "gitleaks.LICENSE").write_bytes((clone / "LICENSE").read_bytes())


def taken(rule: dict[str, Any]) -> dict[str, Any]:
    """Return one rule with its pattern in Python's spelling; of its exceptions those that look at
    the secret.
    """
    allowed = [
        one
        for held in rule.get("allowlists", [])
        if held.get("regexTarget", "secret") == "secret"
        for one in held.get("regexes", [])
    ]
    return {
        "id": rule["id"],
        "pattern": spelled(rule["regex"]),
        "keywords": [word.lower() for word in rule["keywords"]],
        "entropy": rule.get("entropy", 0),
        "group": rule.get("secretGroup", 0),
        "allowed": [spelled(one) for one in allowed],
    }


def spelled(pattern: str) -> str:
    """Return a pattern of RE2 in Python's spelling: a flag in the middle holds to the end of its
    group.
    """
    for name, chars in POSIX.items():
        pattern = pattern.replace(name, chars)
    out, opened, at, in_class = list[str](), [0], 0, False
    while at < len(pattern):
        flag = re.match(r"\(\?(-?[ims]+(?:-[ims]+)?)\)", pattern[at:])
        part = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        at += len(part)
        if in_class:
            in_class = part != "]"
        elif part == "[":
            in_class = True
        elif flag is not None:
            part, opened[-1], at = f"(?{flag[1]}:", opened[-1] + 1, at + flag.end() - 1
        elif part == "(":
            opened.append(0)
        elif part == ")":
            part = ")" * (opened.pop() + 1)
        elif part == r"\z":
            part = r"\Z"
        out.append(part)
    return "".join(out) + ")" * opened.pop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
