#!/usr/bin/env bash
# What is installed stands on its own, one sentence a check.
#
#   install_test.sh BUILD_DIRECTORY
#
# `make install` of a copy of the front door, whose cmake builds nothing and installs what the build
# directory has. Then the programs run elsewhere, with source and build hidden where this user may
# mount something over them.
set -euo pipefail
unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR PREFIX

project=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/checks.sh
. "$project/tests/checks.sh"
build=$(cd "$1" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
bin=$root/opt/iolab/bin

# ## Steps

copy_front_door() {
    mkdir "$work/door" "$work/bin" "$work/elsewhere"
    cp -r "$project/Makefile" "$project/CMakeLists.txt" "$project/scripts" "$work/door"
    cat >"$work/bin/cmake" <<END
#!/bin/sh
case \$1 in
    --version) ;;
    --install) shift 2; set -- --install '$build' "\$@" ;;
    *) exit 0 ;;
esac
exec '$(type -P cmake)' "\$@"
END
    chmod +x "$work/bin/cmake"
}

install_it() {
    (cd "$work/door" && PATH=$work/bin:$PATH SETUP=no make install "$@") >"$work/install.out" 2>&1
}

may_hide() { unshare --map-root-user --mount mount -t tmpfs none "$build" 2>/dev/null; }

# elsewhere WORDS...: in another directory, with nothing of ours but what is installed.
elsewhere() {
    # shellcheck disable=SC2016  # the inner shell's own arguments
    local shell=(sh) hide='' run='shift 2; exec "$@"'
    if [ $hidden = yes ]; then
        shell=(unshare --map-root-user --mount sh)
        # shellcheck disable=SC2016
        hide='mount -t tmpfs none "$1"; mount -t tmpfs none "$2"; '
    fi
    exit_code=0
    (cd "$work/elsewhere" && "${shell[@]}" -euc "$hide$run" sh "$build" "$project" "$@") \
        >"$work/out" 2>"$work/err" </dev/null || exit_code=$?
}

# ## Checks

expect_exit() {
    [ "$exit_code" = "$1" ] || failed "exit code $1" "$exit_code, $(tail -n 20 "$work/out" "$work/err")"
}
expect_in() { grep -q -- "$1" "$2" || failed "'$1' in $2" "$(tail -n 20 "$2")"; }

models=$(sed -n 's/^add_server(\([a-z_]*\).*/\1/p' "$project/CMakeLists.txt")
hidden=no
if may_hide; then hidden=yes; fi

sentence 'make install puts programs under PREFIX, below DESTDIR, and nothing anywhere else'
copy_front_door
install_it PREFIX=/opt/iolab DESTDIR="$root" || failed 'exit code 0' "$(cat "$work/install.out")"
# shellcheck disable=SC2086  # a list
expect_same "$(printf '/opt/iolab/bin/%s\n' iolab ${models//$'\n'/ } | sed '2,$s|/bin/|/bin/iolab-|' | LC_ALL=C sort)" \
    "$(cd "$root" && find . -type f | sed 's/^\.//' | LC_ALL=C sort)"

sentence 'all that is installed bears the name of the project'
expect_same '' "$(find "$bin" -type f ! -name iolab ! -name 'iolab-*')"

sentence 'PREFIX is /usr/local where nobody says otherwise'
install_it DESTDIR="$work/usual" || failed 'exit code 0' "$(cat "$work/install.out")"
expect_same yes "$([ -x "$work/usual/usr/local/bin/iolab-poll" ] && echo yes)"

[ $hidden = yes ] || echo '  (source and build stay visible: this user may mount nothing over them)'

sentence 'the installed iolab finds the models beside it, and calls them as ever'
elsewhere "$bin/iolab" list --json
expect_exit 0
for model in $models; do expect_in "\"name\": *\"$model\"" "$work/out"; done
# The zoo stays at home: it is built for tests and lectures.
expect_same '' "$(grep 'cannot be started' "$work/out" | grep -v 'the zoo' || true)"

sentence 'it lists the experiments that it carries'
elsewhere "$bin/iolab" list
expect_exit 0
expect_in 'two-sends' "$work/out"

sentence 'it runs an experiment of yours on two models, and writes result and report where it is'
cat >"$work/elsewhere/tiny.jsonc" <<'END'
{
    "name": "tiny",
    "models": ["poll", "epoll_lt"],
    "actors": [{"kind": "polite", "count": 2}],
    "warm_up_s": 0.01,
    "measured_s": 0.05,
    "rounds": 1
}
END
elsewhere "$bin/iolab" run tiny.jsonc -o results/tiny
expect_exit 0
for model in poll epoll_lt; do
    expect_in "\"model\":\"$model\".*\"status\":\"measured\"" "$work/elsewhere/results/tiny/results.json"
done
expect_in '<h2' "$work/elsewhere/results/tiny/report.html"

sentence 'it writes a report of what was measured'
elsewhere "$bin/iolab" report results/tiny -o again.html
expect_exit 0
expect_in '</html>' "$work/elsewhere/again.html"

sentence 'it tells what a model does that it has beside it'
elsewhere "$bin/iolab" verify poll --list
expect_exit 0

conclude
