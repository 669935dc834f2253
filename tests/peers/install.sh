#!/usr/bin/env bash
# Installs the packages of packages.txt with apt: what `make peers` does. Nothing is started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

command -v apt-get >/dev/null || {
    echo "make peers knows Debian and Ubuntu only: install the counterparts of $here/packages.txt by hand" >&2
    exit 1
}
run() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
apt() { run env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=900 "$@" </dev/null; }

version() { dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p'; }
candidate() { apt-cache policy "$1" | sed -n 's/^  Candidate: //p'; }

apt update

names=()
for name in $(sed 's/#.*//' "$here/packages.txt"); do
    case $(candidate "$name") in
        "" | "(none)") echo "no package $name in this release: left out" >&2 ;;
        *) names+=("$name") ;;
    esac
done

# qemu-utils of a newer release (backports) conflicts with this release's QEMU, and no peer needs it.
newer=$(version qemu-utils)
if [ -n "$newer" ] && [ "$newer" != "$(candidate qemu-system-common)" ]; then
    echo "removing qemu-utils $newer: it keeps this release's QEMU from being installed" >&2
    apt remove -y qemu-utils
fi

# In a container nothing should start: a policy of our own, unless the machine has one.
policy=/usr/sbin/policy-rc.d
if [ -f /.dockerenv ] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | run tee $policy >/dev/null
    run chmod +x $policy
fi

apt install -y --no-install-recommends "${names[@]}"
