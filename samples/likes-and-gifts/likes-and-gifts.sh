#!/usr/bin/env bash
# Tells users what others did for them. Reads a growing file, one event in a line, and publishes a notification for each:
#   like {who} {whose} {what}
#   gift {who} {to whom} {what}
# All it needs of ImDapr is one HTTP call to its sidecar, so any language can do the same.
set -euo pipefail

events=${EVENTS:-events.log}
touch "$events"

# publish ID FROM TO BODY
publish() {
  curl --silent --show-error --fail --retry 10 --retry-all-errors --retry-delay 1 \
    --header 'Content-Type: application/json' \
    --data "{\"id\":\"$1\",\"to\":{\"userIds\":[\"$3\"]},\"from\":\"$2\",\"type\":\"notification\",\"body\":$4}" \
    "http://127.0.0.1:${DAPR_HTTP_PORT}/v1.0/publish/pubsub/im.notifications"
}

tell() {
  local kind=$1 who=$2 whose=$3 what=$4
  # What is put into JSON as it is has to be plain.
  if [[ ! "$kind $who $whose $what" =~ ^(like|gift)( [A-Za-z0-9._-]+){3}$ ]]; then
    echo "not understood: $kind $who $whose $what"
    return
  fi
  # The same event has the same id. Read again after a restart, or liked twice, it reaches its user once.
  local id
  id=$(printf '%s' "$kind $who $whose $what" | sha256sum | cut -c1-40)
  publish "$id" "$who" "$whose" "{\"kind\":\"$kind\",\"what\":\"$what\"}"
  echo "$kind of $who told to $whose"
}

exec 3<"$events"
echo "Waiting for lines in $events"
while true; do
  while read -r -u 3 kind who whose what; do
    tell "$kind" "$who" "$whose" "$what"
  done
  sleep 1
done
