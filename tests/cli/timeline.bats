#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# swsgx run --timeline.
# shellcheck disable=SC2154 # stderr: bats sets it
load helpers

setup() {
  dir=$BATS_TEST_TMPDIR
}

@test "a program that counts itself: each stay, exit, fault and leaf" {
  need python3
  swsgx run --timeline "$dir/t.json" -- "$COUNTED" >"$dir/expected"
  python3 "$TIMELINE_CHECK" "$dir/t.json" "$dir/expected"
}

@test "likewise with an interrupt" {
  need python3
  swsgx run --inject aex@eenter=3 --timeline "$dir/t.json" -- \
    "$COUNTED" 1 >"$dir/expected"
  python3 "$TIMELINE_CHECK" "$dir/t.json" "$dir/expected"
}

@test "losses and paging are marked" {
  need python3
  swsgx run --inject epc-loss@eexit=1 --timeline "$dir/t.json" -- \
    "$LOSSES" epc-loss
  python3 "$TIMELINE_CHECK" "$dir/t.json"
  grep -q '"ph":"i","cat":"loss","name":"EPC lost","s":"g"' "$dir/t.json"
  swsgx run --inject evict@every=1ms --timeline "$dir/t.json" -- \
    "$LOSSES" evict
  python3 "$TIMELINE_CHECK" "$dir/t.json"
  grep -q '"cat":"paging","name":"EWB"' "$dir/t.json"
  grep -q '"cat":"paging","name":"ELDU"' "$dir/t.json"
}

@test "the page holds the same events, and needs nothing else" {
  need python3
  swsgx run --timeline "$dir/t.html" -- "$COUNTED" >"$dir/expected"
  sed -n '/<script id="trace"/,/<\/script>/p' "$dir/t.html" |
    sed '1d;$d' >"$dir/t.json"
  python3 "$TIMELINE_CHECK" "$dir/t.json" "$dir/expected"
  # no address of another place
  run ! grep -qE 'https?://|src=|@import|fetch\(' "$dir/t.html"
}

# dom PAGE SCRIPT: what the browser makes of the page and the script at its end.
dom() {
  sed '/^<\/html>/d' "$1" >"$dir/dom.html"
  printf '<script>%s</script></html>\n' "$2" >>"$dir/dom.html"
  HOME=$dir timeout 50 chromium --headless --no-sandbox --disable-gpu \
    --window-size=1200,600 --dump-dom "file://$dir/dom.html" 2>/dev/null
}

@test "a browser shows it; wheel, drag and keys zoom and move" {
  need chromium
  swsgx run --timeline "$dir/t.html" -- "$COUNTED" >/dev/null
  # shellcheck disable=SC2016 # JavaScript
  run dom "$dir/t.html" 'const c = document.getElementById("view");
const v = window.timeline.view, said = [];
const span = () => v.to - v.from;
let was = span();
c.dispatchEvent(new WheelEvent("wheel", { deltaY: -1, cancelable: true }));
said.push("wheel " + (span() < was)); was = span();
dispatchEvent(new KeyboardEvent("keydown", { key: "w" }));
said.push("w " + (span() < was)); was = v.from;
dispatchEvent(new KeyboardEvent("keydown", { key: "d" }));
said.push("d " + (v.from > was));
dispatchEvent(new KeyboardEvent("keydown", { key: "0" }));
said.push("0 " + (v.from === 0));
document.title = said.join(", ");'
  [ "$status" = 0 ] || skip "chromium does not start here: status $status"
  [[ $output == *"<title>wheel true, w true, d true, 0 true</title>"* ]]
  [[ $output == *"3 threads, 27 stays in enclaves"* ]]
}

@test "a file that cannot be written, or of no known kind: nothing is run" {
  run swsgx run --timeline "$dir/no/t.json" -- touch "$dir/ran"
  own_error
  [[ $output == *"--timeline: cannot write $dir/no/t.json: No such"* ]]
  run swsgx run --timeline "$dir/t.txt" -- touch "$dir/ran"
  own_error
  [[ $output == *.json*.html* ]]
  run swsgx run --timeline "$dir/t.json" --trace -- touch "$dir/ran"
  own_error
  [ ! -e "$dir/ran" ]
}

@test "a disk that is full: said, and the program is unharmed" {
  ln -s /dev/full "$dir/full.json"
  run -0 --separate-stderr swsgx run --timeline "$dir/full.json" -- "$COUNTED"
  [[ $output == *'"threads":'* ]]
  [[ $stderr == "swsgx: run: --timeline: $dir/full.json is not complete: "* ]]
}

@test "the program's status and death are its own" {
  run -3 swsgx run --timeline "$dir/t.json" -- sh -c 'exit 3'
  need python3
  python3 "$TIMELINE_CHECK" "$dir/t.json"
  # shellcheck disable=SC2016 # for the inner shell
  run -143 swsgx run --timeline "$dir/t.json" -- sh -c 'kill $$'
}
