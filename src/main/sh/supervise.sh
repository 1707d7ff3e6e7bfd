# Sourced by ./run: keeps a process running.

# Runs COMMAND and starts it again where it crashed, with growing pauses; returns its exit code where it ended by
# itself, by a signal to either process, or five times in a row within a minute of its start. The command's standard
# input is a pipe that ends with this shell, however that ends.
supervise() {
  local first_pause=${WHETSTONE_RESTART_PAUSE:-1} longest=60 stable=60 most=5
  local pause=$first_pause crashes=0 begun status=0 last folder
  supervised= stopped_by=
  trap 'stop_supervised 143' TERM
  trap 'stop_supervised 130' INT
  folder=$(mktemp -d)
  mkfifo "$folder/alive"
  exec 8<>"$folder/alive"
  exec 9<"$folder/alive"
  rm -rf "$folder"
  while [ -z "$stopped_by" ]; do
    begun=$SECONDS
    "$@" <&9 8>&- 9<&- &
    supervised=$!
    [ -z "$stopped_by" ] || kill -TERM "$supervised" 2>/dev/null || true
    # wait returns early when a signal is handled
    while :; do
      status=0
      wait "$supervised" || status=$?
      kill -0 "$supervised" 2>/dev/null || break
    done
    if [ -n "$stopped_by" ]; then
      last=0
      wait "$supervised" 2>/dev/null || last=$?
      [ "$last" = 127 ] || status=$last
      [ "$status" != 143 ] || status=$stopped_by
      return "$status"
    fi
    is_crash "$status" || return "$status"
    if [ $((SECONDS - begun)) -ge $stable ]; then
      pause=$first_pause
      crashes=0
    fi
    crashes=$((crashes + 1))
    if [ $crashes -ge $most ]; then
      echo "whetstone: the gateway ended with code $status, the $crashes. time within a minute of its start; it is not started again" >&2
      return "$status"
    fi
    echo "whetstone: the gateway ended with code $status ($(crash_reason "$status")); it is started again in $pause s" >&2
    sleep "$pause" &
    wait $! || true
    pause=$((pause * 2 > longest ? longest : pause * 2))
  done
  return "$stopped_by"
}

stop_supervised() {
  stopped_by=$1
  [ -z "$supervised" ] || kill -TERM "$supervised" 2>/dev/null || true
}

# What a process did not choose: its heap was full (3), one of its threads died (70), a signal that is no request to end.
is_crash() {
  case $1 in
  3 | 70) return 0 ;;
  129 | 130 | 143) return 1 ;;
  *) [ "$1" -gt 128 ] ;;
  esac
}

crash_reason() {
  case $1 in
  3) echo "its heap was full" ;;
  70) echo "one of its threads had failed; the log says which" ;;
  137) echo "killed; the kernel does so when memory is short" ;;
  *) echo "signal $(($1 - 128))" ;;
  esac
}
