package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

  /**
   * Fetches an index into a file, going on with what an earlier attempt left beside it. The file
   * has the right hash when this returns, and holds a sound index.
   */
  IndexFile index(String digest, Path file) throws IOException, InterruptedException {
    Path partial = file.resolveSibling(file.getFileName() + "." + digest);
    return first(digest, "index " + digest, source -> index(source, digest, partial, file));
  }

  private static IndexFile index(ContentSource source, String digest, Path partial, Path file)
      throws IOException, InterruptedException {
    boolean leftovers = LocalTrouble.marked(() -> Files.exists(partial));
    String path = "/v1/index/" + digest;
    source.getInto(path, partial, ContentIndex.MOST_BYTES);
    String came = LocalTrouble.marked(() -> Sha256.hex(partial));
    if (leftovers && !came.equals(digest)) {
      // the wrong bytes may be those that another source left
      LocalTrouble.marked(() -> Files.deleteIfExists(partial));
      source.getInto(path, partial, ContentIndex.MOST_BYTES);
      came = LocalTrouble.marked(() -> Sha256.hex(partial));
    }
    if (!came.equals(digest)) {
      LocalTrouble.marked(() -> Files.deleteIfExists(partial));
      throw new ContentException("it sent wrong bytes");
    }
    IndexFile.open(partial, digest);
    return LocalTrouble.marked(
        () -> {
          Files.move(
              partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
          return new IndexFile(file, digest);
        });
  }

  private <T> T first(String hash, String what, Attempt<T> attempt)
      throws IOException, InterruptedException {
    Map<String, String> why = new LinkedHashMap<>();
    Set<String> useless = new HashSet<>();
    for (int round = 1; round <= ROUNDS_WHEN_BUSY; ) {
      boolean busy = false;
      boolean awaits = false;
      boolean again = false;
      long began = System.nanoTime();
      for (Source source : transfer.route().sources(hash)) {
        if (useless.contains(source.address())) {
          continue;
        }
        Outcome outcome = Outcome.FAILED;
        began = System.nanoTime();
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
        Duration held = Duration.ofNanos(awaits ? System.nanoTime() - began : 0);
        network.sleeper().sleep(network.pause(random, held));
      }
      round += awaits ? 0 : 1; // the route says how long that may go on
    }
    throw new ContentException(
        "no source has a sound copy of %s (asked: %s)"
            .formatted(what, why.isEmpty() ? "none is known" : text(why)));
  }

  static String text(IOException e) {
    return ContentException.printable(e.getMessage() == null ? e.toString() : e.getMessage());
  }

  private static String text(Map<String, String> why) {
    return String.join(
        "; ", why.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList());
  }
}
