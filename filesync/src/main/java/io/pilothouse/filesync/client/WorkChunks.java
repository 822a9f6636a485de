package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The chunks that a transfer has gathered so far, each a file named by its hash, one that is
 * incomplete with {@code .part} behind. They are not flushed: after a power loss the hash tells
 * which are sound.
 */
final class WorkChunks {
  private final Path dir;
  private final LocalChunks local;
  private final Sources sources;
  private final WritePoints points;

  WorkChunks(Path dir, LocalChunks local, Sources sources, WritePoints points) {
    this.dir = dir;
    this.local = local;
    this.sources = sources;
    this.points = points;
  }

  /** Gets a chunk from this disk if it can, else from a source. */
  void bring(Chunk chunk) throws IOException, InterruptedException {
    Path file = dir.resolve(chunk.sha256());
    if (Sources.isSound(file, chunk)) {
      return;
    }
    Path partial = dir.resolve(chunk.sha256() + ".part");
    Optional<byte[]> reused = local.read(chunk);
    if (reused.isPresent()) {
      Files.write(partial, reused.get());
    } else {
      sources.chunk(chunk, partial);
    }
    points.reached("chunk written");
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    points.reached("chunk named");
  }

  /** The bytes of a chunk that was brought, verified once more. */
  byte[] read(Chunk chunk) throws IOException {
    Path file = dir.resolve(chunk.sha256());
    byte[] bytes = Files.readAllBytes(file);
    if (!Sha256.hex(bytes).equals(chunk.sha256())) {
      Files.delete(file);
      throw new ContentException(
          file + " changed on disk while it was used; it will be fetched again");
    }
    return bytes;
  }
}
