package io.pilothouse.tasks.oci;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.tasks.fetch.Tar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** An image of the machine's own static busybox. */
public final class BusyboxImage {
  public static final String NAME = "busybox:1";

  private static final List<String> COMMANDS =
      List.of(
          "cat",
          "chown",
          "env",
          "grep",
          "head",
          "hostname",
          "id",
          "kill",
          "ls",
          "mkdir",
          "mknod",
          "mount",
          "mv",
          "nc",
          "ps",
          "pwd",
          "readlink",
          "sh",
          "sleep",
          "stat",
          "tail",
          "test",
          "touch",
          "wc");

  private BusyboxImage() {}

  private static byte[] program() throws IOException {
    Path busybox = Path.of("/bin/busybox");
    assertThat(busybox).as("install busybox-static").isExecutable();
    return Files.readAllBytes(busybox);
  }

  /**
   * Writes an archive.
   *
   * @param says what its author says, as {@link Saved#says}
   * @return the directory that it is in
   */
  public static Path in(Path shelf, String says) throws IOException {
    byte[] program = program();
    Tar tar =
        new Tar()
            .add("bin/busybox", 0755, '0', "", program.length, program)
            .file("etc/passwd", "root:x:0:0::/:/bin/sh\nown:x:4242:4343::/:/bin/sh\n")
            .file("etc/group", "root:x:0:\nown:x:4343:\n")
            .file("etc/hello", "from below");
    for (String each : COMMANDS) {
      tar.link("bin/" + each, "busybox");
    }
    Saved image =
        new Saved().layer(tar).layer(new Tar().file("etc/hello", "from the image")).says(says);
    Files.write(Files.createDirectories(shelf).resolve("busybox.tar"), image.docker(NAME));
    return shelf;
  }
}
