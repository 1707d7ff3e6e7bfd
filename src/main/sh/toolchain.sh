# Sourced by the scripts: finds the tools they need and reports what is missing.

whetstone_fail() {
  echo "whetstone: $*" >&2
  exit 1
}

java_major() {
  "$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1
}

# Sets JAVA_HOME to the first JDK 25 or newer among JAVA_HOME, the PATH and the usual folders. In an unpacked
# package, which needs no build, a JRE is enough.
find_jdk() {
  local root=$1 candidates=() candidate on_path program=javac
  is_source_tree "$root" || program=java
  [ -n "${JAVA_HOME:-}" ] && candidates+=("$JAVA_HOME")
  if on_path=$(command -v $program); then
    candidates+=("$(dirname "$(dirname "$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")")")")
  fi
  for candidate in /usr/lib/jvm/* /usr/java/* /opt/* /opt/java/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    candidates+=("$candidate")
  done
  for candidate in "${candidates[@]}"; do
    [ -x "$candidate/bin/java" ] && [ -x "$candidate/bin/$program" ] || continue
    if [ "$(java_major "$candidate")" -ge 25 ] 2>/dev/null; then
      export JAVA_HOME=$candidate
      return
    fi
  done
  whetstone_fail "no Java 25 with bin/$program found (looked at JAVA_HOME, the PATH and the usual folders); install one or set JAVA_HOME"
}

require_maven() {
  command -v mvn >/dev/null || whetstone_fail "Maven (mvn) is not on the PATH; it is needed to build"
}

# False in an unpacked package of ./whetstone package.
is_source_tree() {
  [ -f "$1/pom.xml" ]
}

# True when the build is missing or a source is newer.
build_is_stale() {
  local app=$1/target/quarkus-app/quarkus-run.jar
  [ -f "$app" ] || return 0
  is_source_tree "$1" || return 1
  [ -n "$(find "$1/src/main" "$1/pom.xml" -newer "$app" -type f -print -quit)" ]
}

# Builds the application if necessary, and shows the end of the log if the build fails.
ensure_built() {
  local root=$1 log commit
  build_is_stale "$root" || return 0
  is_source_tree "$root" || whetstone_fail "$root/target/quarkus-app is missing: unpack the archive again"
  require_maven
  log=$(mktemp)
  commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || true)
  echo "Building Whetstone (a few minutes the first time) ..."
  if ! (cd "$root" && mvn -B -q -DskipTests -Dmaven.test.skip=true -Dspotless.check.skip=true "-Dwhetstone.commit=$commit" package) >"$log" 2>&1; then
    tail -40 "$log" >&2
    rm -f "$log"
    whetstone_fail "the build failed; the end of its log is above"
  fi
  rm -f "$log"
  touch "$root/target/quarkus-app/quarkus-run.jar"
}

# Flags of every JVM; the caller may add more in WHETSTONE_JAVA_OPTS.
java_flags() {
  echo "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Djava.util.logging.manager=org.jboss.logmanager.LogManager ${WHETSTONE_JAVA_OPTS:-}"
}

# A process whose heap is full ends at once, to be started again, instead of going on without one of its threads.
memory_flags() {
  # the second gives back what a burst of native allocations took
  echo "-XX:+ExitOnOutOfMemoryError -XX:TrimNativeHeapInterval=60000"
  [ -z "${WHETSTONE_HEAP_DUMPS:-}" ] || echo "-XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=$WHETSTONE_HEAP_DUMPS"
}

# Packs all that is needed to run without building into target/whetstone-VERSION.tar.gz: the application, its scripts, the catalogue
# of models and the docs.
make_package() {
  local root=$1 version name aside
  is_source_tree "$root" || whetstone_fail "package works in a source tree only; this folder is already an unpacked package"
  # shellcheck disable=SC2046
  version=$("$JAVA_HOME/bin/java" $(java_flags) -jar "$root/target/quarkus-app/quarkus-run.jar" --version | sed 's/^whetstone //; s/+.*//')
  [ -n "$version" ] || whetstone_fail "the build does not print its version"
  name=whetstone-$version
  aside=$root/target/.$name.tar.gz.$$
  echo "Packing target/$name.tar.gz ..."
  if ! tar -C "$root" -czf "$aside" --sort=name --owner=0 --group=0 --numeric-owner --transform "s,^,$name/," \
    run whetstone src/main/sh models target/quarkus-app docs README.md CHANGELOG.md LICENSE NOTICE; then
    rm -f "$aside"
    whetstone_fail "the archive could not be written"
  fi
  mv "$aside" "$root/target/$name.tar.gz"
  echo "Ready: $root/target/$name.tar.gz; unpack it anywhere and start ./run there"
}
