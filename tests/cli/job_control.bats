#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The keys of a terminal, and a shell's jobs, as if swsgx were not there.
# Each test's session also passes with SWSGX_RUN empty, without swsgx.
load helpers

setup() {
  need python3
  export RUN="${SWSGX_RUN-$SWSGX run --}"
}

session() {
  "$TERMINAL"
}

@test "Ctrl-C ends the program" {
  session <<'EOF'
send $RUN sh -c 'echo star""ted; exec sleep 60'\n
expect started
send \x03
expect ready>
send echo status=$?\n
expect status=130
EOF
}

@test "Ctrl-C that the program catches" {
  session <<'EOF'
send $RUN bash -c 'trap "exit 9" INT; echo star""ted; while :; do sleep 0.1; done'\n
expect started
send \x03
expect ready>
send echo status=$?\n
expect status=9\b
EOF
}

@test "Ctrl-backslash" {
  session <<'EOF'
send ulimit -c 0; $RUN sh -c 'echo star""ted; exec sleep 60'\n
expect started
send \x1c
expect ready>
send echo status=$?\n
expect status=131
EOF
}

@test "Ctrl-Z, fg, Ctrl-C" {
  session <<'EOF'
send $RUN cat\n
send one\n
expect one[\s\S]*one
send \x1a
expect Stopped
send jobs\n
expect Stopped
send fg\n
send two\n
expect two[\s\S]*two
send \x03
expect ready>
send echo status=$?\n
expect status=130
EOF
}

@test "Ctrl-Z, bg, kill" {
  session <<'EOF'
send $RUN sh -c 'echo star""ted; exec sleep 60'\n
expect started
send \x1a
expect Stopped
send bg\n
send jobs\n
expect Running
send kill %1; wait %1; echo status=$?\n
expect status=143
EOF
}

@test "a program that stops itself, and is continued" {
  session <<'EOF'
send $RUN sh -c 'kill -STOP $$; echo cont""inued; exit 4'\n
expect Stopped
send fg\n
expect continued
expect ready>
send echo status=$?\n
expect status=4\b
EOF
}

@test "Ctrl-D: the program reads the terminal" {
  session <<'EOF'
send $RUN cat\n
send some text\n
expect some text[\s\S]*some text
send \x04
expect ready>
send echo status=$?\n
expect status=0
EOF
}

@test "a background program that reads the terminal stops" {
  session <<'EOF'
send $RUN cat &\n
expect ready>
send sleep 0.5; jobs\n
expect Stopped
send fg\n
send \x04
expect ready>
send echo status=$?\n
expect status=0
EOF
}

@test "the size of the window, and its change" {
  session <<'EOF'
send stty rows 33 cols 101; $RUN stty size\n
expect 33 101
send $RUN bash -c 'trap "stty size; exit" WINCH; stty rows 44; sleep 9 & wait'\n
expect 44 101
EOF
}

@test "a job shell in a run has job control of its own" {
  session <<'EOF'
send PS1='inner> ' $RUN bash --norc --noediting -i\n
expect inner>
send cat\n
send one\n
expect one[\s\S]*one
send \x1a
expect Stopped
send fg\n
send two\n
expect two[\s\S]*two
send \x03
expect inner>
send exit 5\n
expect ready>
send echo status=$?\n
expect status=5\b
EOF
}
