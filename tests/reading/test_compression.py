"""A compressed log reads like the log itself; one that breaks off is read as far as it goes."""

import bz2
import gzip
import lzma
from collections.abc import Callable

import pytest
import zstandard

from lossreport.reading.bytes.reader import LogFile

DATA = b"".join(b"step %d loss %.4f\n" % (i, 1 / (i + 1)) for i in range(20_000))
PACKERS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_compressed_log_reads_like_the_log(pack: Callable[[bytes], bytes]) -> None:
    log, plain = LogFile("x.log.gz", data=pack(DATA)), LogFile("x.log", data=DATA)
    assert list(log.lines()) == list(plain.lines())
    assert log.head_lines == plain.head_lines
    assert not log.damaged


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_compressed_log_that_breaks_off_is_read_as_far_as_it_goes_and_says_so(
    pack: Callable[[bytes], bytes],
) -> None:
    packed = pack(DATA)
    log = LogFile("x.log.gz", data=packed[: len(packed) * 3 // 4])
    found = [line.text for line in log.lines() if line.complete]
    assert log.damaged
    assert found == DATA.decode().splitlines()[: len(found)]
    assert pack is not gzip.compress or len(found) > 5_000


def test_the_checksum_is_that_of_the_file_as_it_lies_on_disk() -> None:
    packed = gzip.compress(DATA)
    assert LogFile("x.log.gz", data=packed).digest()[1] == len(packed)
