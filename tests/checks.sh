# What tests of scripts say and count; sourced by them. Each sentence is said before it is tried, and
# what fails is told with it; `conclude` is the last line of a test.
# shellcheck shell=bash
failures=0

# What a sentence finds when it begins; a test that wants more than nothing has a function of its own.
prepare() { :; }

sentence() {
    sentence=$1
    echo "- $sentence"
    prepare
}

# failed EXPECTED GOT
failed() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n  expected: %s\n  got: %s\n' "$sentence" "$1" "$2"
}

expect_same() { [ "$1" = "$2" ] || failed "$1" "$2"; }

conclude() {
    [ "$failures" = 0 ] || echo "$failures expectations failed"
    [ "$failures" = 0 ]
}
