# shellcheck shell=bash
# What the launchers share; sourced, never run. A launcher finds the program of its name, builds it when there is none, and
# becomes it:
#
#   1. next to the launcher, 2. .build/release of this checkout, 3. PATH, 4. built from the sources with setup-build.sh.
#
# In a git checkout the program in .build/release is built again when a source is newer than it.
#
# TICK_NO_BUILD=1   nothing is built: an older program is taken as it is, and a missing one is an error

launch_say() { printf '%s: %s\n' "$launch_name" "$*" >&2; }

# Builds the program; everything that is said goes to stderr.
launch_build() {
    local status=0
    (
        # A compiler and what it starts have no use for secrets.
        unset TARDIS_API_KEY CLOUDSDK_AUTH_ACCESS_TOKEN
        # shellcheck source=setup-build.sh
        source "$launch_folder/setup-build.sh"
        swift build --package-path "$launch_root" -c release --static-swift-stdlib --product "$launch_name"
    ) >&2 || status=$?
    if ((status != 0)); then
        launch_say "the build failed; the lines above say why"
        exit 1
    fi
    # A source of another program leaves this one as it was, and would make it look old for ever.
    : >"$launch_root/.build/release/.$launch_name.checked"
}

# Whether a source is newer than the program and than the last build.
launch_is_stale() {
    local program=$1 checked=$launch_root/.build/release/.$launch_name.checked
    [[ -e $launch_root/.git && -z ${TICK_NO_BUILD:-} ]] || return 1
    if [[ $checked -nt $program ]]; then program=$checked; fi
    [[ -n $(unset TARDIS_API_KEY CLOUDSDK_AUTH_ACCESS_TOKEN; find "$launch_root/Sources" "$launch_root/Package.swift" -newer "$program" -print -quit) ]]
}

# Becomes the program: the launcher's own file, the program's name, and its arguments.
launch() {
    local launcher=$1 program
    local -a found=()
    launch_name=$2
    shift 2
    launch_folder=${launcher%/*}
    launch_root=${launch_folder%/*}
    # The deployment's defaults are beside the launcher, wherever the program is.
    export ORCHESTRATION_DIR=${ORCHESTRATION_DIR:-$launch_folder}

    program=$launch_folder/$launch_name
    if [[ -f $program && -x $program ]]; then exec "$program" "$@"; fi

    program=$launch_root/.build/release/$launch_name
    if [[ -f $program && -x $program ]]; then
        if launch_is_stale "$program"; then
            launch_say "the sources are newer than the program; building it again (TICK_NO_BUILD=1 does without)"
            launch_build
        fi
        exec "$program" "$@"
    fi

    mapfile -t found < <(type -aP "$launch_name")
    for program in "${found[@]}"; do
        # A link named like the program may lead back here.
        if [[ ! $program -ef $launcher ]]; then exec "$program" "$@"; fi
    done

    if [[ ! -d $launch_root/Sources/$launch_name ]]; then
        launch_say "this version of the kit has no program $launch_name, and there is none on PATH"
        exit 1
    fi
    if [[ -n ${TICK_NO_BUILD:-} ]]; then
        launch_say "it is not built, and TICK_NO_BUILD is set: swift build -c release --static-swift-stdlib --product $launch_name"
        exit 1
    fi
    launch_say "building the program, which takes a few minutes the first time"
    launch_build
    exec "$launch_root/.build/release/$launch_name" "$@"
}
