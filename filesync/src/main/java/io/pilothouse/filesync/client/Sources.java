package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Fetches verified content from whichever source has it: in random order, and from the next one
 * when one is down, busy, or sends wrong bytes.
 */
final class Sources {
  private static final int LARGEST_INDEX = 64 << 20;

  private final List<String> addresses;
  private final Throttle throttle;
  private final RandomGenerator random;

  Sources(List<String> addresses, Throttle throttle, RandomGenerator random) {
    this.addresses = List.copyOf(addresses);
    this.throttle = throttle;
    this.random = random;
  }

  private interface Attempt<T> {
    T from(ContentSource source) throws IOException, InterruptedException;
  }

  ContentIndex index(String digest) throws IOException, InterruptedException {
    return first(
        "index " + digest,
        source -> {
          byte[] bytes = source.getAll("/v1/index/" + digest, LARGEST_INDEX);
          if (!Sha256.hex(bytes).equals(digest)) {
            throw new ContentException(source.address() + " sent a wrong index for " + digest);
          }
          return ContentIndex.parse(bytes);
        });
  }

  /**
   * Fetches a chunk into a file, going on with what an earlier attempt left in it. The file has the
   * right hash when this returns.
   */
  void chunk(Chunk chunk, Path partial) throws IOException, InterruptedException {
    first(
        "chunk " + chunk.sha256(),
        source -> {
          long have = Files.exists(partial) ? Files.size(partial) : 0;
          if (have >= chunk.size()) {
            Files.delete(partial);
            have = 0;
          }
          try (OutputStream out =
              Files.newOutputStream(
                  partial, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            source.get("/v1/chunks/" + chunk.sha256(), have, chunk.size() - have, out);
          }
          if (!Sha256.hex(Files.readAllBytes(partial)).equals(chunk.sha256())) {
            Files.delete(partial);
            throw new ContentException(
                source.address() + " sent wrong bytes for chunk " + chunk.sha256());
          }
          return partial;
        });
  }

  private <T> T first(String what, Attempt<T> attempt) throws IOException, InterruptedException {
    List<String> order = new ArrayList<>(addresses);
    Collections.shuffle(order, java.util.Random.from(random));
    List<String> why = new ArrayList<>();
    // twice: a partial that turned out wrong is fetched whole the second time
    for (int round = 0; round < 2; round++) {
      for (String address : order) {
        try {
          return attempt.from(new ContentSource(address, throttle));
        } catch (java.nio.file.FileSystemException e) {
          throw e; // the disk, not the source
        } catch (IOException e) {
          if (DiskFull.is(e)) {
            throw e;
          }
          why.add(address + ": " + e.getMessage());
        }
      }
    }
    throw new ContentException(
        "no source has a sound copy of %s (asked: %s)"
            .formatted(what, why.isEmpty() ? "none is known" : String.join("; ", why)));
  }
}
