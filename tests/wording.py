"""Words that no text about a loss may use, for the tests of several rooms."""

from __future__ import annotations

import re

WRONG = re.compile(
    "理论最小|最小损失|非常准确|非常好|非常小|表现很好|表现良好|表现非常|累积误差|相对合理|合理的"
    "值|远低于|显著优于|避免了量化|训练得|状态良好|是正常的"
    r"|\baccurate(?:ly)?\b|\bnormal\b|\breasonable\b|\bexcellent\b|\bgood\b|\bgreat\b|\bperfect\b"
    r"|\bimpressive\b"
    r"|accumulat\w+ errors?|theoretical minimum",
    re.IGNORECASE,
)
"""What the fact-check of the hand-written document marks wrong, and adjectives that claim without a
baseline.
"""
