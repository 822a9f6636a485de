package io.pilothouse.filesync.client;

import java.io.IOException;

/** This machine's own disk or files failed: to ask another replica would not help. */
final class LocalTrouble extends IOException {
  private static final long serialVersionUID = 1;

  private LocalTrouble(IOException cause) {
    super(cause.getMessage(), cause);
  }

  /** Something done to local files. */
  interface Work<T> {
    T run() throws IOException;
  }

  /** Runs work on local files, so that its failure is not taken for a replica's. */
  static <T> T marked(Work<T> work) throws LocalTrouble {
    try {
      return work.run();
    } catch (LocalTrouble e) {
      throw e;
    } catch (IOException e) {
      throw new LocalTrouble(e);
    }
  }
}
