#!/usr/bin/env bash
# Runs the commands of README.md's quick start, word for word, in a fresh clone: the system starts, ann and bob chat.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
system=""

cleanup() {
  if [ -n "$system" ]; then
    kill -INT -- "-$system" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 -- "-$system" 2>/dev/null || break; sleep 0.2; done
    kill -KILL -- "-$system" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "README: $1" >&2
  for log in "$work"/*.log; do
    [ -f "$log" ] && { echo "--- $(basename "$log")"; tail -n 40 "$log"; } >&2
  done
  exit 1
}

# wait_for SECONDS FILE TEXT: until the file holds the text, or the system has ended.
wait_for() {
  local end=$((SECONDS + $1))
  until grep -qF -- "$3" "$2" 2>/dev/null; do
    [ "$SECONDS" -lt "$end" ] || fail "no '$3' within $1 s"
    kill -0 "$system" 2>/dev/null || fail "the system ended before '$3'"
    sleep 0.2
  done
}

# The chat keeps its state under HOME: a home of its own, with the package cache of the real one.
export NUGET_PACKAGES=${NUGET_PACKAGES:-$HOME/.nuget/packages}
export HOME="$work/home" DOTNET_CLI_HOME="$work/home" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
mkdir -p "$HOME"

git clone --quiet "$repository" "$work/clone"
cd "$work/clone"

# Commands of the quick start: lines of ```bash blocks between its heading and the next.
mapfile -t commands < <(awk '/^## /{quick = /^## Quick start/} /^```/{inside = quick && /^```bash/; next} inside && NF && !/^#/' README.md)
printf 'README: %s\n' "${commands[@]}"
[ "${#commands[@]}" -eq 3 ] || fail "the quick start has ${#commands[@]} commands instead of three: the system, ann, bob"
[[ "${commands[0]}" == *tools/LocalDapr* && "${commands[1]}" == *"--as ann"* && "${commands[2]}" == *"--as bob"* ]] || fail "the quick start's commands changed: change this script"

set -m # a process group of its own, so that all of it can be ended
bash -c "exec ${commands[0]}" >"$work/system.log" 2>&1 </dev/null &
system=$!
set +m
wait_for 180 "$work/system.log" "--as ann"

# run_chat NAME COMMAND [LINE...]: what a person types into that terminal before closing it.
run_chat() {
  printf '%s\n' "${@:3}" | timeout 90 bash -c "$2" >"$work/$1.log" 2>&1 || fail "$1's chat failed"
}
# Who is written to must have been there once.
run_chat ann "${commands[1]}"
run_chat bob "${commands[2]}" '/to ann' 'hello ann'
run_chat ann "${commands[1]}" '/to bob' 'hello bob'
grep -q "bob: hello ann" "$work/ann.log" || fail "ann did not see bob's message"
run_chat bob "${commands[2]}"
grep -q "ann: hello bob" "$work/bob.log" || fail "bob did not see ann's message"
echo "README: ann and bob chatted"
