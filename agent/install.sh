#!/usr/bin/env bash
# Makes this machine a node of a Dhow cluster: installs what the agent needs, places the program, and
# keeps the agent running, by systemd where it runs and by a small supervisor elsewhere.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: install.sh --server HOST:PORT --token TOKEN [--node NAME] [--binary PATH] [--data-dir DIR]
                  [--no-install] [-- FLAGS OF THE AGENT]
       install.sh --uninstall [--data-dir DIR]

  --server HOST:PORT  the control plane
  --token TOKEN       allows to join; `dhow controlplane token` prints one
  --node NAME         the node's name; else the machine's
  --binary PATH       the program; else it is fetched from the control plane
  --data-dir DIR      the agent's files; else /var/lib/dhow
  --no-install        refuse, instead of installing Debian packages that are missing
  --uninstall         stop the agent and remove what it and this script made
TEXT
}

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

program=/usr/local/bin/dhow
unit=/etc/systemd/system/dhow-agent.service
run=/run/dhow
data=/var/lib/dhow
socket=/run/containerd/containerd.sock

# What the agent runs, and why: "package:program:reason".
packages=(
  "containerd:containerd:keeps images and containers"
  "runc:runc:starts a container for containerd"
  "iptables:iptables:keeps the rules that make services reachable"
  "iproute2:ip:lets people look at pod networks"
  "conntrack:conntrack:forgets connections to endpoints that are gone"
)

has_systemd() { [[ -d /run/systemd/system ]]; }

# --- What is there before anything changes -----------------------------------------------------------

need_root() {
  [[ $(id -u) -eq 0 ]] || fail "this changes networks and starts containers: run it as root"
}

need_kernel() {
  local missing=() kind
  for kind in net mnt pid ipc uts; do
    [[ -e /proc/self/ns/$kind ]] || missing+=("$kind namespaces")
  done
  if ! grep -qw overlay /proc/filesystems; then
    modprobe overlay 2>/dev/null || missing+=("overlayfs (module overlay)")
  fi
  grep -q ' - cgroup2\? ' /proc/self/mountinfo || missing+=("mounted control groups (/sys/fs/cgroup)")
  [[ ${#missing[@]} -eq 0 ]] && return
  local list
  list=$(printf '%s, ' "${missing[@]}")
  fail "the kernel does not offer: ${list%, }"
}

need_packages() { # more "package:program:reason"
  local missing=() entry package name reason
  for entry in "${packages[@]}" "$@"; do
    IFS=: read -r package name reason <<<"$entry"
    if ! command -v "$name" >/dev/null; then
      missing+=("$package")
      say "missing: $package, which $reason"
    fi
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  [[ $install = yes ]] || fail "install these first, or leave out --no-install: apt-get install ${missing[*]}"
  command -v apt-get >/dev/null || fail "this is no Debian: install the programs named above by its own means"
  say "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || fail "apt-get update failed; see above"
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install failed; see above"
}

# --- The program -------------------------------------------------------------------------------------

# The control plane's certificate, believed because its hash is part of the token.
fetch_authority() { # to
  local hash
  curl -fsSk --connect-timeout 10 "https://$server/ca.crt" -o "$1" ||
    fail "cannot reach the control plane at https://$server; is --server right, and the port open?"
  hash=$(sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/{/CERTIFICATE/d;p}' "$1" | base64 -d 2>/dev/null | sha256sum)
  [[ ${hash%% *} = "$(cut -d. -f2 <<<"$token")" ]] ||
    fail "$server is not the control plane that the token is from: its certificate has another hash"
}

# Puts the program in place; tells by its result whether it is a new one.
place_program() {
  local from=$binary
  if [[ -z $from ]]; then
    fetch_authority "$scratch/ca.crt"
    from=$scratch/dhow
    curl -fsS --cacert "$scratch/ca.crt" "https://$server/dhow" -o "$from" ||
      fail "https://$server/dhow gives no program; copy it here and name it with --binary"
    chmod 755 "$from"
  fi
  [[ -f $from ]] || fail "--binary $from: no such file"
  "$from" --version >/dev/null 2>&1 || fail "$from does not run on this machine ($(uname -m))"
  if [[ -e $program ]] && { [[ $from -ef $program ]] || cmp -s "$from" "$program"; }; then
    return 1
  fi
  mkdir -p "$(dirname "$program")"
  # Renamed into place: a running agent keeps the file it was started from.
  install -m 755 "$from" "$program.new"
  mv -f "$program.new" "$program"
}

# --- Keeping a process running without systemd --------------------------------------------------------

# Runs a command again whenever it ends, and waits longer each time that it ends soon.
# shellcheck disable=SC2016
supervisor='
  pidfile=$1 log=$2; shift 2
  stopped= child= pause=1
  trap "stopped=yes; kill -TERM \$child 2>/dev/null" TERM INT
  trap "" HUP
  echo $$ >"$pidfile"
  while [ -z "$stopped" ]; do
    [ "$(wc -c <"$log" 2>/dev/null || echo 0)" -lt 16000000 ] || mv -f "$log" "$log.1"
    began=$SECONDS
    "$@" >>"$log" 2>&1 </dev/null &
    child=$! code=0
    echo "$child" >"$pidfile.child"
    wait "$child" || code=$?
    while kill -0 "$child" 2>/dev/null; do code=0; wait "$child" || code=$?; done
    [ -z "$stopped" ] || break
    [ $((SECONDS - began)) -lt 60 ] || pause=1
    echo "$(date -u +%FT%TZ) supervisor: ended with $code; starting again in ${pause}s" >>"$log"
    sleep "$pause" &
    child=$!
    wait "$child"
    pause=$((pause * 2 > 30 ? 30 : pause * 2))
  done
  rm -f "$pidfile" "$pidfile.child"
'

is_running() { # name
  local pid
  pid=$(cat "$run/$1.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

supervise() { # name command…
  local name=$1
  shift
  stop_supervised "$name" "${1##*/}"
  mkdir -p "$run"
  setsid bash -c "$supervisor" "dhow-$name" "$run/$name.pid" "$data/$name.log" "$@" >/dev/null 2>&1 </dev/null &
}

end_process() { # name pid
  kill -TERM "$2" 2>/dev/null || return 0
  for _ in $(seq 150); do
    kill -0 "$2" 2>/dev/null || return 0
    sleep 0.1
  done
  say "$1 (process $2) does not end by itself; killing it"
  kill -KILL "$2" 2>/dev/null || true
}

stop_supervised() { # name program
  local file=$run/$1.pid child
  [[ ! -f $file ]] || end_process "the supervisor of $1" "$(cat "$file")"
  # Left alone when its supervisor was killed; the number may be another process's by now.
  child=$(cat "$file.child" 2>/dev/null || true)
  if [[ -n $child ]] && tr '\0' ' ' 2>/dev/null <"/proc/$child/cmdline" | grep -q "^[^ ]*$2"; then
    end_process "$1" "$child"
  fi
  rm -f "$file" "$file.child"
}

need_containerd() {
  if has_systemd; then
    [[ -S $socket ]] || systemctl enable --now --quiet containerd || fail "containerd does not start: systemctl status containerd"
    return
  fi
  [[ -S $socket ]] && ! is_running containerd && return
  is_running containerd || supervise containerd containerd
  for _ in $(seq 200); do
    [[ -S $socket ]] && return
    sleep 0.1
  done
  fail "containerd does not start; see $data/containerd.log"
}

# --- The agent ----------------------------------------------------------------------------------------

# A word as systemd reads it back.
unit_word() {
  local word=${1//\\/\\\\}
  word=${word//\"/\\\"}
  word=${word//%/%%}
  printf '"%s" ' "${word//$/\$\$}"
}

unit_text() { # command…
  local line
  line=$(for word in "$@"; do unit_word "$word"; done)
  cat <<UNIT
[Unit]
Description=Dhow agent
Wants=network-online.target containerd.service
After=network-online.target containerd.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-$data/agent.env
ExecStart=$line
Restart=always
RestartSec=2
# Containers outlive the agent.
KillMode=process
LimitNOFILE=1048576
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
UNIT
}

# Replaces a file if its text is another one; tells by its result whether it was.
write_file() { # mode path text
  [[ -f $2 && $(cat "$2") = "$3" ]] && return 1
  (umask 077 && printf '%s\n' "$3" >"$2.new")
  chmod "$1" "$2.new"
  mv -f "$2.new" "$2"
}

start_with_systemd() { # changed
  if write_file 600 "$unit" "$(unit_text "${command[@]}")"; then
    changed=yes
    systemctl daemon-reload
  fi
  systemctl enable --quiet dhow-agent
  if [[ $changed = yes ]]; then systemctl restart dhow-agent; else systemctl start dhow-agent; fi
  for _ in $(seq 20); do
    sleep 0.1
    systemctl is-active --quiet dhow-agent || fail "the agent does not start: journalctl -u dhow-agent"
  done
}

start_supervised() {
  local said
  [[ $changed = yes ]] && stop_supervised agent dhow
  if is_running agent; then return; fi
  touch "$data/agent.log"
  said=$(wc -c <"$data/agent.log")
  # What the supervisor exports, the agent sees; nobody else does.
  if [[ -f $data/agent.env ]]; then
    # shellcheck disable=SC1091
    (set -a && . "$data/agent.env" && supervise agent "${command[@]}")
  else
    supervise agent "${command[@]}"
  fi
  for _ in $(seq 20); do
    sleep 0.1
    if tail -c "+$((said + 1))" "$data/agent.log" | grep -q '^[^ ]* supervisor: ended'; then
      stop_supervised agent dhow
      fail "the agent does not start: $(tail -c "+$((said + 1))" "$data/agent.log" | grep -v ' supervisor: ' | tail -5)
(install.sh --uninstall removes what was placed)"
    fi
  done
}

install_agent() {
  need_root
  [[ -n $server ]] || fail "--server HOST:PORT is missing; install.sh --help shows the usage"
  [[ $server = *:* ]] || server=$server:6443
  [[ $server =~ ^[A-Za-z0-9.-]+:[0-9]+$ || $server =~ ^\[[0-9a-fA-F:]+\]:[0-9]+$ ]] || fail "--server $server is not HOST:PORT"
  [[ $token =~ ^dhow1\.[0-9a-f]{64}\.[a-z0-9]{6}\.[a-z0-9]{16}$ ]] ||
    fail "--token is missing or is not one; \`dhow controlplane token\` prints one"
  node=${node:-$(hostname | tr '[:upper:]' '[:lower:]')}
  [[ $node =~ ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$ ]] ||
    fail "--node $node: a node's name has small letters, digits, dashes and dots"
  [[ $data = /* ]] || fail "--data-dir $data: name it from the root, /…"
  need_kernel
  if [[ -z $binary ]]; then need_packages "curl:curl:fetches the program"; else need_packages; fi

  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  changed=no
  if place_program; then changed=yes; fi
  mkdir -p "$data"
  chmod 700 "$data"
  need_containerd

  command=("$program" agent --server "$server" --node "$node" --data-dir "$data")
  # Other users can read a command's words: the token goes by the environment if the agent reads it there.
  if "$program" agent --help 2>/dev/null | grep -q 'env: DHOW_TOKEN'; then
    if write_file 600 "$data/agent.env" "DHOW_TOKEN=$token"; then changed=yes; fi
  else
    rm -f "$data/agent.env"
    command+=(--token "$token")
  fi
  command+=("${extra[@]}")
  if write_file 600 "$data/install" "$(printf '%q ' --server "$server" --node "$node" "${extra[@]}")"; then changed=yes; fi
  # How it was started is compared whole, also without systemd.
  if write_file 600 "$data/agent.cmd" "$(printf '%q ' "${command[@]}")"; then changed=yes; fi

  if has_systemd; then start_with_systemd; else start_supervised; fi
  if has_systemd; then log="journalctl -u dhow-agent"; else log="tail $data/agent.log"; fi
  say "node $node: the agent runs and joins $server ($log)"
}

uninstall_agent() {
  need_root
  local words=() entries
  if has_systemd && [[ -e $unit ]]; then
    systemctl disable --now --quiet dhow-agent || true
    rm -f "$unit"
    systemctl daemon-reload
  fi
  stop_supervised agent dhow
  if [[ -x $program ]]; then
    # As it was started, so that it finds the same containerd.
    if [[ -f $data/install ]]; then eval "words=($(cat "$data/install"))"; fi
    "$program" agent "${words[@]}" --data-dir "$data" --cleanup ||
      fail "the agent could not remove what it made; see above, then run this again"
  fi
  stop_supervised containerd containerd
  rm -f "$program"
  rm -rf "$run"
  if [[ -d $data ]]; then
    shopt -s nullglob dotglob
    entries=("$data"/*)
    [[ ${#entries[@]} -eq 0 ]] || rm -rf -- "${entries[@]}"
    # It may be a mount that somebody else made.
    rmdir "$data" 2>/dev/null || true
  fi
  say "the agent and what it made are gone; Debian packages stay"
}

server="" token="" node="" binary="" install=yes action=install extra=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --server | --token | --node | --binary | --data-dir)
      [[ $# -ge 2 ]] || fail "$1 needs a value; install.sh --help shows the usage"
      case $1 in
        --server) server=$2 ;;
        --token) token=$2 ;;
        --node) node=$2 ;;
        --binary) binary=$2 ;;
        --data-dir) data=$2 ;;
      esac
      shift 2
      ;;
    --no-install) install=no && shift ;;
    --uninstall) action=uninstall && shift ;;
    --help | -h) usage && exit 0 ;;
    --) shift && extra=("$@") && break ;;
    *) fail "unknown option $1; install.sh --help shows the usage" ;;
  esac
done
"${action}_agent"
