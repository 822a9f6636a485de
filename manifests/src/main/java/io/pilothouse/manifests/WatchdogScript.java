package io.pilothouse.manifests;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One health script by itself, as its author tries it out. */
public final class WatchdogScript {
  private WatchdogScript() {}

  /**
   * Reads a script that may be dropped into {@code watchdogs/}. Whether its machine types exist is
   * not looked at.
   */
  public static LoadResult<WatchdogSpec> load(Path script) {
    Problems problems = new Problems();
    WatchdogDraft draft = new WatchdogDraft();
    Path file = script.getFileName();
    String called = file == null ? "" : file.toString();
    read(script, called, draft, problems, new Reading("", problems, new ArrayList<>()));
    String name = name(called);
    return LoadResult.of(
        problems, () -> draft.spec.setName(name).setRunner(WatchdogSpec.Runner.SCRIPT).build());
  }

  /**
   * Reads bytes and header into {@code draft}.
   *
   * @return where the header begins, or empty after the problem was added
   */
  static Optional<Place> read(
      Path path, String file, WatchdogDraft draft, Problems problems, Reading reading) {
    Place top = Place.top(file);
    Optional<byte[]> bytes = Script.read(path, top, "the script", problems);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    Optional<Node.Mapping> header = Script.header(file, bytes.get(), problems);
    if (header.isEmpty()) {
      problems.add(
          top,
          "neither YAML nor a script with a header; add a line such as"
              + " \"# pilot: every=60s timeout=10s severity=normal\", or move the file away");
      return Optional.empty();
    }
    WatchdogTable.HEADER.read(header.get(), draft, reading, List.of());
    draft.spec.setScript(ByteString.copyFrom(bytes.get()));
    return header.map(Node.Mapping::place);
  }

  /**
   * Whether a script that is dropped in says all that the watchdog is, so that it needs no document
   * beside it.
   */
  public static boolean saysAll(WatchdogSpec watchdog) {
    Problems problems = new Problems();
    WatchdogDraft draft = new WatchdogDraft();
    Optional<Node.Mapping> header = Script.header("", watchdog.getScript().toByteArray(), problems);
    if (header.isEmpty()) {
      return false;
    }
    WatchdogTable.HEADER.read(
        header.get(), draft, new Reading("", problems, new ArrayList<>()), List.of());
    draft
        .spec
        .setName(watchdog.getName())
        .setRunner(WatchdogSpec.Runner.SCRIPT)
        .setScript(watchdog.getScript());
    return problems.isEmpty() && draft.spec.build().equals(watchdog);
  }

  /** What a document is read as that says nothing. */
  public static WatchdogSpec defaults() {
    return new WatchdogDraft().spec.build();
  }

  /** The watchdog's name: the file's without its ending. */
  static String name(String file) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
