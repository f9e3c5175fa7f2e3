# SPDX-License-Identifier: BSD-3-Clause
# What bash offers behind `swsgx`.

setup() {
  [ -r /usr/share/bash-completion/bash_completion ] ||
    skip "bash-completion is not installed"
}

# What is offered for the last of these words, one a line.
offered() {
  PATH=$(dirname "$SWSGX"):$PATH bash -c '
    . /usr/share/bash-completion/bash_completion
    . "$0"
    compopt() { :; }
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=${#COMP_LINE}
    _swsgx swsgx "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
    printf "%s\n" "${COMPREPLY[@]}"' "$COMPLETION" "$@"
}

@test "completion: commands are those of the help" {
  run offered swsgx ""
  [ "$status" = 0 ]
  for command in run check info explain suspend migrate stat trace help; do
    grep -qx "$command" <<<"$output"
  done
  [ "$(offered swsgx mi)" = migrate ]
}

@test "completion: each option of each command's help is offered" {
  for command in run check info explain suspend migrate stat trace; do
    offers=$(offered swsgx "$command" --)
    options=$("$SWSGX" "$command" --help | grep -oE '^ .*--[a-z0-9-]+' |
      grep -oE -- '--[a-z0-9-]+$')
    [ -n "$options" ]
    for option in $options; do
      grep -qE -- "^$option=?$" <<<"$offers"
    done
  done
}

@test "completion: values" {
  [ "$(offered swsgx run --cpuid f)" = fault ]
  [ "$(offered swsgx explain --as exi)" = exitinfo ]
  offered swsgx run --inject epc | grep -qx 'epc-loss@eenter='
  [ "$(offered swsgx run --trace-filter pa)" = paging ]
  [ "$(offered swsgx trace --filter le)" = leaf ]
  offered swsgx run --inject ev | grep -qx 'evict@every='
}

@test "completion: the program behind run has its own" {
  offered swsgx run -- tru | grep -qx true
  offered swsgx run --epc 8M tru | grep -qx true
  run offered swsgx run -- ls --
  [[ $output != *inject* ]]
}
