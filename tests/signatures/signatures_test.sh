#!/usr/bin/env bash
# scripts/signatures counts, goes on where it was, and tells one exit code 1 from another; with a
# harness that only says what it is told to.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BUILD=$work STATE=$work/state
mkdir "$work/bin"
cat >"$work/bin/iolab" <<'END'
#!/bin/sh
echo run >>"$STATE/../runs"
[ "$(wc -l <"$STATE/../runs")" -ne 3 ] || exit 130 # as if somebody had ended it
case "$*" in
*--control*) echo "Signature: not found"; exit 99 ;;
*half-closed*) echo "Signature: inconclusive"; exit 1 ;;
*broken-pipe*) echo "no server"; exit 1 ;;
*) echo "Signature: found" ;;
esac
END
chmod +x "$work/bin/iolab"

fail() { echo "$1" >&2; exit 1; }
# expect CODE OPTION...
expect() {
    local code=0 wanted=$1
    shift
    scripts/signatures "$@" >"$work/out" 2>&1 || code=$?
    [ "$code" = "$wanted" ] || { cat "$work/out" >&2; fail "exit code $code instead of $wanted"; }
}

expect 130 --repetitions 2 short-send half-closed
expect 0 --repetitions 2 short-send half-closed
[ "$(wc -l <"$work/runs")" = 9 ] || fail "8 runs and the one that was ended, not $(wc -l <"$work/runs")"
grep -q '^| short-send | 2 | 2 | 0 | 2 | 2 | 0 | [0-9]* s |$' "$work/out" || fail "$(cat "$work/out")"
grep -q '^| half-closed | 2 | 0 | 2 | 2 | 2 | 0 | [0-9]* s |$' "$work/out" || fail "$(cat "$work/out")"
[ -f "$STATE/half-closed-experiment-other.log" ] || fail "what is inconclusive is to be kept"
[ ! -f "$STATE/short-send-experiment-other.log" ] || fail "what was found need not be kept"
expect 0 --report short-send
[ "$(wc -l <"$work/runs")" = 9 ] || fail "a report runs nothing"
expect 1 --repetitions 1 broken-pipe
expect 2 --repetitions 1 no-such-experiment
mv "$STATE"/short-send-*.csv "$STATE/short-send-00000000.csv" # as if the experiment had changed
expect 0 --repetitions 1 short-send
[ "$(wc -l <"$work/runs")" = 12 ] || fail "what has changed begins anew"

# What the course says of the evidence is what the evidence says.
table() { grep -E '^\| [a-z0-9_-]+( \| [0-9]+){6} \| [0-9]+ s \|$' "$1" || true; }
STATE=bench/experiments/evidence scripts/signatures --report >"$work/evidence"
[ "$(table "$work/evidence" | wc -l)" -ge 10 ] || fail "the evidence of most experiments is missing"
diff <(table docs/experiments.md) <(table "$work/evidence") ||
    fail "docs/experiments.md has another table than scripts/signatures --report makes of the evidence: \
where an experiment has changed, its runs no longer count"
