package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Re-reads what was published, finds what has changed on disk, and restores it file by file. */
public final class Scrubber {

  /**
   * A file that is not what was published.
   *
   * @param what in words, for the report
   */
  public record Damage(String path, String what) {}

  private final Throttle disk;
  private final Throttle network;
  private final RandomGenerator random;

  /**
   * Makes a scrubber.
   *
   * @param disk limits what a pass reads
   * @param network limits what restoring fetches
   */
  public Scrubber(Throttle disk, Throttle network, RandomGenerator random) {
    this.disk = disk;
    this.network = network;
    this.random = random;
  }

  /** Compares a published directory with its index, byte by byte. */
  public List<Damage> check(Path target) throws IOException, InterruptedException {
    Optional<ContentIndex> index = Fetcher.published(target);
    if (index.isEmpty()) {
      return List.of(new Damage("", "the directory or its index is missing"));
    }
    List<Damage> damages = new ArrayList<>();
    for (Entry entry : index.get().entries()) {
      Path path = target.resolve(entry.path());
      switch (entry) {
        case LinkEntry link -> {
          boolean sound =
              Files.isSymbolicLink(path)
                  && Files.readSymbolicLink(path).toString().equals(link.target());
          if (!sound) {
            damages.add(new Damage(link.path(), "is no longer a link to " + link.target()));
          }
        }
        case FileEntry file -> check(path, file).ifPresent(damages::add);
      }
    }
    return damages;
  }

  private Optional<Damage> check(Path path, FileEntry file)
      throws IOException, InterruptedException {
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.of(new Damage(file.path(), "is missing"));
    }
    long offset = 0;
    try (InputStream in = Files.newInputStream(path)) {
      for (Chunk chunk : file.chunks()) {
        disk.take(chunk.size());
        byte[] bytes = in.readNBytes(chunk.size());
        if (!Sha256.hex(bytes).equals(chunk.sha256())) {
          return Optional.of(
              new Damage(
                  file.path(),
                  "has wrong bytes between %d and %d".formatted(offset, offset + chunk.size())));
        }
        offset += chunk.size();
      }
      if (in.read() >= 0) {
        return Optional.of(new Damage(file.path(), "is longer than " + file.size() + " bytes"));
      }
    }
    return Optional.empty();
  }

  /** Restores one damaged file or link from a source, by one rename. */
  public void restore(Path target, Damage damage, List<String> sources)
      throws IOException, InterruptedException {
    ContentIndex index =
        Fetcher.published(target)
            .orElseThrow(() -> new ContentException(target + " must be fetched anew"));
    Entry entry =
        index.entries().stream()
            .filter(each -> each.path().equals(damage.path()))
            .findFirst()
            .orElseThrow(() -> new ContentException(damage.path() + " is not in the index"));
    Path path = target.resolve(entry.path());
    Path work = target.resolveSibling("." + target.getFileName() + ".restore");
    DurableFiles.deleteTree(work);
    Files.createDirectories(work);
    Files.createDirectories(path.getParent());
    Path fresh = work.resolve("file");
    switch (entry) {
      case LinkEntry link -> Files.createSymbolicLink(fresh, Path.of(link.target()));
      case FileEntry file -> {
        Sources from = new Sources(sources, network, random);
        for (Chunk chunk : file.chunks()) {
          from.chunk(chunk, work.resolve(chunk.sha256()));
        }
        Fetcher.writeFile(fresh, file, chunk -> work.resolve(chunk.sha256()));
      }
    }
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    DurableFiles.syncDirectory(path.getParent());
    DurableFiles.deleteTree(work);
  }
}
