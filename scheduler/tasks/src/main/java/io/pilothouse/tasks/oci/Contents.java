package io.pilothouse.tasks.oci;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** The files of an image as it was saved, by name: of a tar archive, or of a directory. */
interface Contents extends Closeable {
  /** The largest description of an image that is read into memory. */
  int LONGEST_TEXT = 1 << 20;

  /** What it is called in messages. */
  Path source();

  boolean has(String name);

  /**
   * Opens one.
   *
   * @throws ImageException when there is none of that name
   */
  InputStream open(String name) throws IOException;

  /** All of a description. */
  default byte[] read(String name) throws IOException {
    try (InputStream in = open(name)) {
      byte[] bytes = in.readNBytes(LONGEST_TEXT + 1);
      if (bytes.length > LONGEST_TEXT) {
        throw new ImageException(
            "its %s has more than %d bytes, which is the most".formatted(name, LONGEST_TEXT));
      }
      return bytes;
    }
  }

  /** What is to be said of one that is not there. */
  static ImageException missing(String name) {
    return new ImageException("it does not hold %s, which it names: save it anew".formatted(name));
  }
}
