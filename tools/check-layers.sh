#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Includes point down only (cpu <- kernel <- process <- cli; inside process/,
# rt/ knows neither inject/ nor supervisor/; attest/ stands beside kernel/), and
# the code that becomes the freestanding runtime includes no libc header.
# process/ asks kernel/ for what is in its tables.
set -euo pipefail
cd "$(dirname "$0")/.."

# What a compiler gives without a libc, and Linux's own interface.
free='<(std(int|def|bool|arg|atomic|align|noreturn)|limits|cpuid)\.h>'
free="$free|<(asm|asm-generic|linux)/[a-z0-9_/-]+\.h>"
status=0

includes() {
  tools/sources.sh "$@" | grep -E '\.(c|h|S)$' |
    xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include' || true
}

# complain MESSAGE: for each include on standard input.
complain() {
  local line
  while read -r line; do
    echo "$line: $1" >&2
    status=1
  done
}

# only PATTERN ALLOWED: project includes of these files must match ALLOWED.
only() {
  complain "upward include" < <(includes "$1" | grep -F '"' |
    grep -vE "\"($2)[^\"]*\"|\"vdso_offsets\.h\"" || true)
}

only 'cpu/*' 'cpu/'
only 'kernel/*' 'cpu/|kernel/'
# The rooms of kernel/, in their order: kernel/README.md.
room='cpu/|kernel/host\.h|kernel/platform/'
only 'kernel/platform/*' "$room"
only 'kernel/mm/*' "$room|kernel/mm/"
only 'kernel/sgx/*' "$room|kernel/mm/|kernel/sgx/"
only 'kernel/fault/*' "$room|kernel/mm/|kernel/sgx/|kernel/fault/"
only 'kernel/machine/*' "$room|kernel/mm/|kernel/machine/"
only 'kernel/vdso/*' 'cpu/|kernel/vdso/'
only 'process/rt/*' 'cpu/|kernel/|process/rt/|process/[a-z_]+\.h'
only 'attest/*' 'cpu/|attest/'
only 'process/*' 'cpu/|kernel/|attest/|process/'
only 'cli/*' 'cpu/|kernel/|attest/|process/|cli/'
only 'examples/*' 'examples/'

complain "libc header in freestanding code" < <(
  includes 'cpu/*' 'kernel/*' 'process/rt/*' | grep -F '<' |
    grep -vE "$free|^cpu/crypto/.*<(nettle/[a-z0-9-]+|gmp)\.h>" || true)

# What the kernel's tables hold, kernel/ says by its functions.
complain "a field of the kernel's; ask kernel/ for it" < <(
  tools/sources.sh 'process/*' | grep -E '\.(c|h)$' |
    xargs -r grep -nHoE '\b(shared|encl|processor|vma)->[a-z_]+' || true)

exit $status
