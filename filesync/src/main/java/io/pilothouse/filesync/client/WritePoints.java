package io.pilothouse.filesync.client;

import java.io.IOException;

/** Told of each change on disk, so that tests can stop at every one as a kill would. */
interface WritePoints {
  WritePoints NONE = point -> {};

  void reached(String point) throws IOException;
}
