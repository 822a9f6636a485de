package io.pilothouse.tasks.oci;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** An OCI image layout that lies on the disk as it is. */
record DirectoryContents(Path source) implements Contents {
  @Override
  public boolean has(String name) {
    return name.indexOf('\0') < 0
        && !name.contains("..")
        && !name.startsWith("/")
        && Files.isRegularFile(file(name), LinkOption.NOFOLLOW_LINKS);
  }

  private Path file(String name) {
    return source.resolve(name);
  }

  @Override
  public InputStream open(String name) throws IOException {
    if (!has(name)) {
      throw Contents.missing(name);
    }
    return Files.newInputStream(file(name), LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public void close() {
    // nothing is kept open
  }
}
