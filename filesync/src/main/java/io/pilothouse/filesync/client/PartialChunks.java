package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Beginnings of chunks whose transfer was cut, each a file named by its hash: the next source goes
 * on at the last byte. They are not flushed: after a power loss the hash tells which are sound.
 */
final class PartialChunks {
  private final Path dir;
  private final Set<String> names = ConcurrentHashMap.newKeySet();

  PartialChunks(Path dir) throws IOException {
    this.dir = dir;
    Files.createDirectories(dir);
    try (Stream<Path> files = Files.list(dir)) {
      names.addAll(
          files
              .map(each -> each.getFileName().toString())
              .filter(Sha256::isHex)
              .collect(Collectors.toSet()));
    }
  }

  boolean has(Chunk chunk) {
    return names.contains(chunk.sha256());
  }

  /** Keeps what came before the cut. */
  void keep(Chunk chunk, ByteBuffer bytes) throws IOException {
    if (bytes.hasRemaining()) {
      LocalTrouble.marked(
          () -> {
            try (OutputStream out = Files.newOutputStream(file(chunk))) {
              out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            }
            return names.add(chunk.sha256());
          });
    }
  }

  void forget(Chunk chunk) throws IOException {
    names.remove(chunk.sha256());
    LocalTrouble.marked(() -> Files.deleteIfExists(file(chunk)));
  }

  /** Has a source send what is missing; the chunk's bytes, verified. */
  byte[] complete(ContentSource source, Chunk chunk) throws IOException, InterruptedException {
    Path file = file(chunk);
    boolean leftovers = LocalTrouble.marked(() -> Files.exists(file) && Files.size(file) > 0);
    if (leftovers && LocalTrouble.marked(() -> Files.size(file)) >= chunk.size()) {
      byte[] bytes = LocalTrouble.marked(() -> Files.readAllBytes(file));
      if (isSound(bytes, chunk)) {
        return bytes; // a kill came after the last byte
      }
      LocalTrouble.marked(() -> Files.deleteIfExists(file));
      leftovers = false;
    }
    byte[] bytes = fetch(source, chunk);
    if (leftovers && !isSound(bytes, chunk)) {
      // the wrong bytes may be those that another source left
      LocalTrouble.marked(() -> Files.deleteIfExists(file));
      bytes = fetch(source, chunk);
    }
    if (!isSound(bytes, chunk)) {
      LocalTrouble.marked(() -> Files.deleteIfExists(file));
      source.doubt(chunk);
      throw new ContentException("it sent wrong bytes");
    }
    return bytes;
  }

  private byte[] fetch(ContentSource source, Chunk chunk) throws IOException, InterruptedException {
    source.getInto("/v1/chunks/" + chunk.sha256(), file(chunk), chunk.size());
    return LocalTrouble.marked(() -> Files.readAllBytes(file(chunk)));
  }

  private static boolean isSound(byte[] bytes, Chunk chunk) {
    return bytes.length == chunk.size() && Sha256.hex(bytes).equals(chunk.sha256());
  }

  private Path file(Chunk chunk) {
    return dir.resolve(chunk.sha256());
  }
}
