package io.pilothouse.watchdog;

import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/**
 * Where scripts are kept and run: {@code NAME/NAME} is the script, which only this program can
 * change, and {@code NAME/work} the directory that it runs in, which is its user's own.
 *
 * <p>The script is called as {@code ../NAME}: its user need not be able to reach the box by its
 * path, which may go through directories that are this program's alone.
 *
 * @param root holds a directory for each script
 */
public record ScriptBox(Path root) {
  private static final String WORK = "work";
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** The directory of one script. */
  public Path of(String name) {
    return root.resolve(name);
  }

  /**
   * Puts a watchdog's script into its place, if it is not there.
   *
   * @param spec its script, arguments, user, protocol
   * @param environment all of it, but for {@code PATH} and {@code LANG}
   * @throws IOException when it cannot be written, or there is no such user
   */
  public ScriptRunner.Job prepare(WatchdogSpec spec, Map<String, String> environment)
      throws IOException {
    String name = spec.getName();
    if (name.isEmpty() || name.startsWith(".") || name.contains("/")) {
      throw new IllegalArgumentException("\"%s\" cannot be a directory".formatted(name));
    }
    RunAs user = RunAs.of(spec.getUser());
    Path box = of(name);
    if (Files.isRegularFile(box, LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(box); // a script where the box is to be
    }
    Path script = box.resolve(name.equals(WORK) ? "script" : name);
    write(script, spec.getScript().toByteArray());
    Path work = box.resolve(WORK);
    directory(work, "rwx------");
    give(work, user);
    Duration timeout = spec.getTimeoutMs() == 0 ? TIMEOUT : Duration.ofMillis(spec.getTimeoutMs());
    return new ScriptRunner.Job(
        script,
        "../" + script.getFileName(),
        spec.getArgsList(),
        work,
        user,
        timeout,
        spec.getTimeoutIsError(),
        environment,
        spec.getProtocol());
  }

  private void write(Path script, byte[] bytes) throws IOException {
    if (Files.isRegularFile(script) && Arrays.equals(Files.readAllBytes(script), bytes)) {
      return;
    }
    Files.createDirectories(root);
    directory(script.resolveSibling("."), "rwxr-xr-x");
    Path fresh = script.resolveSibling("." + script.getFileName() + ".new");
    Files.write(fresh, bytes);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.move(fresh, script, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void directory(Path path, String permissions) throws IOException {
    Path directory = path.normalize();
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
    }
  }

  private static void give(Path work, RunAs user) throws IOException {
    int uid = user.uid().orElse(RunAs.isRoot() ? 0 : -1);
    if (uid >= 0 && !Files.getAttribute(work, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(uid)) {
      Files.setAttribute(work, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    }
  }
}
