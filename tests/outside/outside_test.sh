#!/bin/sh
# Has oracles that are not ours, from npm, look at what iolab writes and counts.
# Exit code 77, which skips the test: node, npm or the packages cannot be had here.
#
#   outside_test.sh SCRIPT BUILD_DIRECTORY [ARGUMENT]...
set -eu
here=$(cd "$(dirname "$0")" && pwd)
script=$1
work=$2/outside
shift 2

for program in node npm; do
    command -v $program >/dev/null && continue
    echo "skipped: $program is not here (Debian: nodejs, npm)"
    exit 77
done

# Two tests that run at once share one installation, and neither writes what the other reads.
mkdir -p "$work"
(
    flock 9
    for file in "$here"/*.json "$here"/*.mjs; do
        cmp -s "$file" "$work/${file##*/}" || cp "$file" "$work"
    done
    cd "$work"
    cmp -s package-lock.json node_modules/.for && exit 0
    npm ci --no-audit --no-fund --ignore-scripts >npm.log 2>&1 || exit 1
    cp package-lock.json node_modules/.for
) 9>"$work/lock" || {
    echo 'skipped: npm cannot get its packages:'
    tail -n 5 "$work/npm.log"
    exit 77
}
exec node "$work/$script" "$@"
