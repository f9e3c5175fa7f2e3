#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""samples.py SWSGX LOAD_SGXS [DIR]: enclaves that others signed.

They are not part of this repository.  Put what is wanted of them into DIR (by
default $SWSGX_SAMPLES), under the names in SAMPLES; what is missing is left
out.  Each one's measurement, as published in its SIGSTRUCT, must be what
`swsgx info` computes, EINIT must accept the enclave under `swsgx run`, and it
must do there what its code says: Fortanix's writes 100 to the word at RSI if
EDI is not negative, and leaves -1 in RDI; both come back by EEXIT.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

import sgxs

# Intel: github.com/intel/linux-sgx, SampleCode/SampleCommonLoader/Include/.
# Fortanix: github.com/fortanix/rust-sgx,
# intel-sgx/sgxs-tools/src/sgx_detect/tests/.
SAMPLES = [
    ("intel-loader", "sgx_enclave_blob.h", "sgx_enclave_ss.h",
     "a14f1e130117312e3496da37ef460756b9a188d2da08d19fe99726a04119d63f",
     "52ce2abdf8d1d22174c06b985cd444bfa4afd278c641253496549eb4dd600275",
     "entered: 0, function 4,"),
    ("edp-detect", "test_enclave.sgxs", "test_enclave.sig",
     "784acfd7d5096a8f0fbd3265760bff21b120f62407a9a9e5ba31aa3c8ed198fc",
     "fb4bab3d6036ac1d730fa83d7366df1dd2dfeac194ef335d6854d8a6c6475542",
     "entered: 0, function 4, vector 0, RDI -1, word 100"),
]


def c_array(text):
    start = text.index("{")
    body = text[start:text.index("}", start)]
    return bytes(int(n, 16) for n in re.findall(r"0x([0-9a-fA-F]{2})\b", body))


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    return c_array(content.decode()) if path.endswith(".h") else content


def as_stream(path):
    """Intel's sample adds its blob as a TCS page and pages of RWX."""
    content = read(path)
    if not path.endswith(".h"):
        return content
    pages = [(at, sgxs.REG | 7 if at else sgxs.TCS, content[at:at + sgxs.PAGE])
             for at in range(0, len(content), sgxs.PAGE)]
    size = sgxs.power_of_two(len(content))
    return b"".join(sgxs.stream(size, 1, pages))


def check(swsgx, load, work, sample):
    stream, sig = work + "/stream.sgxs", work + "/enclave.sig"
    info = json.loads(subprocess.run(
        [swsgx, "info", "--json", "--sigstruct", sig, stream],
        stdout=subprocess.PIPE, check=True).stdout)
    signed = info["sigstructs"][0]
    assert info["ok"], info
    assert info["stream"]["mrenclave"] == sample[3], info
    assert signed["mrenclave"] == sample[3], info
    assert signed["mrsigner"] == sample[4], info
    output = subprocess.run([swsgx, "run", "--", load, stream, sig, "enter"],
                            stdout=subprocess.PIPE, text=True,
                            check=True).stdout
    assert "EINIT accepts" in output and sample[5] in output, output


def main():
    swsgx, load = sys.argv[1:3]
    folder = sys.argv[3] if len(sys.argv) > 3 else os.environ.get(
        "SWSGX_SAMPLES", "")
    found = 0
    for sample in SAMPLES:
        paths = [os.path.join(folder, name) for name in sample[1:3]]
        if not folder or not all(map(os.path.exists, paths)):
            print(f"{sample[0]}: not there")
            continue
        with tempfile.TemporaryDirectory() as work:
            with open(work + "/stream.sgxs", "wb") as file:
                file.write(as_stream(paths[0]))
            with open(work + "/enclave.sig", "wb") as file:
                file.write(read(paths[1]))
            check(swsgx, load, work, sample)
        print(f"ok: {sample[0]}: {sample[3]}")
        found += 1
    return 0 if found else 77


sys.exit(main())
