package io.pilothouse.filesync.client;

import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.tls.HttpConnections;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What an agent does with contents, in a program with as much memory as an agent has. */
final class AgentAlone {
  private final Fetcher fetcher =
      new Fetcher(Throttle.unlimited(), new SplittableRandom(1), HttpConnections.PLAIN);
  private final Scrubber scrubber =
      new Scrubber(
          Throttle.unlimited(),
          Throttle.unlimited(),
          new SplittableRandom(1),
          HttpConnections.PLAIN);

  /** What it can hand on, as an agent knows it of each version that it has. */
  private final List<ChunkPlaces> holds = new ArrayList<>();

  private AgentAlone() {}

  public static void main(String[] words) throws Exception {
    AgentAlone agent = new AgentAlone();
    ChildJvm.serve(agent::run);
  }

  private Object run(List<String> words) throws Exception {
    return switch (words.getFirst()) {
      case "fetch" -> fetch(words.get(1), words.get(2), Path.of(words.get(3)));
      case "check" -> scrubber.check(Path.of(words.get(1)));
      case "peak" -> peak();
      default -> throw new IllegalArgumentException(words.toString());
    };
  }

  private long fetch(String from, String digest, Path target) throws Exception {
    long bytes = fetcher.fetch(digest, target, List.of(from)).fetchedBytes();
    holds.add(ChunkPlaces.of(target, new IndexFile(Fetcher.indexFile(target), digest)));
    return bytes;
  }

  /** The most memory that the kernel saw it have. */
  static String peak() throws Exception {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(each -> each.startsWith("VmHWM"))
        .findFirst()
        .orElseThrow();
  }
}
