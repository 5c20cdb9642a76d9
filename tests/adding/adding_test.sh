#!/usr/bin/env bash
# Adding a server is what docs/adding-a-server.md says it is, one sentence a check.
#
#   adding_test.sh [BUILD]
#
# The steps are the page's own blocks of commands, performed on a copy of the source.
# BUILD is a build of this source: objects and programs that it has are not made once more.
set -euo pipefail
unset MAKEFLAGS MAKELEVEL MFLAGS

project=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/checks.sh
. "$project/tests/checks.sh"
page=$project/docs/adding-a-server.md
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT
clone=$work/clone
bin=$clone/build/bin
performed=

# ## Steps

# The commands of the page's block of that name.
commands_of() {
    awk -v marker="<!-- step: $1 -->" '
        $0 == marker { found = 1; next }
        found && /^```sh$/ { inside = 1; next }
        inside && /^```$/ { exit }
        inside' "$page"
}

# perform STEP: its output goes to a file, and stands in a failure's report.
perform() {
    performed="$performed $1"
    exit_code=0
    local commands
    commands=$(commands_of "$1")
    [ -n "$commands" ] || commands="echo the page has no step $1 >&2; exit 1"
    (cd "$clone" && bash -euc "$commands") >"$work/$1.out" 2>&1 </dev/null || exit_code=$?
    [ "$exit_code" = 0 ] || failed "exit code 0 from the step '$1'" \
        "$exit_code, $(tail -n 30 "$work/$1.out")"
}

# ## Checks

expect_in() { grep -q -- "$1" "$2" || failed "'$1' in the output" "$(tail -n 30 "$2")"; }

# What was compiled and linked since the last call of `remember`, in alphabetical order.
remember() { touch "$work/remembered"; }
since() { find "$@" -newer "$work/remembered" -printf '%f\n' | LC_ALL=C sort | xargs; }
compiled() { since "$clone/build" -name '*.o'; }
linked() { since "$bin" -type f; }

# cells FILE MODEL: how many of its cells have the status `measured`, of how many.
cells() {
    local all
    all=$(sed -n '/^  "cells": \[/,/^  \]/p' "$1" | grep "\"model\":\"$2\"" || true)
    echo "$(grep -c '"status":"measured"' <<<"$all" || true) of $(grep -c . <<<"$all" || true)"
}

# ## The copy

copy_source() {
    mkdir "$clone"
    if git -C "$project" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        (cd "$project" && git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
            tar -c --null --no-recursion -T -) | tar -x -C "$clone"
    else
        tar -c -C "$project" --exclude=./.git --exclude='./build*' --exclude=./results . |
            tar -x -C "$clone"
    fi
}

# Configures the copy; like BUILD, if there is one.
configure() {
    local option tool options=(-G 'Unix Makefiles' -DIOLAB_TESTS=OFF)
    if [ -n "${1:-}" ]; then
        export REUSE_SOURCE=$project REUSE_CLONE=$clone REUSE_LOG=$work/reused
        REUSE_BUILD=$(cd "$1" && pwd -P)
        export REUSE_BUILD
        for tool in COMPILER LINKER; do
            options+=("-DCMAKE_CXX_${tool}_LAUNCHER=$project/tests/adding/reuse.sh")
        done
        while IFS= read -r option; do options+=("-D$option"); done < <(
            grep -E '^(CMAKE_BUILD_TYPE|CMAKE_CXX_COMPILER|CMAKE_CXX_FLAGS(_[A-Z]+)?|IOLAB_(COUNT_CALLS|STRICT|SANITIZE)):' \
                "$1/CMakeCache.txt")
    fi
    cmake -S "$clone" -B "$clone/build" "${options[@]}"
}

ready() { (cd "$clone" && SETUP=no make) >"$work/ready.out" 2>&1; }

sentence 'a copy of the source builds'
copy_source
if ! configure "${1:-}" >"$work/configure.out" 2>&1 || ! ready; then
    failed 'a build' "$(cat "$work"/*.out)"
    exit 1
fi
total=$(find "$clone/build" -name '*.o' | wc -l)
reused=$(if [ -e "$work/reused" ]; then wc -l <"$work/reused"; else echo 0; fi)
echo "  ($((total - reused)) objects compiled, $reused of the same bytes and flags copied)"

# ## Adding

sentence 'copying a sibling and giving it a line is all it takes'
perform copy
perform list
remember
perform build
expect_in '^mine ' "$work/build.out"

sentence 'only the new server, its neighbours and the list of models are compiled for it'
expect_same 'epoll_lt.cpp.o mine.cpp.o models.cpp.o poll.cpp.o' "$(compiled)"
expect_same 'epoll_lt iolab mine poll' "$(linked)"

sentence 'the new server has the form of its siblings'
perform siblings
expect_in '100% tests passed' "$work/siblings.out"

sentence 'the new server does all that a server does'
perform verify
expect_in '^mine: [1-9][0-9]* hold, 0 fail' "$work/verify.out"

sentence 'the new server is measured beside its model, in every cell'
perform compare
for model in mine poll; do
    expect_same '8 of 8' "$(cells "$clone/results/first-look/results.json" $model)"
done

sentence 'a server of anyone is tried and measured without a change to the source'
perform stranger
expect_in '^stranger: [1-9][0-9]* hold, 0 fail' "$work/stranger.out"
expect_same '8 of 8' "$(cells "$clone/results/stranger/results.json" stranger)"

sentence 'a change to one server builds that server alone'
remember
touch "$clone/servers/poll.cpp"
(cd "$clone" && SETUP=no make) >"$work/touched.out" 2>&1 ||
    failed 'a build' "$(cat "$work/touched.out")"
expect_same 'poll.cpp.o' "$(compiled)"
expect_same 'poll' "$(linked)"

sentence 'every step of the page has been performed'
steps=$(sed -n 's/^<!-- step: \(.*\) -->$/\1/p' "$page" | xargs)
expect_same "$steps" "${performed# }"

conclude
