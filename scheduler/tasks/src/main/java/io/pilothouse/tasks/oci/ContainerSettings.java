package io.pilothouse.tasks.oci;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * What an operator says of containers on a machine, asked anew each time.
 *
 * @param images directories with archives of images
 * @param hostPaths directories of the machine that tasks may have in their containers, with {@code
 *     :ro} behind those that are only to be read
 * @param programs where crun or runc is looked for
 */
public record ContainerSettings(
    Supplier<List<Path>> images, Supplier<List<Path>> hostPaths, List<Path> programs) {
  /** Where programs of a machine are. */
  public static final List<Path> PROGRAMS =
      List.of(
          Path.of("/usr/local/sbin"),
          Path.of("/usr/local/bin"),
          Path.of("/usr/sbin"),
          Path.of("/usr/bin"),
          Path.of("/sbin"),
          Path.of("/bin"));

  /** A machine without any image. */
  public static ContainerSettings none() {
    return new ContainerSettings(List::of, List::of, PROGRAMS);
  }
}
