package io.pilothouse.tasks.oci;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A container that can be run: its image is unpacked, and what it writes has a place. */
public final class Prepared {
  private static final String USUAL_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** What finds and ends all of a fleet goes by these. */
  private static final String OURS = "PILOT_";

  private final Bundle bundle;
  private final Image image;
  private final OciRuntime runtime;

  Prepared(Bundle bundle, Image image, OciRuntime runtime) {
    this.bundle = bundle;
    this.image = image;
    this.runtime = runtime;
  }

  /**
   * What a task wants of it.
   *
   * @param docker whether its ContainerInfo is of type DOCKER
   * @param user whom it runs as
   * @param directory that it starts in unless the image names one
   */
  public record Wanted(
      CommandInfo command,
      boolean docker,
      Ids user,
      String hostname,
      String directory,
      List<Mount> mounts) {}

  /**
   * Whom it runs as: the machine's user if that is not root, else the image's own USER. So an image
   * can take rights away, and never give any.
   *
   * @param machines user; empty for the agent's own, which is root
   */
  public Ids user(Optional<RunAs> machines) throws IOException {
    Optional<RunAs> other = machines.filter(RunAs::isOther);
    return other.isPresent()
        ? new Ids(other.get().uid().orElseThrow(), other.get().gid().orElseThrow(), List.of())
        : ImageUser.of(image.config().user(), image.rootfs());
  }

  /**
   * Writes it down for the runtime.
   *
   * @param environment the task's, which goes before the image's
   */
  public void write(Wanted wanted, Map<String, String> environment, Optional<Cgroup> cgroup)
      throws IOException {
    RuntimeConfig.write(
        new RuntimeConfig.Spec(
            ImageCommand.words(wanted.command(), image.config(), wanted.docker()),
            environment(environment),
            directory(wanted.directory()),
            wanted.user(),
            wanted.hostname(),
            wanted.mounts(),
            cgroup.isPresent() ? GroupPath.of(cgroup.get()) : Optional.empty()),
        bundle,
        runtime);
    Files.createDirectories(bundle.state());
  }

  private String directory(String usual) {
    String said = image.config().directory();
    return said.isEmpty() ? usual : Path.of("/").resolve(said).normalize().toString();
  }

  private Map<String, String> environment(Map<String, String> tasks) {
    Map<String, String> all = new TreeMap<>(Map.of("PATH", USUAL_PATH));
    for (String each : image.config().environment()) {
      int equals = each.indexOf('=');
      if (equals > 0 && !each.startsWith(OURS)) {
        all.put(each.substring(0, equals), each.substring(equals + 1));
      }
    }
    all.putAll(tasks);
    return all;
  }

  /**
   * Runs it.
   *
   * @param user to whom the directory that it is begun in is given
   */
  public List<String> line(Ids user) {
    return runtime.run(bundle, user.uid() == 0 ? "" : user.owner());
  }
}
