package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The line that a task is started by, and whom it runs as.
 *
 * @param user empty for the agent's own
 */
record TaskCommand(CommandInfo command, Optional<RunAs> user) {

  /**
   * Of a launch.
   *
   * @throws IOException when there is no such user, in words for the framework
   */
  static TaskCommand of(AgentLaunch launch) throws IOException {
    CommandInfo command = launch.getTasks(0).getCommand();
    String name = command.getUser().isEmpty() ? launch.getFramework().getUser() : command.getUser();
    if (name.isEmpty() || name.equals(RunAs.self().user())) {
      return new TaskCommand(command, Optional.empty());
    }
    if (!RunAs.isRoot()) {
      if (command.getUser().isEmpty()) {
        return new TaskCommand(command, Optional.empty()); // the framework's is but its default
      }
      throw new IOException(
          "this agent is not root and cannot run it as \"%s\": start the agent as root, or leave"
                  .formatted(name)
              + " user out");
    }
    return new TaskCommand(command, Optional.of(RunAs.of(name)));
  }

  /** Makes the directory that it runs in, its user's own. */
  void prepare(Path sandbox) throws IOException {
    Files.createDirectories(sandbox);
    if (user.filter(RunAs::isOther).isPresent()) {
      UserPrincipal owner =
          sandbox
              .getFileSystem()
              .getUserPrincipalLookupService()
              .lookupPrincipalByName(user.get().user());
      Files.setOwner(sandbox, owner);
    }
    Path latest = sandbox.resolveSibling("latest");
    Path fresh = sandbox.resolveSibling("latest.new");
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, sandbox.getFileName());
    Files.move(fresh, latest, StandardCopyOption.ATOMIC_MOVE);
  }

  /** In its groups, as its user. */
  List<String> line(Optional<Cgroup> cgroup) {
    List<String> line = new ArrayList<>(Cgroup.entering(cgroup));
    user.ifPresent(each -> line.addAll(each.prefix()));
    if (command.getShell()) {
      line.addAll(List.of("/bin/sh", "-c", command.getValue()));
    } else {
      line.add(command.getValue());
      // the first is what it is to be called, which is no matter here
      line.addAll(command.getArgumentsList().stream().skip(1).toList());
    }
    return line;
  }
}
