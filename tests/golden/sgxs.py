# SPDX-License-Identifier: BSD-3-Clause
"""MRENCLAVE by Python's own SHA-256: nothing here is shared with swsgx.

The stream of records is that of the SDM ("ECREATE", "EADD", "EEXTEND"), and
as a file it is Fortanix's SGXS.
"""
import hashlib
import struct

PAGE = 4096
CHUNK = 256
TCS = 0x100
REG = 0x200


def record(tag, layout, *fields):
    return (tag.ljust(8, b"\0") + struct.pack(layout, *fields)).ljust(64, b"\0")


def stream(size, ssaframesize, pages):
    """The records of an enclave; pages: (offset, SECINFO.FLAGS, content)."""
    yield record(b"ECREATE", "<IQ", ssaframesize, size)
    for offset, flags, content in pages:
        yield record(b"EADD", "<QQ", offset, flags)
        for at in range(0, PAGE, CHUNK):
            yield record(b"EEXTEND", "<Q", offset + at)
            yield content[at:at + CHUNK]


def mrenclave(records):
    digest = hashlib.sha256()
    for piece in records:
        digest.update(piece)
    return digest.hexdigest()


def power_of_two(length):
    size = 2 * PAGE
    while size < length:
        size *= 2
    return size
