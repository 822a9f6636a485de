package io.pilothouse.tasks.oci;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The program that makes containers: crun(1), which leaves control groups to the agent, or runc(8),
 * which is told the agent's. Both are begun in a name space of mounts of their own, so that nothing
 * that is mounted for a container outlives it, however the agent or the machine ends.
 *
 * @param isCrun else it is runc
 */
record OciRuntime(Path program, boolean isCrun) {
  /** What the machine has to have, for messages. */
  static final String PACKAGES =
      "install crun or runc on the machine (Debian packages crun, runc), or place the task on"
          + " another";

  private static final List<String> APART =
      List.of("unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c");

  /**
   * Where both versions of control groups are mounted, crun does not start; of version 2 it needs
   * nothing there, so it does not see it. What is unmounted here is so for it alone.
   */
  private static final String HIDE = "umount -l /sys/fs/cgroup/unified 2>/dev/null; ";

  private static final String RUN =
      """
      [ -z "$1" ] || chown -- "$1" stdout stderr . || exit 126
      cd -- "$2" || exit 126
      where=lowerdir=lower,upperdir=upper,workdir=work
      if [ -d upper ]; then
        mount -t overlay overlay -o "nosuid,nodev,$where" rootfs 2>>log || exit 126
      fi
      shift 2
      exec "$@" </dev/null
      """;

  private static final int DELETE_SECONDS = 10;
  private static final int LONGEST_REASON = 500;

  /** The first one that there is; crun before runc. */
  static Optional<OciRuntime> find(List<Path> directories) {
    for (String name : List.of("crun", "runc")) {
      for (Path each : directories) {
        Path program = each.resolve(name);
        if (Files.isRegularFile(program) && Files.isExecutable(program)) {
          return Optional.of(of(program));
        }
      }
    }
    return Optional.empty();
  }

  static OciRuntime of(Path program) {
    return new OciRuntime(program, program.endsWith("crun"));
  }

  String name() {
    return isCrun ? "crun" : "runc";
  }

  private List<String> apart(String script) {
    List<String> line = new ArrayList<>(APART);
    line.add((isCrun ? HIDE : "") + script);
    line.add("pilot-contain");
    return line;
  }

  private List<String> program(Bundle bundle, String log) {
    List<String> line =
        new ArrayList<>(
            List.of(program.toString(), "--root", bundle.state().toString(), "--log", log));
    if (isCrun) {
      line.add("--cgroup-manager=disabled");
    }
    return line;
  }

  /**
   * Runs a container to its end, and ends as its first process did.
   *
   * @param owner to whom the directory that it is begun in is given first; empty for nobody
   */
  List<String> run(Bundle bundle, String owner) {
    List<String> line = apart(RUN);
    line.addAll(List.of(owner, bundle.dir().toString()));
    line.addAll(program(bundle, bundle.log().toString()));
    line.addAll(
        List.of(
            "run",
            "--bundle",
            bundle.dir().toString(),
            "--pid-file",
            bundle.pid().toString(),
            bundle.id()));
    return line;
  }

  /** Runs one more process in it, which its standard input describes, and ends as that does. */
  List<String> exec(Bundle bundle) {
    List<String> line = apart("exec \"$@\"");
    // looks go on for years: what they say is no reason of the container's, and would only grow
    line.addAll(program(bundle, "/dev/null"));
    line.addAll(List.of("exec", "--process", "/dev/stdin", bundle.id()));
    return line;
  }

  /** Ends and forgets what there may be of it. */
  void delete(Bundle bundle) throws IOException, InterruptedException {
    List<String> line = apart("exec \"$@\"");
    line.addAll(program(bundle, bundle.log().toString()));
    line.addAll(List.of("delete", "--force", bundle.id()));
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (!process.waitFor(DELETE_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("%s delete %s does not end".formatted(program, bundle.id()));
      }
    } finally {
      process.destroyForcibly();
    }
  }

  /** Why a container could not be made, as the runtime wrote it down last. */
  static String reason(Bundle bundle) throws IOException {
    if (!Files.isRegularFile(bundle.log())) {
      return "its runtime said nothing";
    }
    List<String> lines =
        new String(Files.readAllBytes(bundle.log()), StandardCharsets.UTF_8)
            .lines()
            .filter(each -> !each.isBlank())
            .toList();
    String last = lines.isEmpty() ? "its runtime said nothing" : lines.getLast();
    int message = last.indexOf("msg=\"");
    String plain =
        message < 0
            ? last
            : last.substring(message + 5).replaceFirst("\"$", "").replace("\\\"", "\"");
    return plain.length() <= LONGEST_REASON ? plain : plain.substring(0, LONGEST_REASON) + "...";
  }
}
