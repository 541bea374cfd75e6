#!/usr/bin/env bash
# orchestration/Dockerfile without Docker: the steps of its last stage on a root made by debootstrap, and then every program in it,
# as the image's user, on a root that is read-only; a download into the sandbox works. By Docker itself where one answers.
# The bare root is kept in $TICK_IMAGE_BASE (default: .build/image-base.tar).
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs market-tick-data-handler tick-sandbox
dockerfile=$root/orchestration/Dockerfile
image=$work/image
base=${TICK_IMAGE_BASE:-$root/.build/image-base.tar}

if timeout 10 docker info >/dev/null 2>&1; then
    LIMIT=1500 run_expecting 0 docker build -q -f "$dockerfile" -t market-tick-data-handler:test "$root"
    run_expecting 0 docker run --rm --read-only --network=none --cap-drop=ALL --security-opt=no-new-privileges \
        market-tick-data-handler:test sh -euc 'ls -d /usr/local/bin/* | xargs -t -I% env % --version'
    ok "Docker builds it, and every program starts"
fi
if [[ $EUID != 0 ]] || ! unshare -m true 2>/dev/null; then
    echo "SKIPPED: the image is not replayed: that needs root and unshare"
    exit 0
fi
command -v debootstrap >/dev/null || fail "no debootstrap: orchestration/setup-build.sh --tests"

# ---- the base, as debian:bookworm-slim
[[ $(sed -n 's/^FROM \([^ ]*\)$/\1/p' "$dockerfile") == debian:bookworm-slim ]] || fail "the last stage is not on debian:bookworm-slim"
if [[ ! -s $base ]]; then
    mkdir -p "$(dirname "$base")"
    LIMIT=540 run_expecting 0 debootstrap --variant=minbase bookworm "$image"
    rm -rf "$image"/var/cache/apt/archives/*.deb "$image"/var/lib/apt/lists/*
    tar -C "$image" -cf "$base.new" . && mv "$base.new" "$base"
    rm -rf "$image"
fi
mkdir -p "$image"
tar -C "$image" -xf "$base"
cp /etc/resolv.conf "$image/etc/resolv.conf"
# Debian's images have this, so that apt leaves nothing behind, and the slim ones no documents.
cat >"$image/etc/apt/apt.conf.d/docker-clean" <<'APT'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT
printf 'path-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' \
    >"$image/etc/dpkg/dpkg.cfg.d/docker"
before=$(du -sk "$image" | cut -f 1)

# ---- what the build stage leaves: one file that is all programs, and a link for each
mkdir programs
strip --strip-all -o programs/market-tick-data-handler "$bin/market-tick-data-handler"
for name in $(programs/market-tick-data-handler); do ln -s market-tick-data-handler "programs/$name"; done
expect "the programs" "cleanup-tick-vms gcs-upload-service monitor-tick-download orchestrate-tick-download setup-iam vm-data-downloader" \
    "$(find programs -type l -printf '%f\n' | sort | paste -sd ' ')"
run_expecting 0 programs/market-tick-data-handler setup-iam --version
expect "its first argument may be the program" setup-iam "$(cut -d ' ' -f 1 out)"
ln -s market-tick-data-handler programs/setup-iams
run_expecting 2 programs/setup-iams
expect_message "it is called by the name setup-iams, which is none of its programs: setup-iam, "
run_expecting 0 programs/setup-iams vm-data-downloader --version
run_expecting 2 programs/market-tick-data-handler setup-iams
run_expecting 2 programs/market-tick-data-handler --verbose setup-iam
expect_message "options of setup-iam go behind its name"
run_expecting 2 programs/market-tick-data-handler vm-data-downloader describe $'caf\xe9'
expect_message "argument 2, caf"
rm programs/setup-iams
grep -qF "for name in \$(/programs/market-tick-data-handler); do ln -s market-tick-data-handler \"/programs/\$name\"; done" "$dockerfile" ||
    fail "the Dockerfile makes its programs otherwise than this test"

# ---- the steps of the last stage; a line that ends in a backslash goes on
while read -r step words; do
    case $step in
        RUN) LIMIT=300 run_expecting 0 unshare -m chroot "$image" sh -ec "$words" ;;
        COPY)
            target=${words##* } sources=${words% *}
            mkdir -p "$image$target"
            if [[ $sources == "--from=build /programs/" ]]; then
                cp -P programs/* "$image$target"
            else
                # The names are patterns, as they are in the Dockerfile.
                # shellcheck disable=SC2086
                (cd "$root" && cp $sources "$image$target")
            fi
            ;;
        USER) user=$words ;;
        FROM | LABEL | CMD) ;;
        *) fail "an unknown step: $step $words" ;;
    esac
done < <(sed -e ':a' -e '/\\$/{N' -e 's/\\\n *//' -e 'ba' -e '}' "$dockerfile" | sed -n '/^FROM debian/,$p' | grep -E '^[A-Z]')
expect "its user has no rights and no shell" "tick:x:10001:999::/nonexistent:/usr/sbin/nologin" \
    "$(grep ":$user:" "$image/etc/passwd" | sed 's/:10001:[0-9]*:/:10001:999:/')"
added=$((($(du -sk "$image" | cut -f 1) - before) / 1024))
programs=$(du -sm "$image/usr/local/bin" | cut -f 1)
((programs <= 35)) || fail "the programs take $programs MB"
((added <= 60)) || fail "$added MB beyond the base are too many"
ok "$added MB beyond the base, $programs of them programs"

# ---- as on a VM: its user, no rights, a root that cannot be written, and no other environment
cat >inside <<'INSIDE'
#!/usr/bin/env bash
# usage: inside IMAGE USER COMMAND, with the environment as NAME=VALUE words before the command
set -euo pipefail
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
# As every container has them.
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
exec chroot --userspec="$2:$2" "$1" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${@:3}"
INSIDE
inside=(unshare -m bash inside "$image" "$user")
if "${inside[@]}" touch /tmp/x 2>/dev/null; then fail "the root can be written"; fi
for program in "$image"/usr/local/bin/*; do
    name=$(basename "$program")
    run_expecting 0 "${inside[@]}" "$name" --version
    [[ $(<out) == "$name "* ]] || fail "$name --version says $(<out)"
done
ok "every program starts"
run_expecting 2 "${inside[@]}" vm-data-downloader --date 2023-05-23 --symbols BTCUSDX
expect_message "did you mean"

TICK_SANDBOX_TARDIS_KEY=the-key start_sandbox --store "$work/store" --bucket image --rows 500
inside+=(TARDIS_API_KEY=the-key "STORAGE_EMULATOR_HOST=$STORAGE_EMULATOR_HOST" "TARDIS_BASE_URL=$TARDIS_BASE_URL"
    "TARDIS_API_URL=$TARDIS_API_URL")
run_expecting 0 "${inside[@]}" vm-data-downloader --date 2023-05-23 --symbols BTCUSDT --bucket gs://image --vm-name tick-data-vm-0
expect "a download from within" 8 "$(find store/image/2023-05-23 -type f | wc -l)"
run_expecting 0 "${inside[@]}" vm-data-downloader --print-config
expect_message "/usr/local/orchestration/defaults.env"
stop_sandbox
echo "vm_image: $checks checks passed"
