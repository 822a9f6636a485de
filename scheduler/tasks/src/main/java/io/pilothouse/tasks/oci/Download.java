package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.tasks.fetch.Fetcher;
import io.pilothouse.tasks.fetch.Fetching;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * Brings an archive that a task names by its URI, as what a command names as {@code uris} is
 * brought. Its checksum has to be there: it is how one that was unpacked before is known again.
 */
record Download(Fetcher fetcher) {
  /** Of an archive in the directory that it is brought to. */
  static final String NAME = "image";

  private static final String CHECKSUM = "#sha256=";

  /** Whether an image is named by a URI, and not by its own name. */
  static boolean isUri(String image) {
    return image.contains("://");
  }

  /**
   * What a URI says that the archive is.
   *
   * @throws ImageException when it says nothing
   */
  static String sha256(String uri) throws ImageException {
    if (!uri.startsWith("http://") && !uri.startsWith("https://")) {
      throw new ImageException(
          "image %s: archives are fetched by http and https; put it into one of offers.images"
              .formatted(uri));
    }
    int at = uri.lastIndexOf(CHECKSUM);
    String hex = at < 0 ? "" : uri.substring(at + CHECKSUM.length()).toLowerCase(Locale.ROOT);
    if (!Sha256.isHex(hex)) {
      throw new ImageException(
          "an image by its URI needs the archive's checksum, so that it is the same on every"
              + " machine: put #sha256= and 64 hex digits behind it, as sha256sum(1) prints them");
    }
    return hex;
  }

  /**
   * Brings it, verified.
   *
   * @param dir of one's own, on the disk of the tasks
   * @return the archive
   */
  Path to(Path dir, String uri) throws IOException, InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    CommandInfo.URI archive =
        CommandInfo.URI.newBuilder().setValue(uri).setExtract(false).setOutputFile(NAME).build();
    Fetching fetching =
        fetcher.start(
            new Fetcher.Wanted(NAME, List.of(archive), Optional.empty(), dir), done::countDown);
    try {
      done.await();
    } catch (InterruptedException e) {
      fetching.cancel();
      throw e;
    }
    if (fetching.failure().isPresent()) {
      throw new ImageException(fetching.failure().get());
    }
    return dir.resolve(NAME);
  }
}
