# Read by batch, mpi and farm: starts one of them, with the classes of a built distribution.
dist=$(readlink -f "$here/../../../packaging/target/pilothouse")
[[ -f $dist/java-home ]] || dist=$(readlink -f "$here/../..") # the example of a distribution itself
ls "$dist"/lib/example-frameworks-*.jar >/dev/null 2>&1 || {
  echo "the frameworks are not built; run: ./pilot build" >&2
  exit 1
}

run() { # which, its arguments
  local which=$1
  shift
  "$(<"$dist/java-home")/bin/java" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dlogback.configurationFile=logback-cli.xml --enable-native-access=ALL-UNNAMED \
    -cp "$dist/lib/*" "io.pilothouse.examples.$which.Main" "$@"
}
