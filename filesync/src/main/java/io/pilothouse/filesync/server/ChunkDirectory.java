package io.pilothouse.filesync.server;

import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** Where a store keeps the chunks whose hashes begin with one byte. */
record ChunkDirectory(Path path) {
  static ChunkDirectory of(Path chunks, int first) {
    return new ChunkDirectory(chunks.resolve(HexFormat.of().toHexDigits((byte) first)));
  }

  /** Reads the names as a stream. */
  <X extends Exception> void forEach(ContentStore.ChunkVisitor<X> visitor) throws IOException, X {
    if (!Files.isDirectory(path)) {
      return; // no chunk yet
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      for (Path each : files) {
        String sha256 = path.getFileName().toString() + each.getFileName();
        if (Sha256.isHex(sha256)) {
          visitor.chunk(sha256);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }
}
