#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In a minimal Debian 12, where neither make nor gcc is installed, the README's two commands do all
# the set-up. Takes the committed tree. Needs root, for chroot; CHROOT_DIR keeps the chroot for the
# next time. CHROOT_TEST=0 leaves ./dev test out.
set -eu
cd "$(dirname "$0")/../.."
done_ok() { echo "1 passed, 0 failed, 0 skipped"; exit 0; }
if [ "$(id -u)" -ne 0 ]; then
    echo "skipped chroot: needs root"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
command -v debootstrap >/dev/null || { echo "chroot: debootstrap is missing (./dev deps)"; exit 1; }

where=${CHROOT_DIR:-$(mktemp -d)}
clean() {
    umount "$where/proc" "$where/dev" 2>/dev/null || :
    [ -n "${CHROOT_DIR:-}" ] || rm -rf --one-file-system "$where"
}
trap clean EXIT
mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)

[ -x "$where/usr/bin/apt-get" ] || debootstrap --variant=minbase bookworm "$where" "$mirror"
mountpoint -q "$where/proc" || mount -t proc proc "$where/proc"
mountpoint -q "$where/dev" || mount --bind /dev "$where/dev"
cp /etc/resolv.conf "$where/etc/"
# The machine's own way to its mirror: proxies, pinned snapshots.
cp -r /etc/apt/apt.conf.d "$where/etc/apt/"
! [ -f /etc/apt/sources.list.d/debian.sources ] || {
    cp /etc/apt/sources.list.d/debian.sources "$where/etc/apt/sources.list.d/"
    : >"$where/etc/apt/sources.list"
}
rm -rf "$where/certwhy"
mkdir "$where/certwhy"
git archive HEAD | tar -x -C "$where/certwhy"
if [ -d ../shared/conformance ]; then
    mkdir -p "$where/shared"
    cp -r ../shared/conformance ../shared/pki-data ../shared/client-verdicts "$where/shared/"
fi
! [ -e "$where/usr/bin/make" ] || echo "note: make is there already"

inside() { chroot "$where" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
inside /certwhy/dev demo
[ "${CHROOT_TEST:-1}" = 0 ] || inside /certwhy/dev test
done_ok
