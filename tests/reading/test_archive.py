"""A packed run folder reads like the folder: names stay, nothing leaves the archive, and what
cannot be read is named.
"""

import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from lossreport.errors import NothingReadError
from lossreport.reading.bytes import packed as archive
from lossreport.reading.bytes.packed import is_archive
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import ReadOptions, read_paths

LOG = b"".join(b'{"train_loss": %d.5, "epoch": %d}\n' % (9 - i, i) for i in range(6))
EVAL = b"".join(b'{"val_loss": %d.75, "epoch": %d}\n' % (9 - i, i) for i in range(6))


def tarred(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


KINDS: dict[str, Callable[[Mapping[str, bytes]], bytes]] = {
    ".zip": zipped,
    ".tar": tarred,
    ".tar.gz": lambda files: gzip.compress(tarred(files)),
    ".tgz": lambda files: gzip.compress(tarred(files)),
    ".tar.xz": lambda files: lzma.compress(tarred(files)),
    ".tar.zst": lambda files: zstandard.ZstdCompressor().compress(tarred(files)),
}


def read(path: Path, **options: object) -> tuple[list[list[str]], dict[str, str]]:
    """Return the sources of every run, and the files that were not read with the reason."""
    found = read_paths([path], ReadOptions(strict=True, **options))  # type: ignore[arg-type]
    return [[source.path for source in run.sources] for run in found], {
        skip.path: skip.reason.plain("en") for run in found for skip in run.skipped
    }


@pytest.mark.parametrize("ending", KINDS)
def test_a_packed_folder_is_one_run_with_its_nested_names(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"run{ending}"
    path.write_bytes(
        KINDS[ending](
            {
                "train/log.txt": LOG,
                "eval/deep/log_eval.txt": EVAL,
                "model.pt": b"\0" * 99,
                "train/.hidden": LOG,
            }
        )
    )
    (sources, _) = read(path)
    assert sorted(name for run in sources for name in run) == [
        "eval/deep/log_eval.txt",
        "train/log.txt",
    ]


@pytest.mark.parametrize("ending", KINDS)
def test_names_that_climb_or_begin_at_the_root_lead_nowhere(tmp_path: Path, ending: str) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / f"run{ending}"
    names = ["../../climb.txt", "/abs.txt", "a\\..\\..\\b.txt"]
    path.write_bytes(
        KINDS[ending]({name: LOG.replace(b".5", b".%d" % i) for i, name in enumerate(names)})
    )
    before = sorted(tmp_path.rglob("*"))
    (sources, _) = read(path)
    assert sorted(name for run in sources for name in run) == ["a/b.txt", "abs.txt", "climb.txt"]
    assert sorted(tmp_path.rglob("*")) == before


def test_links_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "run.tar", "w") as made:
        for kind, target in ((tarfile.SYMTYPE, "/etc/passwd"), (tarfile.LNKTYPE, "log.txt")):
            info = tarfile.TarInfo(f"link{target[-3:]}")
            info.type, info.linkname = kind, target
            made.addfile(info)
        info = tarfile.TarInfo("log.txt")
        info.size = len(LOG)
        made.addfile(info, io.BytesIO(LOG))
    assert read(tmp_path / "run.tar") == ([["log.txt"]], {})


def test_archives_in_a_folder_are_folders_below_it(tmp_path: Path) -> None:
    for name, shift in (("a.zip", b".5"), ("b.zip", b".6")):
        (tmp_path / name).write_bytes(zipped({"log.txt": LOG.replace(b".5", shift)}))
    assert read(tmp_path)[0] == [["a.zip/log.txt"], ["b.zip/log.txt"]]


def test_an_encrypted_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"log.txt": LOG, "secret.txt": LOG}))
    at = data.index(b"secret.txt", data.index(b"PK\x01\x02")) - 46
    data[at + 8] |= 1  # the flag of the central directory
    (tmp_path / "run.zip").write_bytes(data)
    assert read(tmp_path / "run.zip") == ([["log.txt"]], {"secret.txt": "it is encrypted"})


def test_a_broken_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": LOG, "b.txt": EVAL}))
    at = data.index(b"b.txt") + 5
    data[at : at + 20] = b"\xff" * 20
    (tmp_path / "run.zip").write_bytes(data)
    sources, skipped = read(tmp_path / "run.zip")
    assert (sources, list(skipped)) == ([["a.txt"]], ["b.txt"])
    assert "damaged" in skipped["b.txt"]


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tar.zst"])
def test_an_archive_cut_short_gives_what_stands_before(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"run{ending}"
    noise = os.urandom(300_000)
    data = KINDS[ending]({"a.txt": LOG, "noise.dat": noise, "c.txt": EVAL})
    path.write_bytes(data[: len(data) // 2])
    sources, skipped = read(path)
    assert sources == [["a.txt"]]
    assert {"noise.dat", path.name} & skipped.keys()


def test_a_record_that_its_parser_refuses_costs_no_other_member(tmp_path: Path) -> None:
    (tmp_path / "run.zip").write_bytes(zipped({"a.json": b'{"loss": [1, 2', "b.txt": LOG}))
    sources, skipped = read(tmp_path / "run.zip", parsers=(("a.json", "keras_history"),))
    assert (sources, list(skipped)) == ([["b.txt"]], ["a.json"])


@pytest.mark.parametrize("ending", [".zip", ".tar", ".tar.gz"])
@pytest.mark.parametrize(("limit", "is_read"), [(len(LOG), True), (len(LOG) - 1, False)])
def test_a_member_above_the_limit_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, limit: int, is_read: bool
) -> None:
    monkeypatch.setattr(archive, "LARGEST", limit)
    path = tmp_path / f"run{ending}"
    path.write_bytes(
        KINDS[ending]({"a.txt": LOG[: len(LOG) // 2], "b.txt": LOG.replace(b"train", b"valid")})
    )
    sources, skipped = read(path)
    assert ["b.txt" in run for run in sources] == [is_read]
    assert ("b.txt" in skipped) is not is_read


@pytest.mark.parametrize(
    ("limit", "read_files"), [(len(LOG) + len(EVAL), 2), (len(LOG) + len(EVAL) - 1, 1)]
)
def test_the_sum_of_the_members_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, read_files: int
) -> None:
    monkeypatch.setattr(archive, "LARGEST_SUM", limit)
    (tmp_path / "run.zip").write_bytes(zipped({"a.txt": LOG, "b.txt": EVAL}))
    sources, skipped = read(tmp_path / "run.zip")
    assert sum(map(len, sources)) == read_files
    assert len(skipped) == 2 - read_files


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
@pytest.mark.parametrize(("limit", "read_files"), [(2, 2), (1, 1)])
def test_the_number_of_members_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, limit: int, read_files: int
) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", limit)
    path = tmp_path / f"run{ending}"
    path.write_bytes(KINDS[ending]({"a.txt": LOG, "b.txt": EVAL}))
    sources, skipped = read(path)
    assert (sum(map(len, sources)), list(skipped)) == (
        read_files,
        [] if read_files == 2 else [path.name],
    )


def test_an_archive_that_breaks_off_between_members_is_named(tmp_path: Path) -> None:
    whole = tarred({"a.txt": LOG, "b.txt": EVAL})
    first = whole[: 512 + -(-len(LOG) // 512) * 512]
    packed = gzip.compress(first)[:-8] + b"\0" * 8  # the checksum of the end is gone
    (tmp_path / "run.tar.gz").write_bytes(packed)
    assert read(tmp_path / "run.tar.gz") == ([["a.txt"]], {"run.tar.gz": archive.BREAKS_OFF.en})


@pytest.mark.parametrize(("ratio", "is_bomb"), [(2000, False), (20, True)])
def test_an_archive_that_grows_beyond_measure_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ratio: int, is_bomb: bool
) -> None:
    monkeypatch.setattr(archive, "BOMB_BYTES", 1000)
    monkeypatch.setattr(archive, "BOMB_RATIO", ratio)
    path = tmp_path / "run.tar.gz"
    path.write_bytes(
        gzip.compress(tarred({"a.txt": LOG, "weights.pt": bytes(3_000_000), "z.txt": EVAL}))
    )
    sources, skipped = read(path)
    assert (sources, list(skipped)) == (
        ([["a.txt"]], ["run.tar.gz"]) if is_bomb else ([["a.txt", "z.txt"]], [])
    )


def test_names_in_gbk_are_read(tmp_path: Path) -> None:
    data = zipped({"xxxx/log.txt": LOG}).replace(b"xxxx", "训练".encode("gbk"))
    (tmp_path / "run.zip").write_bytes(data)
    assert read(tmp_path / "run.zip")[0] == [["训练/log.txt"]]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.zip", b"PK no zip"),
        ("x.tar", b"no tar"),
        ("x.tar.gz", gzip.compress(b"no tar", mtime=0)),
        ("x.tar", b""),
    ],
    ids=["zip", "tar", "tar.gz", "empty"],
)
def test_what_is_only_called_so_is_no_archive(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert not is_archive(LogFile(name, path=tmp_path / name))


def test_an_archive_without_logs_is_nothing_read(tmp_path: Path) -> None:
    (tmp_path / "run.zip").write_bytes(zipped({"notes.txt": b"milk"}))
    with pytest.raises(NothingReadError, match="notes"):
        read_paths([tmp_path / "run.zip"])
