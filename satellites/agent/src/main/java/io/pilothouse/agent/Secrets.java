package io.pilothouse.agent;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.manifests.ProcessSpec.Secret;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Gives processes what only they may read. It comes from files that whoever provisions the machine
 * puts into {@code secrets/} on its disk; no manifest, log, page or command line ever holds it.
 */
final class Secrets {
  /** The variable that names the directory with a process's secret files. */
  static final String DIRECTORY = "PILOT_SECRETS";

  private final Disk disk;

  Secrets(Disk disk) {
    this.disk = disk;
  }

  /** What keeps a process from being given its secrets; empty when nothing does. */
  Optional<String> problem(List<Secret> secrets) throws IOException {
    for (Secret secret : secrets) {
      Path source = disk.secrets().resolve(secret.from());
      if (!Files.isRegularFile(source)) {
        return Optional.of(
            "waits for the secret \"%s\": put it into %s (mode 0600)"
                .formatted(secret.from(), source));
      }
      Set<PosixFilePermission> modes = Files.getPosixFilePermissions(source);
      if (modes.contains(PosixFilePermission.GROUP_READ)
          || modes.contains(PosixFilePermission.OTHERS_READ)) {
        return Optional.of(
            "waits for the secret \"%s\" to be one: chmod 600 %s".formatted(secret.from(), source));
      }
    }
    return Optional.empty();
  }

  /**
   * Puts the files where the process finds them.
   *
   * @return variables of the process
   */
  Map<String, String> give(String process, List<Secret> secrets, Optional<String> user)
      throws IOException {
    Map<String, String> variables = new TreeMap<>();
    if (secrets.isEmpty()) {
      return variables;
    }
    Path directory = directory(process);
    DurableFiles.deleteTree(directory);
    Files.createDirectories(directory.getParent());
    Files.createDirectory(directory, mode("rwx------"));
    Optional<Integer> uid = user.isPresent() ? RunAs.of(user.get()).uid() : Optional.empty();
    for (Secret secret : secrets) {
      byte[] bytes = Files.readAllBytes(disk.secrets().resolve(secret.from()));
      switch (secret.as()) {
        case ENV -> variables.put(secret.name(), new String(bytes, StandardCharsets.UTF_8).strip());
        case FILE -> {
          Path file = directory.resolve(secret.name());
          Files.createFile(file, mode("rw-------"));
          Files.write(file, bytes, StandardOpenOption.WRITE);
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
          own(file, uid);
        }
      }
    }
    own(directory, uid); // last: until then nobody but the agent gets in
    variables.put(DIRECTORY, directory.toString());
    return variables;
  }

  /** Takes the files away. */
  void take(String process) throws IOException {
    DurableFiles.deleteTree(directory(process));
  }

  private Path directory(String process) {
    return disk.run().resolve("secrets").resolve(process);
  }

  private static java.nio.file.attribute.FileAttribute<Set<PosixFilePermission>> mode(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  private static void own(Path path, Optional<Integer> uid) throws IOException {
    if (uid.isPresent()) {
      Files.setAttribute(path, "unix:uid", uid.get());
    }
  }
}
