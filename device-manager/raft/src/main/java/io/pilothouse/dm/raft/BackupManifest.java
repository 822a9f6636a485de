package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a backup holds: the file {@code MANIFEST} beside its {@code db/}, as lines of {@code
 * key=value}. It is written last, so a directory without one is no backup.
 *
 * @param kind {@code backup}, or {@code restore}: the same state, made ready for a new cluster
 * @param cluster whose state it is; of a restore, whose it becomes
 * @param index of the log at which it was taken
 * @param at the state's time then, milliseconds since 1970
 * @param digest of all entities, comparable under the same {@code schema}
 */
public record BackupManifest(
    String kind,
    String cluster,
    String replica,
    long term,
    long index,
    long at,
    String digest,
    String schema,
    String version,
    long featureLevel,
    List<Item> files) {

  /** Its name in the directory. */
  public static final String NAME = "MANIFEST";

  /** Where the database's files are. */
  public static final String DB = "db";

  static final String BACKUP = "backup";
  static final String RESTORE = "restore";

  private static final String FORMAT = "1";

  /** RocksDB names its files with letters, digits, dots, dashes and underscores. */
  private static final Pattern ITEM =
      Pattern.compile("[0-9a-f]{64} [0-9]{1,18} [A-Za-z0-9_-][A-Za-z0-9._-]{0,254}");

  /** A file of {@code db/}. */
  public record Item(String name, long size, String sha256) {}

  /** The file's text. */
  public String text() {
    StringBuilder text = new StringBuilder();
    Map<String, Object> lines = new LinkedHashMap<>();
    lines.put("format", FORMAT);
    lines.put("kind", kind);
    lines.put("cluster", cluster);
    lines.put("replica", replica);
    lines.put("term", term);
    lines.put("index", index);
    lines.put("at", at);
    lines.put("digest", digest);
    lines.put("schema", schema);
    lines.put("version", version);
    lines.put("feature-level", featureLevel);
    lines.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    for (Item each : files) {
      text.append("file=%s %d %s%n".formatted(each.sha256(), each.size(), each.name()));
    }
    return text.toString();
  }

  /** Reads that of a directory. */
  public static BackupManifest read(Path dir) throws IOException {
    Path file = dir.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "%s has no file %s: it is no backup, or one that was not finished".formatted(dir, NAME));
    }
    Map<String, String> values = new LinkedHashMap<>();
    List<Item> files = new ArrayList<>();
    int number = 0;
    // bytes that are no UTF-8 make a line that is wrong, and is told so with its number
    for (String line : new String(Files.readAllBytes(file), UTF_8).lines().toList()) {
      number++;
      int equals = line.indexOf('=');
      if (equals < 1) {
        throw new IOException(
            "%s:%d: '%s'; expected key=value".formatted(file, number, shown(line)));
      }
      String value = line.substring(equals + 1);
      if (line.startsWith("file=")) {
        String[] parts = value.split(" ", 3);
        if (parts.length != 3 || !ITEM.matcher(value).matches()) {
          throw new IOException(
              "%s:%d: '%s'; expected file=SHA256 SIZE NAME".formatted(file, number, shown(line)));
        }
        files.add(new Item(parts[2], Long.parseLong(parts[1]), parts[0]));
      } else {
        values.put(line.substring(0, equals), value);
      }
    }
    String format = values.getOrDefault("format", "");
    if (!format.equals(FORMAT)) {
      throw new IOException(
          "%s: format '%s', this version reads %s; use the version that wrote it"
              .formatted(file, shown(format), FORMAT));
    }
    return new BackupManifest(
        text(file, values, "kind"),
        text(file, values, "cluster"),
        text(file, values, "replica"),
        number(file, values, "term"),
        number(file, values, "index"),
        number(file, values, "at"),
        text(file, values, "digest"),
        text(file, values, "schema"),
        text(file, values, "version"),
        number(file, values, "feature-level"),
        List.copyOf(files));
  }

  private static String shown(String line) {
    return line.substring(0, Math.min(200, line.length())).replaceAll("\\p{Cc}", "?");
  }

  /** Compares each file with what is said of it here; the lines say what is wrong. */
  public List<String> damage(Path dir) throws IOException {
    List<String> found = new ArrayList<>();
    Path db = dir.resolve(DB);
    for (Item each : files) {
      Path file = db.resolve(each.name());
      if (!Files.isRegularFile(file)) {
        found.add(file + " is missing");
      } else if (Files.size(file) != each.size()) {
        found.add("%s has %d bytes, not %d".formatted(file, Files.size(file), each.size()));
      } else {
        String sha256 = sha256(file);
        if (!sha256.equals(each.sha256())) {
          found.add("%s is damaged: SHA-256 %s, not %s".formatted(file, sha256, each.sha256()));
        }
      }
    }
    TreeSet<String> expected = new TreeSet<>(files.stream().map(Item::name).toList());
    if (Files.isDirectory(db)) {
      try (Stream<Path> there = Files.list(db)) {
        there
            .filter(file -> !expected.contains(file.getFileName().toString()))
            .sorted()
            .forEach(file -> found.add(file + " does not belong to it"));
      }
    }
    return found;
  }

  /** The files of a database directory. */
  static List<Item> items(Path db) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.list(db)) {
      files = found.sorted().toList();
    }
    List<Item> items = new ArrayList<>();
    for (Path file : files) {
      items.add(new Item(file.getFileName().toString(), Files.size(file), sha256(file)));
    }
    return items;
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest sha256 = io.pilothouse.dm.state.StateDigest.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static String text(Path file, Map<String, String> values, String key) throws IOException {
    @Nullable String value = values.get(key);
    if (value == null) {
      throw new IOException("%s: the line %s= is missing".formatted(file, key));
    }
    return value;
  }

  private static long number(Path file, Map<String, String> values, String key) throws IOException {
    String value = text(file, values, key);
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IOException("%s: %s=%s is no number".formatted(file, key, shown(value)), e);
    }
  }
}
