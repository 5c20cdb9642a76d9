#!/usr/bin/env bash
# What `make docs` does around its generator, one sentence a check.
#
# A copy of the front door, with programs that write down what they are asked for.
set -euo pipefail
unset MAKEFLAGS MAKELEVEL MFLAGS CMAKE_ARGS

project=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/checks.sh
. "$project/tests/checks.sh"
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT

# ## The door

# stub FILE: a program of the lines on standard input.
stub() {
    mkdir -p "$(dirname "$1")"
    (echo '#!/bin/sh' && cat) >"$1"
    chmod +x "$1"
}

new_door() {
    door=$(mktemp -d "$work/door.XXXX")
    log=$door/log
    : >"$log"
    cp -r "$project/Makefile" "$project/scripts" "$door"
    stub "$door/scripts/setup" <<<'exit 0'
    stub "$door/programs/iolab" <<END
echo "iolab \$*" >>'$log'
[ "\$1" = trace ] || exit 0
[ ! -e '$door/nobody_plays' ] || exit 3
mkdir -p build/timelines
touch build/timelines/poll.figure.html
exit "\$(cat '$door/trace_exit' 2>/dev/null || echo 0)"
END
    stub "$door/programs/docs_generator" <<END
echo "docs_generator \$*" >>'$log'
[ ! -e '$door/does_not_resolve' ] || exit 1
mkdir -p "\$2"
echo page >"\$2/index.html"
END
    stub "$door/path/cmake" <<END
echo "cmake \$*" >>'$log'
mkdir -p build/bin build/docs_generator
if [ "\$1" = --build ]; then
    cp -n '$door/programs/iolab' build/bin
    cp -n '$door/programs/docs_generator' build/docs_generator
else
    touch build/Makefile
    printf 'CMAKE_HOME_DIRECTORY:INTERNAL=$door\nMD4C_LIBRARY:FILEPATH=/x\n' >build/CMakeCache.txt
fi
END
}

# new_result ID PRESET: later than all that are there.
new_result() {
    mkdir -p "$door/results/$1"
    printf '{\n  "run": {"id":"%s","preset":"%s"}\n}\n' "$1" "$2" >"$door/results/$1/results.json"
    touch -d "2026-01-01 00:00:0$1" "$door/results/$1/results.json"
    ln -sfn "$1" "$door/results/latest"
}

make_docs() {
    exit_code=0
    (cd "$door" && PATH=$door/path:$PATH make docs "$@") >"$door/out" 2>&1 || exit_code=$?
}

# ## Checks

prepare() { new_door; }
expect_exit() { [ "$exit_code" = "$1" ] || failed "exit code $1" "$exit_code, $(cat "$door/out")"; }
expect_in() { grep -qF -- "$1" "$2" || failed "'$1'" "$(cat "$2")"; }
expect_not_in() { ! grep -qF -- "$1" "$2" || failed "nothing of '$1'" "$(cat "$2")"; }
expect_recordings() {
    local count
    count=$(grep -c '^iolab trace' "$log" || true)
    [ "$count" = "$1" ] || failed "$1 recordings" "$count"
}

sentence 'from nothing, it builds the models, records their scenes and makes pages with them'
make_docs
expect_exit 0
expect_in '--target programs docs_generator' "$log"
expect_in 'iolab trace * -o build/timelines/' "$log"
expect_in 'docs_generator -o build/docs.new --timelines build/timelines' "$log"
expect_in 'build/docs/index.html (1 pages)' "$door/out"
expect_in page "$door/build/docs/index.html"

sentence 'it says how figures come to stand beside the code, until there are some'
make_docs
expect_in 'make compare measures them' "$door/out"
new_result 1 quick
make_docs
expect_not_in 'make compare' "$door/out"
expect_in '--result results/latest/results.json' "$log"

sentence 'its figures are those of the last comparison, whatever experiments were run since'
new_result 1 two-sends
make_docs
expect_in 'make compare measures them' "$door/out"
new_result 2 standard
new_result 3 full
new_result 4 two-sends
make_docs
expect_in '--result results/3/results.json' "$log"

sentence 'it shows the result that it is given, and no other'
new_result 1 quick
make_docs ARGS='--result mine.json'
expect_exit 0
expect_in '--result mine.json' "$log"
expect_not_in 'results/latest/results.json' "$log"

sentence 'it records a scene once, and anew when a model has been built since'
make_docs
make_docs
expect_recordings 1
touch "$door/build/bin/poll"
make_docs
expect_recordings 2

sentence 'it says where to read of scenes that are missing, and makes the pages all the same'
echo 3 >"$door/trace_exit"
make_docs
expect_exit 0
expect_in 'build/timelines.log' "$door/out"
expect_in '--timelines build/timelines' "$log"

sentence 'it makes pages without scenes where nobody can play'
touch "$door/nobody_plays"
make_docs
expect_exit 0
expect_not_in '--timelines' "$log"

sentence 'who interrupts it does not find half the scenes in the next pages'
echo 130 >"$door/trace_exit"
make_docs
expect_exit 2
[ ! -e "$door/build/timelines" ] || failed 'no scenes' "$(ls "$door/build/timelines")"
expect_not_in 'docs_generator -o' "$log"

sentence 'the pages that there are stay where new ones cannot be made'
make_docs
echo old >"$door/build/docs/index.html"
touch "$door/does_not_resolve"
make_docs
expect_exit 2
expect_in old "$door/build/docs/index.html"
[ ! -e "$door/build/docs.new" ] || failed 'no pages half made' "$(ls "$door/build")"

conclude
