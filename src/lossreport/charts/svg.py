"""matplotlib's SVG made fit for the report: presentation attributes only, own ids, short numbers,
texts and tooltips put in.

A stock matplotlib SVG is a black box under a Content-Security-Policy without inline styles, and two
in one page share ids (ECOSYSTEM.md, findings about the SVG itself). What is written here has no
style, class, script or reference to outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from itertools import groupby
from typing import Final
from xml.etree import ElementTree

from lossreport import regex as re
from lossreport.charts.style import FONT, INK
from lossreport.values import dataclass

NAMESPACE: Final = "http://www.w3.org/2000/svg"
DROPPED_TAGS: Final = frozenset({"metadata", "style", "title"})
DEFAULTS: Final = frozenset(
    {
        ("stroke-dashoffset", "0"),
        ("stroke-width", "1"),
        ("stroke-linejoin", "round"),
        ("stroke-linecap", "butt"),
        ("fill", "currentColor"),
    }
)
"""Said once by the root or by the SVG standard; see `root`."""
NOT_WRITTEN: Final = frozenset({"style", "font", "font-family", "class"})
STRAIGHT: Final = frozenset({("stroke-linejoin", "miter"), ("stroke-linecap", "square")})
"""What changes nothing on the straight lines of axes, ticks and grids, which are all that
matplotlib gives it to.
"""
HOISTED: Final = ("fill", "stroke", "fill-opacity", "stroke-opacity", "stroke-width", "opacity")
SAID: Final = DEFAULTS | STRAIGHT
STROKES: Final = ("stroke-width", "stroke-dasharray")
LONG: Final = 150
MARKER: Final = re.compile(
    r"m(?P<x>-?[\d.]+) ?(?P<y>-?[\d.]+)(?:(?P<round>c)|(?P<square>h[\d.]+v-[\d.]+h-[\d.]+z$))?"
)
LINES_ALONE: Final = re.compile(r"(?:m[-\d. ]++[hv][-\d.]++)++")
"""Lines of one piece each, as ticks and grids are: they hold no area to fill."""
NUMBER: Final = re.compile(r"-?(?:\d++(?:\.\d++)?|\.\d++)(?:e-?\d+)?")
COMMAND: Final = re.compile(r"([MLCQZz])([^MLCQZz]*)")
REFERENCE: Final = re.compile(r"url\(#([^)(]+)\)")
ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (production 2, Char); a metric name may hold any."""


@dataclass(frozen=True, slots=True)
class Node:
    """An element: tag, attributes in order, text, children."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple[Node, ...] = ()


def compact(
    raw: str, name: str, texts: Mapping[str, str], titles: Mapping[str, tuple[str, ...]]
) -> tuple[Node, ...]:
    """Return the content of matplotlib's SVG `raw`, cleaned.

    `texts` and `titles` go by the gid of the artist: the text to show instead of the one matplotlib
    measured, and the tooltip (or one for each marker). Ids that something refers to become
    `<name>-0`, `<name>-1`, ...; the others go.
    """
    nodes = _without_copies(_clean(ElementTree.fromstring(raw), texts, titles).children)
    names = {
        old: f"{safe_id(name)}-{index}"
        for index, old in enumerate(dict.fromkeys(_references(nodes)))
    }
    return tuple(_named(node, names) for node in nodes)


def root(
    children: tuple[Node, ...],
    width: float,
    height: float,
    ink: str | None = None,
    *,
    fitted: bool = False,
) -> str:
    """Return the whole SVG: as wide as its place, never wider than drawn where CSS does not say so,
    unless its place is `fitted` to it.

    `ink` None: the page's colour.
    """
    alone = {
        "width": "100%",
        "height": f"{height:g}",
        "preserveAspectRatio": "xMinYMin",
        "font-family": "sans-serif",
        "stroke-linejoin": "round",
    }
    attributes = {
        "xmlns": NAMESPACE,
        "viewBox": f"0 0 {width:g} {height:g}",
        **({} if fitted else alone),
        "font-size": f"{FONT:g}",
    }
    attributes |= {"color": ink} if ink else {}
    return "".join(_written(Node("svg", {**attributes, "fill": "currentColor"}, "", children)))


def safe_id(text: str) -> str:
    """Return `text` as an XML id; different texts give different ids."""
    return re.sub(
        r"[^A-Za-z0-9-]",
        lambda match: f"_{ord(match[0]):x}_",
        text if text[:1].isalpha() else f"c{text}",
    )


def tooltip(text: str) -> Node:
    """Return a title element."""
    return Node("title", {}, text)


# ----------------------------------------------------------------------------------------- cleaning
def _clean(
    element: ElementTree.Element,
    texts: Mapping[str, str],
    titles: Mapping[str, tuple[str, ...]],
    defined: bool = False,
) -> Node:
    tag = element.tag.rpartition("}")[2]
    gid = element.get("id", "")
    within = defined or tag == "defs"
    children = tuple(
        child
        for found in element
        if found.tag.rpartition("}")[2] not in DROPPED_TAGS
        for child in _flat(_clean(found, texts, titles, within), within)
    )
    if gid in texts:
        children = tuple(
            replace(child, text=texts[gid]) if child.tag == "text" else child for child in children
        )
    if gid in titles:
        children = _titled(children, titles[gid])
    children = _gathered(children)
    text = (element.text or "").strip() if tag == "text" else ""
    return _hoisted(Node(tag, _attributes(tag, element.attrib, within), text, children))


def _flat(node: Node, defined: bool) -> tuple[Node, ...]:
    """Drop what shows nothing; put the children of a group that says nothing in its place."""
    if node.tag in ("g", "defs") and not node.children:
        return ()
    if (
        node.tag == "path"
        and not defined
        and node.attributes.get("fill") == "none"
        and "stroke" not in node.attributes
    ):
        return ()
    if (
        node.tag == "g"
        and not set(node.attributes) - {"id"}
        and not any(child.tag == "title" for child in node.children)
    ):
        return node.children
    return (node,)


def _titled(children: tuple[Node, ...], titles: tuple[str, ...]) -> tuple[Node, ...]:
    marks = [
        use
        for child in children
        for use in (child.children if child.tag == "g" else (child,))
        if use.tag == "use"
    ]
    if len(titles) == 1 or len(titles) != len(marks):
        return (tooltip(titles[0]), *children)
    given = iter(titles)
    return tuple(_each_titled(child, given) for child in children)


def _each_titled(node: Node, titles: Iterator[str]) -> Node:
    if node.tag == "use":
        return replace(node, children=(tooltip(next(titles)),))
    if node.tag == "g":
        return replace(node, children=tuple(_each_titled(child, titles) for child in node.children))
    return node


def _gathered(children: tuple[Node, ...]) -> tuple[Node, ...]:
    """Put texts in a row that lean on the same side, as tick labels do, into one group that says so
    once.
    """
    made: list[Node] = []
    for side, run in groupby(
        children,
        key=lambda child: child.attributes.get("text-anchor") if child.tag == "text" else None,
    ):
        nodes = tuple(run)
        if side is None or len(nodes) < 2:
            made += nodes
            continue
        texts = tuple(
            replace(
                node, attributes={k: v for k, v in node.attributes.items() if k != "text-anchor"}
            )
            for node in nodes
        )
        made.append(Node("g", {"text-anchor": side}, "", texts))
    return tuple(made)


def _hoisted(node: Node) -> Node:
    """Say once what all markers of a group say."""
    uses = [child for child in node.children if child.tag == "use"]
    if node.tag != "g" or len(uses) < 2 or len(uses) != len(node.children):
        return node
    shared = {
        key: value
        for key, value in uses[0].attributes.items()
        if key in HOISTED
        and key not in node.attributes
        and all(use.attributes.get(key) == value for use in uses)
    }
    children = tuple(
        replace(use, attributes={k: v for k, v in use.attributes.items() if k not in shared})
        for use in uses
    )
    return replace(node, attributes={**node.attributes, **shared}, children=children)


def _attributes(tag: str, found: Mapping[str, str], defined: bool) -> dict[str, str]:
    kept: dict[str, str] = {}
    for raw_key, value in [*found.items(), *_declarations(found.get("style", ""))]:
        key = raw_key.rpartition("}")[2]
        value = value.strip().replace(INK, "currentColor")
        if key == "font":
            key, value = "font-size", value
        if key == "font-size":
            value = next(iter(NUMBER.findall(value)), "")
            if value and float(value) == FONT:
                continue
        if (
            key in NOT_WRITTEN
            or (key, value) in SAID
            or (key == "transform" and value.startswith("rotate(-0 "))
        ):
            continue
        value = value[1:] if value.startswith("0.") else value
        seen = 0 if tag == "text" else 1
        kept[key] = _shortened(tag, key, value, 2 if defined else seen)
    long = (
        tag == "path"
        and not defined
        and len(kept.get("d", "")) > LONG
        and "transform" not in kept
        and kept.get("fill") == "none"
    )
    if LINES_ALONE.fullmatch(kept.get("d", "")):
        kept.pop("fill", None)
    return _halved(kept, found["d"]) if long else kept


def _halved(kept: Mapping[str, str], data: str) -> dict[str, str]:
    """Return the attributes of a long path with whole half pixels as its unit: a third shorter than
    tenths, and as good to the eye.
    """
    doubled = {
        key: NUMBER.sub(lambda match: f"{float(match[0]) * 2:g}", kept[key])
        for key in STROKES
        if key in kept
    }
    if "stroke" in kept:
        doubled.setdefault("stroke-width", "2")
    return {**kept, **doubled, "d": path_data(data, 0, times=2), "transform": "scale(.5)"}


def _declarations(style: str) -> list[tuple[str, str]]:
    return [
        (key.strip(), value.strip())
        for key, colon, value in (part.partition(":") for part in style.split(";"))
        if colon
    ]


# ------------------------------------------------------------------------------------------ markers
def _without_copies(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Write the markers of a curve as one path, a third as long as a reference for each; drop the
    shapes that nothing refers to then.
    """
    shapes = {
        child.attributes["id"]: child.attributes["d"] for node in nodes for child in _defined(node)
    }
    merged = tuple(_as_path(node, shapes) for node in nodes)
    used = set(_references(merged))
    kept = (
        node if node.tag != "defs" else replace(node, children=tuple(_used(node, used)))
        for node in merged
    )
    return tuple(node for node in kept if node.tag != "defs" or node.children)


def _defined(node: Node) -> Iterator[Node]:
    if node.tag == "defs":
        yield from (
            child for child in node.children if child.tag == "path" and "id" in child.attributes
        )


def _used(node: Node, used: set[str]) -> Iterator[Node]:
    yield from (
        _as_circle(child)
        for child in node.children
        if child.attributes.get("id", "") in used or child.tag != "path"
    )


def _as_circle(shape: Node) -> Node:
    """Return a marker that matplotlib draws in eight curves as the circle that it is."""
    first = MARKER.match(shape.attributes.get("d", ""))
    if shape.tag != "path" or first is None or not first["round"]:
        return shape
    kept = {key: value for key, value in shape.attributes.items() if key != "d"}
    return Node("circle", {**kept, "r": first["y"].lstrip("-")})


def _as_path(node: Node, shapes: Mapping[str, str]) -> Node:
    keys = {"href", "x", "y"}
    alike = node.tag == "g" and len({use.attributes.get("href") for use in node.children}) == 1
    if not alike or any(
        use.tag != "use" or use.children or set(use.attributes) != keys for use in node.children
    ):
        return node
    shape = shapes.get(node.children[0].attributes["href"][1:], "")
    first = MARKER.match(shape)
    if first is None or set(node.attributes) - {"fill"}:
        return node
    cap = "round" if first["round"] else "square"
    dot = bool(first["round"] or first["square"])
    shift = (0.0, 0.0) if dot else (float(first["x"]), float(first["y"]))
    drawn = "h0" if dot else shape[first.end() :]
    at = [
        (
            round((float(use.attributes["x"]) + shift[0]) * 10),
            round((float(use.attributes["y"]) + shift[1]) * 10),
        )
        for use in node.children
    ]
    steps = [(x - a, y - b) for (a, b), (x, y) in zip([(0, 0), *at], at, strict=False)]
    path = "".join(f"m{_decimal(x, 1)}{_joined(_decimal(y, 1))}{drawn}" for x, y in steps)
    if not dot:
        return Node("path", {"d": path, **node.attributes})
    look = {
        "stroke": node.attributes.get("fill", "currentColor"),
        "stroke-width": f"{2 * abs(float(first['y'])):g}",
        "stroke-linecap": cap,
    }
    return Node("path", {"d": path, **look})


# ------------------------------------------------------------------------------------------ numbers
def _shortened(tag: str, key: str, value: str, decimals: int) -> str:
    if tag == "path" and key == "d":
        return path_data(value, decimals)
    if key in ("x", "y", "transform", "stroke-width", "stroke-dasharray", "width", "height"):
        return NUMBER.sub(
            lambda match: _decimal(round(float(match[0]) * 10**decimals), decimals), value
        )
    return value


def path_data(data: str, decimals: int, times: int = 1) -> str:
    """Return the same path, so many times as large, in relative steps, which are short, between
    rounded points: errors do not add up.
    """
    pieces: list[str] = []
    here, start, last = (0, 0), (0, 0), ""
    for command, numbers in COMMAND.findall(data):
        if command in "Zz":
            pieces.append("z")
            here, last = start, "z"
            continue
        at = [round(float(number) * times * 10**decimals) for number in NUMBER.findall(numbers)]
        steps = [value - here[index % 2] for index, value in enumerate(at)]
        if command == "L" and not any(steps) and last in ("l", "h", "v"):
            continue
        letter = command.lower()
        if command == "L" and len(steps) == 2 and 0 in steps:
            letter, steps = ("h", steps[:1]) if steps[1] == 0 else ("v", steps[1:])
        joined = "".join(_joined(_decimal(step, decimals)) for step in steps)
        pieces.append(joined if last == letter and letter != "m" else letter + joined.lstrip(" "))
        here, last = (at[-2], at[-1]), letter
        start = here if command == "M" else start
    return "".join(pieces)


def _joined(number: str) -> str:
    return number if number.startswith("-") else " " + number


def _decimal(scaled: int, decimals: int) -> str:
    if not decimals:
        return str(scaled)
    sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).zfill(decimals + 1)
    whole, rest = digits[:-decimals].lstrip("0"), digits[-decimals:].rstrip("0")
    if rest:
        return f"{sign}{whole}.{rest}"
    return f"{sign}{whole}" if whole else "0"


# ---------------------------------------------------------------------------------- ids and writing
def _references(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        for value in node.attributes.values():
            yield from REFERENCE.findall(value)
        if node.attributes.get("href", "").startswith("#"):
            yield node.attributes["href"][1:]
        yield from _references(node.children)


def _named(node: Node, names: Mapping[str, str]) -> Node:
    kept: dict[str, str] = {}
    for key, value in node.attributes.items():
        if key == "id":
            kept |= {"id": names[value]} if value in names else {}
        elif key == "href":
            kept[key] = "#" + names[value[1:]]
        else:
            kept[key] = REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", value)
    return replace(
        node, attributes=kept, children=tuple(_named(child, names) for child in node.children)
    )


def _written(node: Node) -> Iterator[str]:
    attributes = "".join(
        f" {key}={_quoted(_legal(value))}" for key, value in node.attributes.items()
    )
    if not node.children and not node.text:
        yield f"<{node.tag}{attributes}/>"
        return
    yield f"<{node.tag}{attributes}>{_escaped(_legal(node.text))}"
    for child in node.children:
        yield from _written(child)
    yield f"</{node.tag}>\n" if node.tag == "g" else f"</{node.tag}>"


def _escaped(text: str) -> str:
    """Return text as XML; `xml.sax.saxutils` does the same and loads what fetches pages from the
    network.
    """
    return text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")


def _quoted(text: str) -> str:
    """Return the value of an attribute in the quotation marks that it does not hold itself."""
    value = _escaped(text).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
    if '"' in value and "'" not in value:
        return f"'{value}'"
    return '"' + value.replace('"', "&quot;") + '"'


def _legal(text: str) -> str:
    return ILLEGAL.sub("\ufffd", text)
