package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The line that a task is started by, and whom it runs as. Its variables and its words come to it
 * as a script on the standard input of a shell that is its user already: nothing that runs as
 * anybody else sees its {@code PATH} or {@code LD_PRELOAD}, and no list of processes its secrets.
 *
 * @param user empty for the agent's own
 * @param groups beside its user's
 */
record TaskCommand(CommandInfo command, Optional<RunAs> user, List<Integer> groups)
    implements Starting, Container.Beside {
  /** Gives up the directory, and only then root's rights: nobody can plant a link before. */
  private static final String GIVE =
      "chown -- \"$1\" stdout stderr . || exit 126; shift; exec \"$@\"";

  private static final FileAttribute<?> OWNERS_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /**
   * Of a task or an executor.
   *
   * @param frameworks user of the framework, for a command that names none
   * @throws IOException when there is no such user, in words for the framework
   */
  static TaskCommand of(CommandInfo command, String frameworks) throws IOException {
    String name = command.getUser().isEmpty() ? frameworks : command.getUser();
    if (name.isEmpty() || name.equals(RunAs.self().user())) {
      return new TaskCommand(command, Optional.empty(), List.of());
    }
    if (!RunAs.isRoot()) {
      if (command.getUser().isEmpty()) {
        return new TaskCommand(
            command, Optional.empty(), List.of()); // the framework's is but its default
      }
      throw new IOException(
          "this agent is not root and cannot run it as \"%s\": start the agent as root, or leave"
                  .formatted(name)
              + " user out");
    }
    return new TaskCommand(command, Optional.of(RunAs.of(name)), List.of());
  }

  /** The same with those of the volumes that are linked for its container. */
  TaskCommand withGroups(Path meta, List<Resource> resources) throws IOException {
    return new TaskCommand(command, user, VolumeGroups.of(meta, resources));
  }

  /** Makes the directory that it runs in, with its outputs; the agent's until it starts. */
  void prepare(Path sandbox) throws IOException {
    Files.createDirectories(sandbox);
    for (String each : List.of("stdout", "stderr")) {
      Files.createFile(sandbox.resolve(each));
    }
    point(sandbox);
  }

  /** Has {@code latest}, beside it, lead to a sandbox. */
  static void point(Path sandbox) throws IOException {
    Path latest = sandbox.resolveSibling("latest");
    Path fresh = sandbox.resolveSibling("latest.new");
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, sandbox.getFileName());
    Files.move(fresh, latest, StandardCopyOption.ATOMIC_MOVE);
  }

  /** In its groups, as its user. */
  @Override
  public List<String> line(Optional<Cgroup> cgroup) {
    List<String> line = new ArrayList<>(Cgroup.entering(cgroup));
    if (user.filter(RunAs::isOther).isPresent()) {
      line.addAll(List.of("/bin/sh", "-c", GIVE, "pilot-give", user.get().user()));
    }
    return shell(line);
  }

  /** The same where its directory is its user's already, who may have put links there. */
  @Override
  public List<String> lineBeside(Optional<Cgroup> cgroup) {
    return shell(new ArrayList<>(Cgroup.entering(cgroup)));
  }

  private List<String> shell(List<String> line) {
    line.addAll(user.map(each -> each.prefix(groups)).orElse(List.of()));
    line.add("/bin/sh"); // reads what to do
    return line;
  }

  /** What the shell is to become. */
  @Override
  public void write(Path meta, Map<String, String> environment, Optional<Cgroup> cgroup)
      throws IOException {
    String script = script(environment);
    Files.writeString(Files.createFile(meta.resolve("command"), OWNERS_ONLY), script);
  }

  /** What the shell is to become, in its words. */
  @Override
  public String script(Map<String, String> environment) throws IOException {
    StringBuilder script = new StringBuilder("exec env -i --");
    for (Map.Entry<String, String> each : environment.entrySet()) {
      script.append(quoted("variable " + each.getKey(), each.getKey() + "=" + each.getValue()));
    }
    for (String each : words()) {
      script.append(quoted("command", each));
    }
    return script.append(" </dev/null\n").toString();
  }

  private List<String> words() {
    if (command.getShell()) {
      return List.of("/bin/sh", "-c", command.getValue());
    }
    List<String> words = new ArrayList<>();
    if (command.getValue().contains("=")) {
      words.addAll(List.of("/bin/sh", "-c", "exec \"$@\"", "pilot-task")); // no variable of env(1)
    }
    words.add(command.getValue());
    // the first is what it is to be called, which is no matter here
    words.addAll(command.getArgumentsList().stream().skip(1).toList());
    return words;
  }

  private static String quoted(String what, String word) throws IOException {
    if (word.indexOf('\0') >= 0) {
      throw new IOException(
          "the %s has a NUL character, which no program can be given"
              .formatted(what.replace("\0", "\\0")));
    }
    return " '" + word.replace("'", "'\\''") + "'";
  }
}
