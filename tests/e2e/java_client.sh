#!/usr/bin/env bash
# The unmodified global-open-sdk-java 2.2.8 pays, consults, inquires, cancels, refunds and scans against a running network.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
leave_out() {
  echo "the Java client is left out: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
for tool in java javac openssl; do
  command -v $tool >/dev/null || leave_out "'$tool' is not on this machine"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
classpath=${DHOW_JAVA_CLASSPATH:-}
if [ -z "$classpath" ]; then
  command -v mvn >/dev/null || leave_out "'mvn' is not on this machine"
  timeout 45 mvn -q -B -f "$here/official/java/pom.xml" dependency:build-classpath \
    -Dmdep.outputFile="$work/classpath" >"$work/mvn.txt" 2>&1
  case $? in
    0) ;;
    124) leave_out "Maven Central gave nothing in 45 s" ;;
    *) leave_out "Maven cannot fetch it: $(grep -m 1 ERROR "$work/mvn.txt" | cut -c 1-200)" ;;
  esac
  classpath=$(cat "$work/classpath")
fi
if ! javac -nowarn -proc:none -encoding UTF-8 -d "$work" -cp "$classpath" "$here/official/java/Drive.java" >"$work/javac.txt" 2>&1; then
  cat "$work/javac.txt"
  echo "0 passed, 1 failed"
  exit 1
fi
python3 "$here/java_client.py" "$work:$classpath" "$work"
