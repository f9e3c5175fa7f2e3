#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""measure.py ENCLAVE.elf [OUTPUT.sgxs]: MRENCLAVE of an examples' enclave.

Reads the ELF file by itself, as examples/README.md says that enclaves are
laid out, prints MRENCLAVE, and writes the measured stream.
"""
import struct
import sys

import sgxs

PT_LOAD = 1
SHT_SYMTAB = 2


def program_headers(elf):
    offset, = struct.unpack_from("<Q", elf, 32)
    size, number = struct.unpack_from("<HH", elf, 54)
    for i in range(number):
        kind, flags, at, vaddr, _, filesz, memsz, _ = struct.unpack_from(
            "<IIQQQQQQ", elf, offset + i * size)
        if kind == PT_LOAD and memsz:
            yield flags, at, vaddr, filesz, memsz


def symbol(elf, name, default):
    offset, = struct.unpack_from("<Q", elf, 40)
    size, number = struct.unpack_from("<HH", elf, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", elf, offset + i * size)
                for i in range(number)]
    for section in sections:
        if section[1] != SHT_SYMTAB:
            continue
        strings = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 24):
            st_name, = struct.unpack_from("<I", elf, at)
            value, = struct.unpack_from("<Q", elf, at + 8)
            start = strings + st_name
            if elf[start:elf.index(b"\0", start)] == name:
                return value
    return default


def pages(elf):
    first = True
    for flags, at, vaddr, filesz, memsz in program_headers(elf):
        memory = elf[at:at + filesz].ljust(-(-memsz // sgxs.PAGE) * sgxs.PAGE,
                                           b"\0")
        # PF_R, PF_W, PF_X are 4, 2, 1; SECINFO's R, W, X are 1, 2, 4.
        secinfo = sgxs.TCS if first else (
            sgxs.REG | flags >> 2 & 1 | flags & 2 | (flags & 1) << 2)
        first = False
        for offset in range(0, len(memory), sgxs.PAGE):
            yield (vaddr + offset, secinfo,
                   memory[offset:offset + sgxs.PAGE])


def main():
    with open(sys.argv[1], "rb") as file:
        elf = file.read()
    all_pages = list(pages(elf))
    size = sgxs.power_of_two(max(p[0] for p in all_pages) + sgxs.PAGE)
    frame = symbol(elf, b"trts_ssaframesize", 1)
    records = list(sgxs.stream(size, frame, all_pages))
    print(sgxs.mrenclave(records))
    if len(sys.argv) > 2:
        with open(sys.argv[2], "wb") as file:
            file.writelines(records)


main()
