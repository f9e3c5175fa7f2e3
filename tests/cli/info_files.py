# SPDX-License-Identifier: BSD-3-Clause
"""info_files.py SIGSTRUCT DIR: files that carry a SIGSTRUCT, for info.bats.

The layouts are written down here a second time, from the headers of Intel's
SDK and of Open Enclave, not from cli/info.
"""
import struct
import sys

sig = open(sys.argv[1], "rb").read()
out = sys.argv[2]


def save(name, content):
    with open(f"{out}/{name}", "wb") as file:
        file.write(content)


def elf(section, content):
    """An ELF file of nothing but this section and the table of names."""
    names = b"\0" + section + b"\0.shstrtab\0"
    at = 64
    table = at + len(content) + len(names)

    def header(name, kind, offset, size):
        return struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, offset, size,
                           0, 0, 4, 0)

    return (struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0,
                        3, 62, 1, 0, 0, table, 0, 64, 56, 0, 64, 3, 2) +
            content + names + bytes(64) +
            header(1, 7, at, len(content)) +
            header(2 + len(section), 3, at + len(content), len(names)))


def metadata(major, minor, body, magic=0x86A80294635D0E4C, size=None):
    rest = struct.pack("<8I", 0, 0, 0, 0, 0, 0, 0, 0) + bytes(300)
    return struct.pack("<QIIIIIIIIQQQ", magic, minor, major,
                       size or 64 + len(body) + len(rest), 1, 2, 2632, 0, 3,
                       0x400000, 4, 3) + body + rest


def note(content, name=b"sgx_metadata\0"):
    return struct.pack("<III", len(name), len(content), 1) + name + content


def sdk(content, **kwargs):
    return elf(b".note.sgxmeta", note(content, **kwargs))


def properties(body, kind=2, size=None):
    config = struct.pack("<HHI16s16sQQQ", 7, 9, 0, b"", b"", 4, 3, 0)
    rest = config + bytes(48) + body + b"\xec" * 8
    return struct.pack("<IIQQQ", size or 32 + len(rest), kind, 1024, 8,
                       5) + rest


def record(tag, layout, *fields):
    return (tag.ljust(8, b"\0") + struct.pack(layout, *fields)).ljust(64, b"\0")


save("raw.sig", sig)
save("short.sig", sig[:1000])
save("long.sig", sig + b"x")
save("unsigned.sig", bytes(1808))
save("header.sig", b"\x07" + sig[1:])
for name, at in (("header2", 24), ("vendor", 16), ("exponent", 512),
                 ("reserved", 1000), ("body", 1026), ("modulus", 200),
                 ("signature", 600), ("q1", 1040), ("q2", 1424)):
    save(name + ".sig", sig[:at] + bytes([sig[at] ^ 8]) + sig[at + 1:])

two = metadata(3, 3, sig) + metadata(2, 2, sig)
save("sdk.so", sdk(two))
save("sdk_unsigned.so", sdk(metadata(3, 3, bytes(1808))))
save("sdk_magic.so", sdk(metadata(3, 3, sig, magic=1)))
save("sdk_size.so", sdk(metadata(3, 3, sig, size=9999)))
save("sdk_note.so", sdk(two, name=b"sgx_metadatb\0"))
save("oe.so", elf(b".oeinfo", properties(sig)))
save("oe_unsigned.so", elf(b".oeinfo", properties(bytes(1808))))
save("oe_size.so", elf(b".oeinfo", properties(sig, size=100)))
save("oe_type.so", elf(b".oeinfo", properties(sig, kind=3)))
save("plain.so", elf(b".text", bytes(5000)))
cut = sdk(two)
save("elf_cut.so", cut[:-1])
save("elf_header.so", cut[:60])
save("elf_32.so", cut[:4] + b"\1\1" + bytes(5000))
save("elf_32_signed.so", cut[:4] + b"\1" + cut[5:])
save("embedded", b"#!" + bytes(5000) + sig + sig[:900])
save("text", b"hello\n")
save("empty", b"")

create = record(b"ECREATE", "<IQ", 1, 16384)
add = record(b"EADD", "<QQ", 4096, 0x203)
chunk = record(b"EEXTEND", "<Q", 4096 + 256) + b"\xcc" * 256
unmeasured = record(b"UNMEASRD", "<Q", 4096 + 512) + b"\xdd" * 256
save("good.sgxs", create + add + chunk)
save("unmeasured.sgxs", create + add + chunk + unmeasured)
save("unsized.sgxs", create.replace(b"ECREATE", b"UNSIZED"))
save("cut.sgxs", create + add + chunk[:-1])
save("tag.sgxs", create + add + chunk.replace(b"EEXTEND", b"EEXTENT"))
save("twice.sgxs", create + create)
save("size.sgxs", record(b"ECREATE", "<IQ", 1, 16385))
save("frame.sgxs", record(b"ECREATE", "<IQ", 0, 16384))
save("beyond.sgxs", create + record(b"EADD", "<QQ", 16384, 0x203))
save("type.sgxs", create + record(b"EADD", "<QQ", 0, 3))
save("nowhere.sgxs", create + chunk)
save("otherpage.sgxs", create + add + record(b"EEXTEND", "<Q", 0) + bytes(256))
save("reserved.sgxs", create + add[:-1] + b"\1")
