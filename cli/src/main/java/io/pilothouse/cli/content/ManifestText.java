package io.pilothouse.cli.content;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.ManifestSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The manifest of a version that is not on this machine, read as agents read it. */
public final class ManifestText {
  private ManifestText() {}

  /** Whether the version has one. */
  public static boolean isIn(ContentIndex index) {
    return find(index, ManifestSpec.FILE).isPresent();
  }

  /** Reads it with the files that it names. */
  public static ManifestSpec read(ContentIndex index, ContentText.Reader reader)
      throws IOException, InterruptedException {
    Path dir = Files.createTempDirectory("pilot-manifest");
    try {
      copy(index, ManifestSpec.FILE, reader, dir);
      for (String each : ManifestSpec.envFiles(dir)) {
        copy(index, each, reader, dir);
      }
      return switch (ManifestSpec.load(dir)) {
        case LoadResult.Loaded<ManifestSpec> loaded -> loaded.value();
        case LoadResult.Rejected<ManifestSpec> rejected ->
            throw new ContentException(String.valueOf(rejected.problems().get(0)));
      };
    } finally {
      delete(dir);
    }
  }

  private static void copy(ContentIndex index, String path, ContentText.Reader reader, Path dir)
      throws IOException, InterruptedException {
    FileEntry file =
        find(index, path).orElseThrow(() -> new ContentException("it has no file " + path));
    Path copy = dir.resolve(file.path());
    Files.createDirectories(copy.getParent());
    Files.write(copy, reader.file(file));
  }

  private static Optional<FileEntry> find(ContentIndex index, String path) {
    return index.files().stream().filter(each -> each.path().equals(path)).findFirst();
  }

  private static void delete(Path dir) throws IOException {
    try (Stream<Path> paths = Files.walk(dir)) {
      List<Path> deepest = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path each : deepest) {
        Files.delete(each);
      }
    }
  }
}
