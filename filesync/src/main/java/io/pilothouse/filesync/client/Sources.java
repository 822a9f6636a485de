package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Fetches verified content from whichever source has it: in the order of the transfer's route, and
 * from the next one when one is down, busy, slow, or sends wrong bytes.
 */
final class Sources {
  private static final int ROUNDS = 2;
  private static final int ROUNDS_WHEN_BUSY = 6;

  private final Transfer transfer;
  private final Network network;
  private final SplittableRandom random;

  Sources(Transfer transfer, Network network, SplittableRandom random) {
    this.transfer = transfer;
    this.network = network;
    this.random = random;
  }

  private interface Attempt<T> {
    T from(ContentSource source) throws IOException, InterruptedException;
  }

  ContentIndex index(String digest) throws IOException, InterruptedException {
    return first(
        digest,
        "index " + digest,
        source -> {
          byte[] bytes = source.getAll("/v1/index/" + digest, ContentIndex.MOST_BYTES);
          if (!Sha256.hex(bytes).equals(digest)) {
            throw new ContentException("it sent wrong bytes");
          }
          return ContentIndex.parse(bytes);
        });
  }

  /**
   * Fetches a chunk into a file, going on with what an earlier attempt left in it. The file has the
   * right hash when this returns.
   */
  void chunk(Chunk chunk, Path partial) throws IOException, InterruptedException {
    if (LocalTrouble.marked(() -> isSound(partial, chunk))) {
      return; // a kill came between the last byte and the rename
    }
    first(chunk.sha256(), "chunk " + chunk.sha256(), source -> chunk(source, chunk, partial));
  }

  private static Path chunk(ContentSource source, Chunk chunk, Path partial)
      throws IOException, InterruptedException {
    boolean leftovers =
        LocalTrouble.marked(
            () -> {
              if (Files.exists(partial) && Files.size(partial) >= chunk.size()) {
                Files.delete(partial);
              }
              return Files.exists(partial);
            });
    String path = "/v1/chunks/" + chunk.sha256();
    source.getInto(path, partial, chunk.size());
    if (leftovers && !LocalTrouble.marked(() -> isSound(partial, chunk))) {
      // the wrong bytes may be those that another source left
      LocalTrouble.marked(() -> Files.deleteIfExists(partial));
      source.getInto(path, partial, chunk.size());
    }
    if (!LocalTrouble.marked(() -> isSound(partial, chunk))) {
      LocalTrouble.marked(() -> Files.deleteIfExists(partial));
      throw new ContentException("it sent wrong bytes");
    }
    return partial;
  }

  /** Whether a file holds exactly a chunk. */
  static boolean isSound(Path file, Chunk chunk) throws IOException {
    return Files.isRegularFile(file)
        && Files.size(file) == chunk.size()
        && Sha256.hex(Files.readAllBytes(file)).equals(chunk.sha256());
  }

  private <T> T first(String hash, String what, Attempt<T> attempt)
      throws IOException, InterruptedException {
    Map<String, String> why = new LinkedHashMap<>();
    Set<String> useless = new HashSet<>();
    for (int round = 1; round <= ROUNDS_WHEN_BUSY; ) {
      boolean busy = false;
      boolean awaits = false;
      boolean again = false;
      for (Source source : transfer.route().sources(hash)) {
        if (useless.contains(source.address())) {
          continue;
        }
        Outcome outcome = Outcome.FAILED;
        try {
          T found = attempt.from(network.source(source, transfer.transferClass()));
          outcome = Outcome.SENT;
          return found;
        } catch (LocalTrouble e) {
          outcome = Outcome.SENT;
          throw e;
        } catch (BusyException e) {
          busy = true;
          outcome = Outcome.BUSY;
          why.put(source.address(), "busy");
          awaits = source.awaited();
        } catch (ContentException e) {
          // it does not have it, or lies: asking again would change nothing
          outcome = Outcome.LACKS;
          useless.add(source.address());
          why.put(source.address(), text(e));
        } catch (IOException e) {
          again = true;
          why.put(source.address(), text(e));
        } finally {
          transfer.route().answered(source, outcome);
        }
        if (awaits) {
          break;
        }
      }
      if (!awaits && (!(busy || again) || round >= (busy ? ROUNDS_WHEN_BUSY : ROUNDS))) {
        break;
      }
      if (busy) {
        long millis = network.patience().busy().toMillis();
        // not all machines of a fleet at the same moment
        network.sleeper().sleep(Duration.ofMillis(millis + random.nextLong(millis / 2 + 1)));
      }
      round += awaits ? 0 : 1; // the route says how long that may go on
    }
    throw new ContentException(
        "no source has a sound copy of %s (asked: %s)"
            .formatted(what, why.isEmpty() ? "none is known" : text(why)));
  }

  private static String text(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private static String text(Map<String, String> why) {
    return String.join(
        "; ", why.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList());
  }
}
