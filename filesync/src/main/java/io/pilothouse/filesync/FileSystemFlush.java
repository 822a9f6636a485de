package io.pilothouse.filesync;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flushes a whole file system at once (syncfs), by the command that every Linux has for it: for ten
 * thousand new files that is one commit of its journal in place of ten thousand.
 */
public final class FileSystemFlush {
  private static final Logger log = LoggerFactory.getLogger(FileSystemFlush.class);
  private static final long MINUTES = 30;

  private FileSystemFlush() {}

  /** False when the command is not there or failed: then each file must be flushed. */
  public static boolean of(Path directory) throws IOException {
    Process sync;
    try {
      sync =
          new ProcessBuilder("sync", "--file-system", directory.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      log.info("files are flushed one by one: {}", e.getMessage());
      return false;
    }
    try (InputStream out = sync.getInputStream()) {
      sync.getOutputStream().close();
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      if (sync.waitFor(MINUTES, TimeUnit.MINUTES) && sync.exitValue() == 0) {
        return true;
      }
      log.info("files are flushed one by one: {}", said.strip());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("stopped while flushing " + directory, e);
    } finally {
      sync.destroy();
    }
  }
}
