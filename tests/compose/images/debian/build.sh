#!/bin/sh
# Stands in for debian:trixie-slim where no image registry can be reached: Debian's own packages, by mmdebstrap, and the
# certificates that this machine trusts, so that builds reach what the machine reaches. For tests only.
set -eu

command -v mmdebstrap >/dev/null || {
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends mmdebstrap >/dev/null
}
mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
bundle=/etc/ssl/certs/ca-certificates.crt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mmdebstrap --quiet --variant=minbase --include=ca-certificates,netbase,tzdata --dpkgopt=force-unsafe-io \
    --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/*' --customize-hook="cp $bundle \"\$1\"$bundle" \
    trixie "$folder/root.tar" "deb $mirror trixie main"
docker import --change "LABEL codex.standin=true" --change 'CMD ["bash"]' \
    --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=$bundle PIP_CERT=$bundle" \
    "$folder/root.tar" debian:trixie-slim >/dev/null
