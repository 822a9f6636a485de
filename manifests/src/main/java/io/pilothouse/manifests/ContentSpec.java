package io.pilothouse.manifests;

import java.nio.file.Path;

/**
 * What a directory with contents is called: a manifest with its {@code manifest.yaml}, or an image
 * with its {@code image.yaml}.
 *
 * @param image an image rather than a manifest
 */
public record ContentSpec(String name, String version, boolean image) {
  /** The file's name at the top of an image directory. */
  public static final String IMAGE_FILE = "image.yaml";

  /** Reads whichever of the two files is there, in full. */
  public static LoadResult<ContentSpec> load(Path dir) {
    return new ManifestReader(dir).content();
  }
}
