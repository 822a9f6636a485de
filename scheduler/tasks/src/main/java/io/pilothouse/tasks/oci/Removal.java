package io.pilothouse.tasks.oci;

import java.io.IOException;
import java.nio.file.Path;

/** Takes a directory away, however much is in it. */
public interface Removal {
  /** At once, for who looks; what is in it may be deleted later. */
  void of(Path tree) throws IOException;
}
