package io.pilothouse.cli;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The same version with other content: which files differ. */
final class ContentConflict {
  private static final int MOST_NAMED = 10;
  private static final int TIMEOUT_MS = 3000;
  private static final int LARGEST = 64 << 20;

  private ContentConflict() {}

  /** The refusal, naming the files when a replica still has the older index. */
  static CliException refusal(VersionRef registered, ContentIndex fresh, List<String> replicas) {
    String files =
        fetch(registered.getDigest(), replicas)
            .map(old -> ": " + sentence(differences(old, fresh)))
            .orElse(" (digest %s, not %s)".formatted(registered.getDigest(), fresh.digest()));
    return new CliException(
        ExitCode.REFUSED,
        "CONFLICT",
        Names.ref(registered) + " is registered with other content" + files,
        "a version never changes: give the new content a new version");
  }

  /** {@code + added}, {@code - removed}, {@code ~ changed}, by path. */
  static List<String> differences(ContentIndex old, ContentIndex fresh) {
    Map<String, Entry> before = byPath(old);
    Map<String, Entry> after = byPath(fresh);
    Map<String, String> signs = new TreeMap<>();
    before.keySet().forEach(path -> signs.put(path, "-"));
    after.forEach(
        (path, entry) -> {
          Entry known = before.get(path);
          if (known == null) {
            signs.put(path, "+");
          } else if (known.equals(entry)) {
            signs.remove(path);
          } else {
            signs.put(path, "~");
          }
        });
    return signs.entrySet().stream().map(each -> each.getValue() + " " + each.getKey()).toList();
  }

  private static Map<String, Entry> byPath(ContentIndex index) {
    Map<String, Entry> entries = new TreeMap<>();
    index.entries().forEach(each -> entries.put(each.path(), each));
    return entries;
  }

  private static String sentence(List<String> differences) {
    List<String> named = new ArrayList<>(differences);
    if (named.size() > MOST_NAMED) {
      named = named.subList(0, MOST_NAMED);
      named.add("and " + (differences.size() - MOST_NAMED) + " more");
    }
    return String.join(", ", named);
  }

  /** The registered index, from the first replica that has it. */
  private static Optional<ContentIndex> fetch(String digest, List<String> replicas) {
    return replicas.stream()
        .flatMap(each -> fetch(digest, each).stream())
        .filter(each -> each.digest().equals(digest))
        .findFirst();
  }

  /** Empty when the replica is down or lacks it: the refusal then names digests alone. */
  private static Optional<ContentIndex> fetch(String digest, String replica) {
    try {
      return Optional.of(ContentIndex.parse(get("http://" + replica + "/v1/index/" + digest)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static byte[] get(String url) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(url).toURL().openConnection(java.net.Proxy.NO_PROXY);
    connection.setConnectTimeout(TIMEOUT_MS);
    connection.setReadTimeout(TIMEOUT_MS);
    try (InputStream in = connection.getInputStream()) {
      return in.readNBytes(LARGEST);
    } finally {
      connection.disconnect();
    }
  }
}
