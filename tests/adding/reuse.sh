#!/usr/bin/env bash
# A compiler and linker launcher that saves time: where another build has made
# the same object, from files of the same bytes with the same flags, it is
# copied, with its list of dependencies, and likewise the same program; else the
# compiler makes it.
#
# Read from the environment: REUSE_SOURCE and REUSE_BUILD, the project and a build
# of it; REUSE_CLONE, the copy that is being built, in build/; REUSE_LOG, a file
# that gets a line for every object that was copied.
set -euo pipefail

# argument_after OPTION WORD...
argument_after() {
    local option=$1
    shift
    while [ $# -gt 1 ]; do
        if [ "$1" = "$option" ]; then
            printf '%s\n' "$2"
            return
        fi
        shift
    done
}

# flags_of BUILD SOURCE FILE: without the places where headers are looked for.
flags_of() {
    sed -E -e "s@-I$1@-IBUILD@g" -e "s@-I$2( |\$)@-ISOURCE\\1@g" \
        -e "s@prefix-map=$2/=@prefix-map=SOURCE/=@g" "$3"
}

# Every file that the object was made from is older than it, and ours are the same here.
is_made_from_the_same() {
    local file words=()
    read -r -d '' -a words <<<"$(sed 's/\\$//' "$object.d")" || true
    for file in "${words[@]:1}"; do
        [ "$object" -nt "$file" ] || return 1
        case $file in
            "$REUSE_BUILD"/*) cmp -s "$file" "$REUSE_CLONE/build${file#"$REUSE_BUILD"}" || return 1 ;;
            "$REUSE_SOURCE"/*) cmp -s "$file" "$REUSE_CLONE${file#"$REUSE_SOURCE"}" || return 1 ;;
        esac
    done
}

# A program is called what its target is. Its link command names its inputs.
reuse_program() {
    local wanted here program command file
    wanted=$(argument_after -o "$@")
    here=$REUSE_BUILD${PWD#"$REUSE_CLONE/build"}
    program=$here/$wanted
    command=$here/CMakeFiles/${wanted##*/}.dir/link.txt
    [ -e "$program" ] && [ -e "$command" ] && [ "$*" = "$(xargs <"$command")" ] || return 1
    for file in "${@:2}"; do
        case $file in -* | /* | "$wanted") continue ;; esac
        [ "$program" -nt "$here/$file" ] && cmp -s "$file" "$here/$file" || return 1
    done
    cp "$program" "$wanted"
}

reuse_object() {
    local wanted dependencies here target object
    wanted=$(argument_after -o "$@")
    dependencies=$(argument_after -MF "$@")
    here=${PWD#"$REUSE_CLONE/build"}
    target=${wanted%%.dir/*}.dir
    object=$REUSE_BUILD$here/$wanted
    [ -n "$dependencies" ] && [ -e "$object" ] && [ -e "$object.d" ] || return 1
    [ "$(flags_of "$REUSE_CLONE/build" "$REUSE_CLONE" "$target/flags.make")" = \
        "$(flags_of "$REUSE_BUILD" "$REUSE_SOURCE" "$REUSE_BUILD$here/$target/flags.make")" ] || return 1
    is_made_from_the_same || return 1
    cp "$object" "$wanted"
    sed -e "s|$REUSE_BUILD/|$REUSE_CLONE/build/|g" -e "s|$REUSE_SOURCE/|$REUSE_CLONE/|g" \
        "$object.d" >"$dependencies"
    echo "$wanted" >>"$REUSE_LOG"
}

case " $* " in
    *" -c "*) reuse_object "$@" || exec "$@" ;;
    *) reuse_program "$@" || exec "$@" ;;
esac
