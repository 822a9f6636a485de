package io.pilothouse.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** A Java that programs of then still run on: from 17, which ours need, to 23. */
final class OldJdk {
  private static final int OLDEST = 17;

  /** From 24 on a process has no Subject of Java's old security, which Hadoop's classes ask for. */
  private static final int NEWEST = 23;

  private OldJdk() {}

  /** Its program {@code java}. */
  static Path java() throws IOException {
    List<Path> candidates = new ArrayList<>();
    candidates.add(Path.of(System.getProperty("java.home")));
    Path all = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(all)) {
      try (DirectoryStream<Path> each = Files.newDirectoryStream(all)) {
        each.forEach(candidates::add);
      }
    }
    for (Path each : candidates) {
      int release = release(each);
      if (release >= OLDEST && release <= NEWEST) {
        return each.resolve("bin/java");
      }
    }
    throw new IllegalStateException(
        "no Java from %d to %d in %s: apt-get install openjdk-17-jre-headless, as ./pilot test --large does"
            .formatted(OLDEST, NEWEST, candidates));
  }

  private static int release(Path home) throws IOException {
    Path file = home.resolve("release");
    if (!Files.isExecutable(home.resolve("bin/java")) || !Files.isReadable(file)) {
      return 0;
    }
    Properties properties = new Properties();
    try (var in = Files.newBufferedReader(file)) {
      properties.load(in);
    }
    String version = properties.getProperty("JAVA_VERSION", "0").replace("\"", "");
    return Integer.parseInt(version.replaceFirst("[^0-9].*", ""));
  }
}
