#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""libswsgx.py LIBRARY [native]: libswsgx by a foreign function interface."""
import ctypes
import errno
import sys

COUNTERS = ["size", "eenter", "eexit", "eresume", "aex", "fault", "ioctl",
            "ewb", "eldu", "eaug", "epc_losses", "migrations", "interrupts",
            "evictions", "epc_pages", "epc_free", "enclaves", "threads"]


class Counters(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in COUNTERS]


def check(got, want):
    if got != want:
        sys.exit(f"got {got}, not {want}")


def counters(lib):
    c = Counters(size=ctypes.sizeof(Counters))
    check(lib.swsgx_counters(ctypes.byref(c)), 0)
    return c


def natively(lib):
    check(lib.swsgx_present(), 0)
    check(lib.swsgx_lose_epc(), -errno.ENODEV)
    check(lib.swsgx_migrate(None), -errno.ENODEV)
    check(lib.swsgx_next_fault(b"aex@eenter=1"), -errno.ENODEV)


def main():
    lib = ctypes.CDLL(sys.argv[1])
    if sys.argv[2:] == ["native"]:
        natively(lib)
        return
    check(lib.swsgx_present(), 1)
    check(lib.swsgx_lose_epc(), 0)
    check(lib.swsgx_migrate(bytes(16)), 0)
    check(lib.swsgx_next_fault(b"epc-loss@eenter=1"), 0)
    check(lib.swsgx_next_fault(b"epc-loss@entry=1"), -errno.EINVAL)
    check(lib.swsgx_evict(ctypes.c_void_p(4096), ctypes.c_size_t(4096)),
          -errno.EFAULT)
    c = counters(lib)
    check((c.epc_losses, c.migrations, c.enclaves), (1, 1, 0))
    check(c.epc_pages, 1 << 15)


main()
