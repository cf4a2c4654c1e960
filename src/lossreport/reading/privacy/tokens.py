"""Secrets that are known by their own shape: what each vendor puts before its tokens, so that a
scanner finds them without a name beside them.

Sources: the documentation of each vendor on the format of its tokens. Every pattern begins with a
literal that `BEFORE` finds first: most lines hold none, and cost one search each.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lossreport import regex as re


class Shape(NamedTuple):
    """A kind of token: who issues it, a literal that every such token holds, and its pattern."""

    vendor: str
    literal: str
    pattern: str


SHAPES: Final = (
    Shape("Hugging Face", "hf_", r"hf_[A-Za-z0-9]{16,}"),
    Shape("Hugging Face organisation", "api_org_", r"api_org_[A-Za-z0-9]{20,}"),
    Shape("OpenAI, Anthropic, OpenRouter", "sk-", r"sk-(?:proj|ant|or|svcacct|admin)-[\w\-]{8,}"),
    Shape("OpenAI, DeepSeek, Moonshot", "sk-", r"sk-[A-Za-z0-9]{16,}"),
    Shape("Groq", "gsk_", r"gsk_[A-Za-z0-9]{20,}"),
    Shape("xAI", "xai-", r"xai-[A-Za-z0-9]{20,}"),
    Shape("Perplexity", "pplx-", r"pplx-[A-Za-z0-9]{20,}"),
    Shape("NVIDIA", "nvapi-", r"nvapi-[\w\-]{20,}"),
    Shape("Replicate", "r8_", r"r8_[A-Za-z0-9]{20,}"),
    Shape("Databricks", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    Shape("Pinecone", "pcsk_", r"pcsk_\w{20,}"),
    Shape("LangSmith", "lsv2_", r"lsv2_(?:pt|sk)_\w{20,}"),
    Shape("Weights & Biases", "wandb_v1_", r"wandb_v1_\w{20,}"),
    Shape("Neptune", "eyJhcGlfYWRkcmVzcy", r"eyJhcGlfYWRkcmVzcy[\w+/\-]{20,}={0,2}"),
    Shape("GitHub", "gh", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    Shape("GitHub", "github_pat_", r"github_pat_\w{20,}"),
    Shape("GitLab", "gl", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct|wt)-[\w\-.]{16,}"),
    Shape("PyPI", "pypi-", r"pypi-Ag[A-Z][\w\-]{20,}"),
    Shape("npm", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    Shape("RubyGems", "rubygems_", r"rubygems_[0-9a-f]{40,}"),
    Shape("Docker", "dckr_", r"dckr_(?:pat|oat)_[\w\-]{20,}"),
    Shape("Slack", "xox", r"xox[abeoprs](?:\.xox[bp])?-[\w\-]{10,}"),
    Shape("Slack", "xapp-", r"xapp-\d-[\w\-]{20,}"),
    Shape("Telegram", ":AA", r"(?:bot)?\d{8,10}:AA[\w\-]{33}"),
    Shape("Discord", ".", r"[MNO][A-Za-z0-9]{23,25}\.[\w\-]{6}\.[\w\-]{27,38}"),
    Shape("Stripe", "k_", r"[srp]k_(?:live|test|prod)_[A-Za-z0-9]{10,}"),
    Shape("Stripe", "whsec_", r"whsec_[A-Za-z0-9+/=]{20,}"),
    Shape("Square", "sq0", r"sq0[a-z]{3}-[\w\-]{20,}"),
    Shape("Shopify", "shp", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32}"),
    Shape("Twilio", "AC", r"AC[0-9a-f]{32}"),
    Shape("Twilio", "SK", r"SK[0-9a-f]{32}"),
    Shape("SendGrid", "SG.", r"SG\.[\w\-]{16,32}\.[\w\-]{16,64}"),
    Shape("Mailgun", "key-", r"key-[0-9a-f]{32}"),
    Shape("Mailchimp", "-us", r"[0-9a-f]{32}-us\d{1,2}"),
    Shape("Google API", "AIza", r"AIza[\w\-]{30,}"),
    Shape("Google OAuth", "ya29.", r"ya29\.[\w\-]{20,}"),
    Shape("Google OAuth", "1//0", r"1//0[\w\-]{30,}"),
    Shape("Google OAuth", "GOCSPX-", r"GOCSPX-[\w\-]{20,}"),
    Shape(
        "AWS",
        "A",
        r"(?:A3T[A-Z0-9]|ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|AROA|ASCA|ASIA)[0-9A-Z]{16}",
    ),
    Shape("AWS session", "IQoJb3JpZ2lu", r"IQoJb3JpZ2lu[A-Za-z0-9/+=]{40,}"),
    Shape("Azure storage", "==", r"[A-Za-z0-9+/]{86}=="),
    Shape("Azure AD", "Q~", r"[\w.\-]{3}\dQ~[\w~.\-]{31,34}"),
    Shape("Alibaba Cloud", "LTAI", r"LTAI[A-Za-z0-9]{12,26}"),
    Shape("Volcengine", "AKLT", r"AKLT[A-Za-z0-9_\-]{12,}"),
    Shape("Tencent Cloud", "AKID", r"AKID[A-Za-z0-9]{16,}"),
    Shape("Baidu Cloud", "ALTAK", r"ALTAK[A-Za-z0-9\-]{16,}(?:/[0-9a-f]{32,40})?"),
    Shape("ModelScope", "ms-", r"ms-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    Shape("DigitalOcean", "_v1_", r"do[opr]_v1_[0-9a-f]{64}"),
    Shape("Together", "tgp_v1_", r"tgp_v1_[\w\-]{20,}"),
    Shape("HashiCorp Vault", "hv", r"hv[bsr]\.[\w\-]{20,}"),
    Shape("HashiCorp Terraform", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=\-]{40,}"),
    Shape("Grafana", "gl", r"gl(?:sa|c)_[\w=+/]{20,}"),
    Shape("Sentry", "sntry", r"sntry[su]_[\w=+/.]{20,}"),
    Shape("New Relic", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    Shape("Atlassian", "ATATT3", r"ATATT3[\w=\-]{40,}"),
    Shape("Atlassian", "ATBB", r"ATBB[A-Za-z0-9]{24,}"),
    Shape("Notion", "ntn_", r"ntn_[A-Za-z0-9]{30,}"),
    Shape("Linear", "lin_api_", r"lin_api_[A-Za-z0-9]{30,}"),
    Shape("Postman", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    Shape("Figma", "figd_", r"figd_[\w\-]{30,}"),
    Shape("Airtable", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    Shape("Supabase", "sb", r"sb(?:p_|_secret_)[\w\-]{20,}"),
    Shape("PlanetScale", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=\-]{30,}"),
    Shape("Doppler", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.\-_]{40,}"),
    Shape("age", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
)
NOT_BEFORE: Final = r"(?<![A-Za-z0-9])"
"""A token begins a word, or stands behind `_`, `=`, a quote, a slash."""
SHAPE: Final = re.compile(NOT_BEFORE + "(?:" + "|".join(shape.pattern for shape in SHAPES) + ")")
BEFORE: Final = re.compile(
    "|".join(
        re.escape(literal)
        for literal in sorted({shape.literal for shape in SHAPES if len(shape.literal) > 2})
    )
)
SHORT: Final = re.compile(
    NOT_BEFORE + r"(?:gh[pousr]_|gl[a-z]{1,5}[_\-]|[srp]k_|(?:AC|SK)[0-9a-f]|A[A-Z0-9]{15}|"
    r"[MNO][A-Za-z0-9]{22}|[\w.\-]{3}\dQ~|hv[bsr]\.|sb[p_]|[A-Za-z0-9+/]{86})"
)
"""What stands for the literals of one or two letters, which most lines hold."""


def without_tokens(text: str, instead: str) -> str:
    """Return a text with `instead` in the place of every token that is known by its shape."""
    return SHAPE.sub(instead, text) if BEFORE.search(text) or SHORT.search(text) else text
