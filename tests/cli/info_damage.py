# SPDX-License-Identifier: BSD-3-Clause
"""info_damage.py SWSGX N FILE...: N damaged copies of each FILE.

`swsgx info` must end with 0, 1 or 125 on each, and say why if 125.  The same
damage each time: a run that fails can be repeated.
"""
import random
import subprocess
import sys


def damaged(content, rng):
    kind = rng.randrange(4)
    if kind == 0:
        return content[:rng.randrange(len(content))]
    content = bytearray(content)
    at = rng.randrange(min(len(content), rng.choice((64, 200, 1 << 30))))
    if kind == 1:
        content[at] ^= 1 << rng.randrange(8)
    elif kind == 2:
        content[at:at + 8] = rng.choice(
            (b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f"))
    else:
        del content[at:at + rng.randrange(1, 100)]
    return bytes(content)


def main():
    swsgx, number = sys.argv[1], int(sys.argv[2])
    for path in sys.argv[3:]:
        with open(path, "rb") as file:
            content = file.read()
        rng = random.Random(path.rsplit("/", 1)[-1])
        for i in range(number):
            result = subprocess.run([swsgx, "info", "/dev/stdin"],
                                    input=damaged(content, rng),
                                    capture_output=True, timeout=20)
            said = result.stderr.startswith(b"swsgx: info: ")
            if (result.returncode not in (0, 1, 125) or
                    said != (result.returncode == 125)):
                sys.exit(f"{path}, damage {i}: {result}")


main()
