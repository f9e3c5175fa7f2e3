#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
load helpers

@test "--help names the commands and the limits" {
  run -0 swsgx --help
  [[ $output == *"run"* ]]
  [[ $output == *"check"* ]]
  [[ $output == *"suspend"* ]]
  [[ $output == *"evelopment and testing only"* ]]
}

@test "--version is a name and a number, and names the limits" {
  run -0 swsgx --version
  [[ ${lines[0]} =~ ^swsgx\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
  [[ $output == *"no confidentiality"* ]]
}

@test "help COMMAND is COMMAND --help" {
  for command in run check info quote collateral suspend; do
    run -0 swsgx help "$command"
    first=$output
    [ -n "$first" ]
    run -0 swsgx "$command" --help
    [ "$output" = "$first" ]
  done
}

@test "help goes to standard output, and so fails with it" {
  run -125 bash -c '"$0" --help >/dev/full' "$SWSGX"
  [[ $output == "swsgx: "* ]]
}

@test "no command" {
  run swsgx
  own_error
}

@test "an unknown command, with the nearest that there is" {
  run swsgx chekc
  own_error
  [[ $output == *"chekc"* && $output == *"check"* ]]
}

@test "an unknown option" {
  run swsgx --no-such-option
  own_error
  [[ $output == *"--no-such-option"* ]]
}

@test "an unknown option of run is not taken for the program's" {
  run swsgx run --no-such-option -- true
  own_error
  [[ $output == *"--no-such-option"* ]]
}

@test "options after the program belong to the program" {
  run -0 swsgx run printf '%s\n' --help
  [ "$output" = "--help" ]
  run -0 swsgx run -- printf '%s\n' --epc
  [ "$output" = "--epc" ]
}

@test "run without a program" {
  run swsgx run
  own_error
  run swsgx run --
  own_error
}
