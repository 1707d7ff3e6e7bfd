# Sourced by the scripts beside it: starts a gateway with the tiny model and a new database, on the loopback interface.

# start_gateway HOME PORT ROOT: returns once it answers from its database; sets gateway to its process id, and the PG variables to its database.
start_gateway() {
  local home=$1 port=$2 root=$3
  export WHETSTONE_HOME=$home WHETSTONE_MODEL=tiny-reviews WHETSTONE_PORT=$port WHETSTONE_ROOT=$root WHETSTONE_TRAINER_START=false
  # shellcheck disable=SC2046
  "$JAVA_HOME/bin/java" $(java_flags) -Xmx384m -XX:+UseSerialGC -jar "$root/target/quarkus-app/quarkus-run.jar" gateway >"$home/log" 2>&1 &
  gateway=$!
  for _ in $(seq 600); do
    kill -0 "$gateway" 2>/dev/null || { tail -20 "$home/log" >&2; whetstone_fail "the gateway did not start"; }
    # a gateway answers chats before its database is open
    [ -f "$home/keys.json" ] && curl -sf -H "Authorization: Bearer $(key "$home" operator)" \
      "http://127.0.0.1:$port/preferences?limit=1" >/dev/null && break
    sleep 0.2
  done
  export PGHOST=127.0.0.1 PGUSER=whetstone PGDATABASE=postgres
  PGPORT=$(sed -n 4p "$home/postgres/data/postmaster.pid") PGPASSWORD=$(cat "$home/postgres/password")
  export PGPORT PGPASSWORD
}

# key HOME ROLE
key() {
  sed -n "s/.*\"$2\" *: *\"\([^\"]*\)\".*/\1/p" "$1/keys.json"
}

say_machine() {
  sed -n 's/^model name[^:]*: /CPU: /p' /proc/cpuinfo | head -1
  echo "cores: $(nproc)"
}
