#!/usr/bin/env bash
# Makes a bare Debian or Ubuntu machine able to build the kit: checks for Swift, and installs the missing packages.
# Nothing is installed and nothing is printed when nothing is missing. May also be sourced; setup_build is then run at once.
#
# usage: setup-build.sh [--tests]
#   --tests   also what the whole test suite needs

setup_build_usage() {
    cat <<'USAGE'
usage: setup-build.sh [--tests]

Makes a Debian or Ubuntu machine able to build the kit: checks for Swift 6.2 or newer and installs the missing
packages (as root, or with sudo). Does nothing when nothing is missing.

  --tests      also install what the whole test suite needs
  -h, --help   show this help, and stop

Exit status: 0 ready, 1 something could not be installed, 2 wrong command line, 4 neither root nor sudo.
USAGE
}

setup_build_say() { printf 'setup-build: %s\n' "$*" >&2; }

# Prints "major minor" of a swift program; fails when it does not run.
setup_build_swift_version() {
    local text
    text=$("$1" --version 2>/dev/null) || return 1
    [[ $text =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || return 1
    printf '%s %s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

# Finds a Swift that is new enough, and puts it on PATH when it is not there already.
setup_build_swift() {
    local folder program major minor old=''
    local -a folders=()
    IFS=: read -r -a folders <<<"${PATH:-}"
    folders+=(/opt/swift/usr/bin /usr/libexec/swift /usr/libexec/swift/bin "${SWIFTLY_BIN_DIR:-${HOME:-/root}/.local/share/swiftly/bin}")
    for folder in "${folders[@]}"; do
        program=${folder:-.}/swift
        [[ -f $program && -x $program ]] || continue
        read -r major minor < <(setup_build_swift_version "$program") || continue
        if ((major > 6 || (major == 6 && minor >= 2))); then
            if [[ $(command -v swift) != "$program" ]]; then
                export PATH="$folder:${PATH:-}"
                if [[ $setup_build_is_sourced == no ]]; then
                    setup_build_say "Swift $major.$minor is not first on PATH: export PATH=\"$folder:\$PATH\""
                fi
            fi
            return 0
        fi
        old="$program is $major.$minor"
    done
    setup_build_say "Swift 6.2 or newer is needed${old:+ ($old)}: install it with swiftly (https://www.swift.org/install/linux)," \
        "or unpack a toolchain from https://www.swift.org/install into /opt/swift, and run this again"
    return 1
}

# Prints the packages among the arguments that are not installed.
setup_build_missing() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
    done
}

# Runs apt-get quietly, three times at most: mirrors fail now and then. What it printed is shown when all tries failed.
setup_build_apt() {
    local attempt output
    local -a run=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@")
    if ((EUID != 0)); then run=(sudo "${run[@]}"); fi
    for attempt in 1 2 3; do
        if output=$("${run[@]}" 2>&1 </dev/null); then return 0; fi
        if ((attempt < 3)); then sleep "${SETUP_BUILD_PAUSE:-5}"; fi
    done
    setup_build_say "apt-get $1 failed three times:"
    printf '%s\n' "$output" >&2
    return 1
}

setup_build_packages() {
    local -a missing=()
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        setup_build_say "this is no Debian or Ubuntu; install the development files of libcurl, OpenSSL, zstd and ISA-L, and pkg-config"
        return 1
    fi
    mapfile -t missing < <(setup_build_missing "$@")
    if ((${#missing[@]} == 0)); then return 0; fi
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        setup_build_say "as root, run: apt-get install ${missing[*]}"
        return 4
    fi
    setup_build_say "installing ${missing[*]}"
    setup_build_apt update || return 1
    setup_build_apt install -y --no-install-recommends "${missing[@]}" || return 1
}

setup_build() {
    local -a packages=(libcurl4-openssl-dev libssl-dev libzstd-dev libisal-dev pkg-config curl)
    local status=0
    while (($# > 0)); do
        case $1 in
            --tests) packages+=(python3-venv shellcheck debootstrap) ;;
            -h | --help)
                setup_build_usage
                return 0
                ;;
            *)
                setup_build_say "unknown argument $1; see setup-build.sh --help"
                return 2
                ;;
        esac
        shift
    done
    # Both are tried, so that one run names all that is missing.
    setup_build_packages "${packages[@]}" || status=$?
    setup_build_swift || status=1
    return "$status"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    setup_build_is_sourced=no
    setup_build "$@"
else
    # A script that is sourced without arguments sees those of its caller, which are not meant for it.
    setup_build_is_sourced=yes
    setup_build
fi
