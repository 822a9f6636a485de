package io.pilothouse.manifests;

import io.pilothouse.api.v1.Thing;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a directory with contents is called, and what it is: a manifest, an image, a set of
 * watchdogs or an agent. The document at its top says so.
 */
public record ContentSpec(String name, String version, Thing thing) {
  /** The file's name at the top of an image directory. */
  public static final String IMAGE_FILE = "image.yaml";

  /** The file's name at the top of a directory with an agent. */
  public static final String AGENT_FILE = "agent.yaml";

  /** Reads whichever of the documents is there, in full. */
  public static LoadResult<ContentSpec> load(Path dir) {
    return load(dir, Optional.empty());
  }

  /**
   * As {@link #load(Path)}.
   *
   * @param asked what it must be; decides between several documents
   */
  public static LoadResult<ContentSpec> load(Path dir, Optional<Thing> asked) {
    return new ContentReader(dir).content(asked);
  }

  /** Whether it is an image. */
  public boolean image() {
    return thing == Thing.THING_IMAGE;
  }
}
