# What the scripts of the demo share: names, addresses, and how a node is entered. Sourced, not run.
# shellcheck shell=bash

set -euo pipefail
demo=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$demo")
run=$demo/run
target=${CARGO_TARGET_DIR:-$root/target}
dhow=$root/target/release/dhow

lan=dhow-lan             # network namespace of the bridge that joins the nodes
host_link=dhow-host      # the host's own leg on it
host_ip=10.89.0.1
registry=$host_ip:5000
port=6443
nodes=(n1 n2 n3)
node_ip() { echo "10.89.0.1${1#n}"; }   # n1 is 10.89.0.11
netns() { echo "dhow-$1"; }

# Debian packages and why each is needed: "package:program:reason".
packages=(
  "containerd:containerd:runs the containers of each node"
  "runc:runc:starts a container for containerd"
  "iptables:iptables:keeps the service chains"
  "iproute2:ip:makes the nodes' network namespaces"
  "conntrack:conntrack:forgets connections to endpoints that went away"
  "util-linux:nsenter:enters a node"
  "docker-registry:docker-registry:serves images where no public registry is reached"
  "busybox-static:busybox:is what the demo's images are made of"
  "curl:curl:fills the registry and asks the services"
  "protobuf-compiler:protoc:compiles containerd's interface"
  "gcc:cc:links the program"
)

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

need_root() { [[ $(id -u) -eq 0 ]] || fail "$0 makes network namespaces and starts containers: run it as root"; }

# Installs what is missing, saying what and why; with --no-install says so and refuses.
need_packages() { # yes|no, then more "package:program:reason"
  local install=$1 missing=() entry package program reason
  shift
  for entry in "${packages[@]}" "$@"; do
    IFS=: read -r package program reason <<<"$entry"
    command -v "$program" >/dev/null || { missing+=("$package"); say "missing: $package, which $reason"; }
  done
  command -v cargo >/dev/null || fail "no Rust toolchain: install one with rustup, then run this again"
  [[ ${#missing[@]} -eq 0 ]] && return
  [[ $install = yes ]] || fail "install these first (or leave out --no-install): apt-get install ${missing[*]}"
  say "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # A service that a package would start is not ours to run.
  local policy=/usr/sbin/policy-rc.d made=
  [[ -e $policy ]] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made=yes; }
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [[ -z $made ]] || rm -f "$policy"
}

# Starts a process that outlives this script and is started again when it ends: supervise NAME COMMAND…
supervise() {
  local name=$1
  shift
  # shellcheck disable=SC2016
  start "$name" bash -c 'trap "kill \$child 2>/dev/null; wait; exit" TERM
    while :; do "$@" & child=$!; echo $child >"$0"; wait $child; sleep 0.2; done' "$run/pid/$name.child" "$@"
}

# Starts a process that outlives this script: start NAME COMMAND…
start() {
  local name=$1
  shift
  setsid "$@" >>"$run/log/$name.log" 2>&1 </dev/null &
  echo $! >"$run/pid/$name"
}

alive() { [[ -f $run/pid/$1 ]] && kill -0 "$(cat "$run/pid/$1")" 2>/dev/null; }

# Ends a process that start began.
stop() { # name [signal]
  local file=$run/pid/$1 pid
  [[ -f $file ]] || return 0
  pid=$(cat "$file")
  rm -f "$file"
  kill "-${2:-TERM}" "$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.05; done
  kill -KILL "$pid" 2>/dev/null || true
}

# Waits for a command to succeed: await SECONDS "what" COMMAND…
await() {
  local seconds=$1 what=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || fail "$what did not happen within ${seconds}s; see $run/log/"
    sleep 0.05
  done
}

# Runs a command on a node: its network and its mounts. `ip netns exec` would hide the cgroups.
on() {
  local node=$1
  shift
  nsenter --target "$(cat "$run/pid/$node")" --net --mount --wd=/ "$@"
}

# The same on a node: supervise_on NODE NAME COMMAND…
supervise_on() {
  local node=$1 name=$2
  shift 2
  supervise "$node-$name" nsenter --target "$(cat "$run/pid/$node")" --net --mount --wd=/ "$@"
}
