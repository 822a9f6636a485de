package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A watchdog's executable. One that is dropped into {@code watchdogs/} says what it needs in lines
 * {@code # pilot: key=value key=value}.
 */
final class Script {
  /** Scripts travel in the fleet specification, which must stay small. */
  static final int LARGEST = 64 * 1024;

  private static final Pattern HEADER = Pattern.compile("\\s*(?:#|//|--|;)\\s*pilot:(.*)");
  private static final Pattern PAIR = Pattern.compile("\\S+");
  private static final int HEADER_LINES = 30;

  private Script() {}

  /** The bytes, or empty after the problem was added. */
  static Optional<byte[]> read(Path path, Place place, String called, Problems problems) {
    try {
      if (!Files.isRegularFile(path)) {
        problems.add(place, called + " is not a file");
        return Optional.empty();
      }
      byte[] bytes;
      try (InputStream in = Files.newInputStream(path)) {
        bytes = in.readNBytes(LARGEST + 1);
      }
      if (bytes.length > LARGEST) {
        problems.add(
            place,
            "%s has %d bytes; a script may have %d at most: ship the program in the manifest or"
                    .formatted(called, Files.size(path), LARGEST)
                + " image and call it from a small script");
        return Optional.empty();
      }
      if (bytes.length == 0) {
        problems.add(place, called + " is empty");
        return Optional.empty();
      }
      check(path, bytes, place, called, problems);
      return Optional.of(bytes);
    } catch (IOException e) {
      problems.add(place, "cannot read " + called + ": " + FleetFiles.why(e));
      return Optional.empty();
    }
  }

  private static void check(
      Path path, byte[] bytes, Place place, String called, Problems problems) {
    if (!Files.isExecutable(path)) {
      problems.add(place, called + " is not executable; run: chmod +x " + path);
    }
    if (bytes[0] == '#' && bytes.length > 1 && bytes[1] == '!') {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      int end = text.indexOf('\n');
      if (end > 0 && text.charAt(end - 1) == '\r') {
        problems.add(
            place,
            called + " has DOS line ends, so its #! line names no program; run: dos2unix " + path);
      }
    } else if (!isElf(bytes)) {
      problems.add(
          place,
          called + " has no #! line, so what runs it is left to chance; begin it with #!/bin/sh");
    }
  }

  private static boolean isElf(byte[] bytes) {
    return bytes.length > 3
        && bytes[0] == 0x7f
        && bytes[1] == 'E'
        && bytes[2] == 'L'
        && bytes[3] == 'F';
  }

  /** The header's pairs as a mapping, or empty when there is no header. */
  static Optional<Node.Mapping> header(String file, byte[] bytes, Problems problems) {
    String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", HEADER_LINES + 1);
    List<Node.Entry> entries = new ArrayList<>();
    Place first = null;
    for (int i = 0; i < Math.min(lines.length, HEADER_LINES); i++) {
      Matcher header = HEADER.matcher(lines[i].stripTrailing());
      if (header.matches()) {
        Matcher pair = PAIR.matcher(lines[i]);
        pair.region(header.start(1), header.end(1));
        first = first == null ? new Place(file, i + 1, 1) : first;
        while (pair.find()) {
          pair(new Place(file, i + 1, pair.start() + 1), pair.group(), problems)
              .ifPresent(entries::add);
        }
      }
    }
    return Optional.ofNullable(first).map(place -> new Node.Mapping(place, List.copyOf(entries)));
  }

  private static Optional<Node.Entry> pair(Place place, String text, Problems problems) {
    int equals = text.indexOf('=');
    if (equals <= 0 || equals == text.length() - 1) {
      problems.add(place, Node.quote(text) + " is not key=value; write for example every=60s");
      return Optional.empty();
    }
    String key = text.substring(0, equals);
    Place value = right(place, equals + 1);
    Node node =
        key.equals("types")
            ? list(value, text.substring(equals + 1))
            : scalar(value, text.substring(equals + 1));
    return Optional.of(new Node.Entry(scalar(place, key), node));
  }

  private static Node.Sequence list(Place place, String text) {
    List<Node> items = new ArrayList<>();
    int start = 0;
    for (String item : text.split(",", -1)) {
      items.add(scalar(right(place, start), item));
      start += item.length() + 1;
    }
    return new Node.Sequence(place, List.copyOf(items));
  }

  private static Node.Scalar scalar(Place place, String text) {
    return new Node.Scalar(place, text, Node.Type.TEXT);
  }

  private static Place right(Place place, int by) {
    return new Place(place.file(), place.line(), place.column() + by);
  }
}
