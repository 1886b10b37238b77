#!/usr/bin/env bash
# A Docker engine with Compose and Buildx for the tests: uses the one that runs, else installs one (as root on Debian)
# and starts it. `engine.sh stop` ends what `engine.sh start` has started, and nothing else.
set -euo pipefail

home="${XDG_CACHE_HOME:-$HOME/.cache}/codex/engine"
ours="$home/pid"
packages=(docker.io docker-cli containerd docker-compose docker-buildx tini-static)

runs() {
    docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

complete() {
    command -v dockerd >/dev/null && docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1
}

refuse() {
    cat >&2 <<TEXT
$1
The compose tests need a Docker engine (26 or newer) that this user may speak to, with the plugins compose (2.30 or newer)
and buildx. On Debian as root this script installs them itself; elsewhere: https://docs.docker.com/engine/install/
On Debian or Ubuntu by hand: sudo apt-get install docker.io docker-compose docker-buildx  (Ubuntu: docker-compose-v2)
TEXT
    exit 1
}

mirror() {
    awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null | grep . ||
        awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; exit } }' /etc/apt/sources.list
}

# Debian 12 has an engine without Compose v2, so these come from a newer release, whose packages ask for no newer libc;
# runc does and stays the one of this release. The machine's own package sources are not touched.
install_engine() {
    [ "$(id -u)" -eq 0 ] || refuse "No Docker engine runs, and this user may not install one."
    grep -q '^ID=debian$' /etc/os-release || refuse "No Docker engine is installed, and this is not Debian."
    local folder source
    folder=$(mktemp -d)
    source="$(mirror)"
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/debs"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $source forky main" >"$folder/sources.list"
    local newer=(-qq -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
    echo "Installing a Docker engine from Debian's packages."
    apt-get "${newer[@]}" update
    (cd "$folder/debs" && apt-get "${newer[@]}" download "${packages[@]}")
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends iptables runc "$folder"/debs/*.deb \
        >"$folder/log" 2>&1 || { tail -20 "$folder/log" >&2; exit 1; }
    rm -rf "$folder"
}

wait_until_it_runs() {
    local deadline=$((SECONDS + 60))
    until runs; do
        if [ $SECONDS -ge $deadline ] || ! kill -0 "$1" 2>/dev/null; then
            tail -20 "$home/log" >&2
            echo "The Docker engine did not start; its whole log is $home/log" >&2
            exit 1
        fi
        sleep 0.2
    done
}

start() {
    if runs; then
        complete || docker compose version >/dev/null 2>&1 || refuse "The Docker engine runs, but the plugin compose is missing."
        return
    fi
    complete || install_engine
    [ "$(id -u)" -eq 0 ] || refuse "A Docker engine is installed, but it does not run."
    mkdir -p "$home"
    setsid dockerd --pidfile /var/run/docker.pid >"$home/log" 2>&1 </dev/null &
    wait_until_it_runs $!
    cat /var/run/docker.pid >"$ours"
}

stop() {
    [ -f "$ours" ] && [ "$(cat "$ours")" = "$(cat /var/run/docker.pid 2>/dev/null)" ] || return 0
    kill "$(cat "$ours")"
    timeout 60 tail --pid="$(cat "$ours")" -f /dev/null
    rm -f "$ours"
}

case "${1:-start}" in
    start) start && docker version --format 'Docker engine {{.Server.Version}}' && docker compose version ;;
    stop) stop ;;
    *) echo "usage: engine.sh [start|stop]" >&2; exit 2 ;;
esac
