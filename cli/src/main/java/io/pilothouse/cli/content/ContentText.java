package io.pilothouse.cli.content;

import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.manifests.ContentSpec;
import io.pilothouse.manifests.ManifestSpec;
import io.pilothouse.manifests.WatchdogSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The documents among the files of a version. */
public final class ContentText {
  /** Those that say what a directory is. */
  private static final List<String> DOCUMENTS =
      List.of(ManifestSpec.FILE, ContentSpec.IMAGE_FILE, WatchdogSet.FILE, ContentSpec.AGENT_FILE);

  private static final long LARGEST = 1 << 20;

  private ContentText() {}

  /** Brings a file's bytes. */
  public interface Reader {
    byte[] file(FileEntry file) throws IOException, InterruptedException;
  }

  /** The document at its top. */
  public static Optional<FileEntry> document(ContentIndex index) {
    return index.files().stream()
        .filter(each -> DOCUMENTS.contains(each.path()) && each.size() <= LARGEST)
        .min((a, b) -> DOCUMENTS.indexOf(a.path()) - DOCUMENTS.indexOf(b.path()));
  }

  /** Lines of a file. */
  public static List<String> lines(FileEntry file, Reader reader)
      throws IOException, InterruptedException {
    return new String(reader.file(file), StandardCharsets.UTF_8).lines().toList();
  }
}
