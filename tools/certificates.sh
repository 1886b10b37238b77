#!/bin/sh
# A small certificate authority for the worked example of docs/tls.md, and a certificate for every service.
#
#   tools/certificates.sh FOLDER [NAME[=HOST,HOST...]...]
#
# makes FOLDER/ca.crt and ca.key once, and FOLDER/NAME/tls.crt and tls.key anew each time, with a copy of ca.crt beside
# them: the files of a Kubernetes TLS secret. Without names, it does so for the six services. A certificate is for NAME,
# localhost, 127.0.0.1 and the hosts given, and lasts 90 days.
set -eu

folder=${1:?usage: tools/certificates.sh FOLDER [NAME[=HOST,HOST...]...]}
shift
if [ $# -eq 0 ]; then
    set -- gateway auth-user problem code-manage code-execution collab
fi
mkdir -p "$folder"
cd "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

new_key() { # FILE
    (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1")
}

hosts() { # NAME=HOST,HOST...
    printf 'DNS:%s,DNS:localhost,IP:127.0.0.1' "${1%%=*}"
    # shellcheck disable=SC2046 # one word for each host is what is wanted
    case $1 in *=?*) printf ',DNS:%s' $(printf '%s' "${1#*=}" | tr ',' ' ') ;; esac
}

if [ ! -f ca.key ]; then
    new_key "$work/ca.key"
    cat > "$work/ca.conf" <<EOF
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = codex services $(openssl rand -hex 4)
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
EOF
    openssl req -x509 -new -sha256 -key "$work/ca.key" -days 3650 -config "$work/ca.conf" -out ca.crt
    mv "$work/ca.key" ca.key
fi

for service in "$@"; do
    name=${service%%=*}
    new_key "$work/tls.key"
    cat > "$work/extensions" <<EOF
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = $(hosts "$service")
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
EOF
    openssl req -new -sha256 -key "$work/tls.key" -subj "/CN=$name" -out "$work/request"
    openssl x509 -req -sha256 -in "$work/request" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
        -days 90 -extfile "$work/extensions" -out "$work/tls.crt" 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
    mkdir -p "$name"
    mv -f "$work/tls.key" "$work/tls.crt" "$name/"
    cp ca.crt "$name/"
done
