#!/usr/bin/env bash
# What scripts/setup and the Makefile promise a newcomer, one sentence a check.
#
# Each check builds a machine of stubs: a directory of programs that is all there
# is on PATH, and a root with the files that set-up reads. What apt-get is told
# ends up in a log; "installing" makes the machine complete.
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/checks.sh
. "$project/tests/checks.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ## Machines

stub() {
    cat >"$bin/$1"
    chmod +x "$bin/$1"
}

# A complete Debian machine where a plain user is at work. The compiler is the real
# one's command line with an answer of ours to each __has_include.
new_machine() {
    machine=$(mktemp -d "$work/machine.XXXX")
    bin=$machine/bin root=$machine/root log=$machine/apt.log
    mkdir -p "$bin" "$root/etc" "$root/var/lib/apt/lists"
    local tool
    for tool in sh bash cat sed awk tr sort head dirname chmod mkdir rm cp echo make; do
        ln -s "$(type -P "$tool")" "$bin/$tool"
    done
    touch "$log" "$machine/no_headers" "$root/var/lib/apt/lists/somewhere_main_Packages"
    echo 1000 >"$machine/uid"
    echo Linux >"$machine/kernel"
    system 'ID=debian'
    stub id <<<"#!/bin/sh
cat '$machine/uid'"
    stub uname <<<"#!/bin/sh
cat '$machine/kernel'"
    stub apt-get <<<"#!/bin/sh
echo \"\$*\" >>'$log'
[ ! -e '$machine/apt_is_offline' ] || exit 100
case \$1 in
    update) : >'$machine/updated'; exit 0 ;;
esac
[ ! -e '$machine/lists_are_old' ] || [ -e '$machine/updated' ] || exit 100
[ ! -e '$machine/release_is_old' ] || exit 0
: >'$machine/no_headers'
for tool in strace curl; do cp '$machine/true' '$bin/'\$tool; done
cp '$machine/cmake' '$bin/cmake'
cp '$machine/c++' '$bin/c++'"
    stub cmake <<<'#!/bin/sh
echo cmake version 3.30.1'
    stub c++ <<<"#!/bin/sh
while read -r line; do
    case \$line in
        *__has_include*) header=\${line#*<}; header=\${header%>*} ;;
        \\\"*) case \" \$(cat '$machine/no_headers') \" in *\" \$header \"*) echo \"\$line\" ;; esac ;;
    esac
done"
    stub true <<<'#!/bin/sh'
    cp "$bin/true" "$bin/strace"
    cp "$bin/true" "$bin/curl"
    mv "$bin/true" "$machine/true"
    cp "$bin/cmake" "$bin/c++" "$machine"
}

system() { printf '%s\n' "$@" >"$root/etc/os-release"; }
become() { echo "$1" >"$machine/uid"; }
without_headers() { echo "$*" >"$machine/no_headers"; }
without_programs() { (cd "$bin" && rm -f "$@"); }
with_sudo() {
    stub sudo <<<"#!/bin/sh
echo \"sudo \$*\" >>'$log'
while :; do case \$1 in -n | *=*) shift ;; *) break ;; esac; done
exec \"\$@\""
}

# on_machine [NAME=VALUE...] COMMAND...: nobody is there to ask.
on_machine() {
    exit_code=0
    env -i PATH="$bin" IOLAB_SETUP_ROOT="$root" "$@" </dev/null >"$machine/out" 2>"$machine/err" ||
        exit_code=$?
}

# at_terminal ANSWER COMMAND...: both ends of the conversation are a terminal.
at_terminal() {
    local answer=$1
    shift
    exit_code=0
    printf '%s\n' "$answer" |
        script -qec "env -i PATH='$bin' IOLAB_SETUP_ROOT='$root' $*" /dev/null |
        tr -d '\r' >"$machine/err" || exit_code=$?
}

# ## Checks

prepare() { new_machine; }
expect_exit() { [ "$exit_code" = "$1" ] || failed "exit code $1" "$exit_code, $(cat "$machine/err")"; }
expect_line() {
    grep -qxF -- "$1" "$machine/err" || failed "the line '$1'" "$(cat "$machine/err")"
}
expect_silence() {
    local words
    words=$(cat "$machine/out" "$machine/err")
    [ -z "$words" ] || failed "not a word" "$words"
}
expect_apt() { [ "$(cat "$log")" = "$1" ] || failed "apt-get told '$1'" "'$(cat "$log")'"; }
expect_lines() {
    local count
    count=$(grep -cv '^make: ' "$machine/err" || true)
    [ "$count" = "$1" ] || failed "$1 lines" "$(cat "$machine/err")"
}

setup=$project/scripts/setup
line='apt-get install --no-install-recommends -y libfmt-dev libgtest-dev strace'
told=${line#apt-get }
missing_three() {
    without_headers fmt/core.h gtest/gtest.h
    without_programs strace
}

sentence 'says not a word when all is there, and leaves apt-get alone'
on_machine "$setup" build test
expect_exit 0
expect_silence
expect_apt ''

sentence 'names what is missing, what for, and the exact line, to a user whom it cannot ask'
missing_three
with_sudo
on_machine "$setup" build test
expect_exit 3
expect_line "    sudo $line"
expect_line '    libfmt-dev           text'
expect_line '    strace               a witness of the system calls'
expect_line 'Nothing was installed: nobody is there to ask; YES=1 goes ahead.'
expect_apt ''

sentence 'asks of the build only what the build needs'
without_headers gtest/gtest.h
without_programs strace curl
on_machine "$setup" build
expect_exit 0
expect_silence

sentence 'finds a bare machine in want of everything, without a compiler to ask'
without_programs c++ cmake make
on_machine "$setup" build
expect_exit 3
expect_line '    sudo apt-get install --no-install-recommends -y g++ cmake make libcli11-dev libfmt-dev nlohmann-json3-dev zlib1g-dev'

sentence 'installs for root when nobody is there to ask, with exactly the line it printed'
missing_three
become 0
on_machine "$setup" build test
expect_exit 0
expect_line "    $line"
expect_apt "$told"

sentence 'fetches the package lists first where there are none'
missing_three
become 0
rm "$root"/var/lib/apt/lists/*
on_machine "$setup" build test
expect_exit 0
expect_apt "update
$told"

sentence 'fetches the package lists once when the ones that are there lead nowhere'
missing_three
become 0
: >"$machine/lists_are_old"
on_machine "$setup" build test
expect_exit 0
expect_apt "$told
update
$told"

sentence 'goes ahead for a user with sudo who said YES=1'
missing_three
with_sudo
on_machine YES=1 "$setup" build test
expect_exit 0
expect_apt "sudo -n DEBIAN_FRONTEND=noninteractive $line
$told"

sentence 'SETUP=no forbids it even to root'
missing_three
become 0
on_machine SETUP=no YES=1 "$setup" build test
expect_exit 3
expect_line 'Nothing was installed: SETUP=no forbids it.'
expect_apt ''

sentence 'says in three lines that apt-get could not, after one try with new lists'
missing_three
become 0
: >"$machine/apt_is_offline"
on_machine "$setup" build test
expect_exit 3
expect_line 'apt-get could not install it'
expect_apt "$told
update"

sentence 'says so when what a release offers is too old'
stub cmake <<<'#!/bin/sh
echo cmake version 3.13.4'
become 0
: >"$machine/release_is_old"
on_machine "$setup" build
expect_exit 3
expect_line 'installed, and still not good enough: cmake'
expect_apt 'install --no-install-recommends -y cmake'

sentence 'asks once at a terminal, and does nothing when the answer is no'
missing_three
become 0
at_terminal n "$setup" build test
expect_exit 3
grep -q 'Install it now?' "$machine/err" || failed 'a question' "$(cat "$machine/err")"
expect_apt ''

sentence 'asks once at a terminal, and installs when the answer is yes'
missing_three
become 0
at_terminal y "$setup" build test
expect_exit 0
[ "$(grep -c 'Install it now?' "$machine/err")" = 1 ] || failed 'one question' "$(cat "$machine/err")"
expect_apt "$told"

sentence 'does not ask a user who has no sudo to answer with, nor take YES=1 for a right'
missing_three
at_terminal y "$setup" build test
expect_exit 3
expect_line 'Nothing was installed: that takes root, and sudo is not here.'
on_machine YES=1 "$setup" build test
expect_exit 3
expect_line 'Nothing was installed: that takes root, and sudo is not here.'
expect_apt ''

sentence 'names the packages of the Fedora family, and installs nothing'
missing_three
become 0
system 'ID=rocky' 'ID_LIKE="rhel centos fedora"'
on_machine YES=1 "$setup" build test
expect_exit 3
expect_line '    dnf install fmt-devel gtest-devel strace'
expect_apt ''

sentence 'names the packages of Arch'
missing_three
system 'ID=arch'
on_machine "$setup" build test
expect_exit 3
expect_line '    sudo pacman -S --needed fmt gtest strace'

sentence 'names the packages of openSUSE'
missing_three
system 'ID="opensuse-tumbleweed"' 'ID_LIKE="opensuse suse"'
on_machine "$setup" build test
expect_exit 3
expect_line '    sudo zypper install fmt-devel gtest strace'

sentence 'names them all on a system it does not know'
missing_three
rm "$root/etc/os-release"
on_machine "$setup" build test
expect_exit 3
expect_line "    sudo $line"
expect_line '    sudo dnf install fmt-devel gtest-devel strace'
expect_line '    sudo pacman -S --needed fmt gtest strace'
expect_line '    sudo zypper install fmt-devel gtest strace'

sentence 'asks for an optional group where it is named, and for no other'
on_machine "$setup" plots
expect_exit 3
expect_line '    sudo apt-get install --no-install-recommends -y libjs-chart.js'
expect_line '    libjs-chart.js       draws the charts of a report'
mkdir -p "$root/usr/share/javascript/chart.js"
: >"$root/usr/share/javascript/chart.js/chart.min.js"
on_machine "$setup" plots
expect_exit 0
expect_silence

sentence 'says so where no package of a distribution is known to have it'
system 'ID=arch'
on_machine "$setup" plots
expect_exit 3
expect_line '    /usr/share/javascript/chart.js/chart.min.js draws the charts of a report'
expect_line '    no package of this distribution is known to have it'

sentence 'reports what is there and what is not, and installs nothing'
missing_three
become 0
on_machine YES=1 "$setup" --report build test
expect_exit 3
grep -qx '  missing test    strace' "$machine/out" || failed 'strace missing' "$(cat "$machine/out")"
grep -qx '  ok      build   make' "$machine/out" || failed 'make found' "$(cat "$machine/out")"
expect_apt ''

sentence 'refuses a group it does not know'
on_machine "$setup" everything
expect_exit 2
expect_lines 3

sentence 'make says in three lines what it needs where there is no Linux'
echo Darwin >"$machine/kernel"
on_machine make -C "$project" compare
expect_exit 2
expect_line 'iolab runs on Linux, and this is Darwin'
expect_lines 3

sentence 'make says in three lines that it knows no such target'
on_machine make -C "$project" cmopare
expect_exit 2
expect_line 'make cmopare: no such target'
expect_lines 3

sentence 'make help needs nothing, and names every target'
echo Darwin >"$machine/kernel"
without_programs c++ cmake
on_machine make -C "$project" help
expect_exit 0
for target in all compare test demo docs doctor bench check install clean help; do
    grep -q "^  make $target " "$machine/out" || failed "$target in the list" "$(cat "$machine/out")"
done

conclude
