package io.pilothouse.tasks.oci;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One image within an archive.
 *
 * @param names that the archive gives it
 * @param id SHA-256 of its configuration, which names all that is in it
 * @param digests by which it can be asked for: its id, and that of its manifest where there is one
 * @param config name of its configuration's file
 * @param layers from below
 */
record SavedImage(
    List<ImageName> names, String id, Set<String> digests, String config, List<Layer> layers) {

  /**
   * A layer.
   *
   * @param file its name in the archive
   * @param sha256 of the file; empty where the archive does not say
   */
  record Layer(String file, Optional<String> sha256) {}

  SavedImage {
    names = List.copyOf(names);
    digests = Set.copyOf(digests);
    layers = List.copyOf(layers);
  }

  /** Whether it is what somebody asks for: by the digest if one is given, else by its name. */
  boolean is(ImageName wanted) {
    return wanted
        .digest()
        .map(digests::contains)
        .orElseGet(() -> names.stream().anyMatch(wanted::asksFor));
  }
}
