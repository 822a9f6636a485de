package io.pilothouse.filesync.server;

import io.pilothouse.filesync.Coming;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/**
 * What can be served to others: a replica's {@link ContentStore}, or what a machine has on its
 * disk. Bytes are sent as they are, for the receiver verifies them anyway; one that got wrong bytes
 * asks whether they are sound.
 */
public interface Contents {

  /** Whether something can be had here. */
  sealed interface Held permits At, Soon, Absent {}

  /**
   * It is here.
   *
   * @param offset of its first byte in the file
   * @param size in bytes
   */
  record At(Path file, long offset, long size) implements Held {}

  /** It is on its way here; others had better wait for it than fetch it from farther away. */
  record Soon() implements Held {}

  /** It is not here, and nobody here wants it. */
  record Absent() implements Held {}

  /** Where a chunk is. */
  Held chunk(String sha256) throws IOException;

  /** Where an index is. */
  Held index(String digest) throws IOException;

  /**
   * Begins a wait for chunks and indexes that are {@link Soon}.
   *
   * @return empty where nothing is ever on its way, or too many wait already
   */
  default Optional<Coming> await(Collection<String> hashes) {
    return Optional.empty();
  }

  /**
   * Reads and verifies a chunk, because a receiver doubts it; one that is damaged is not handed out
   * again.
   */
  boolean isSoundChunk(String sha256) throws IOException;

  /** The same of an index. */
  boolean isSoundIndex(String digest) throws IOException;
}
