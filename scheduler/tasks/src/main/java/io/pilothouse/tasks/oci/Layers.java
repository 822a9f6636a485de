package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.tasks.fetch.Budget;
import io.pilothouse.tasks.fetch.FetchException;
import io.pilothouse.tasks.fetch.TarReader;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Lays an image's layers over one another in an empty directory. Each is verified against what its
 * manifest says of the file, and against what the configuration, whose hash is the image's id, says
 * of what is in it.
 */
final class Layers {
  private static final int BUFFER = 64 << 10;
  private static final long MOST_MEMBERS = 1_000_000;

  private final Contents from;
  private final Path root;
  private final Budget budget = new Budget(Catalogue.MOST_BYTES, MOST_MEMBERS);

  Layers(Contents from, Path root) {
    this.from = from;
    this.root = root;
  }

  void unpack(List<SavedImage.Layer> layers, List<String> diffs) throws IOException {
    if (layers.size() != diffs.size()) {
      throw new ImageException(
          "it has %d layers, and its configuration names %d"
              .formatted(layers.size(), diffs.size()));
    }
    for (int i = 0; i < layers.size(); i++) {
      SavedImage.Layer layer = layers.get(i);
      try {
        unpack(layer, diffs.get(i), i > 0);
      } catch (ZipException | EOFException e) {
        throw new ImageException(
            "its layer %s is damaged: %s".formatted(layer.file(), e.getMessage()));
      } catch (FetchException e) {
        throw new ImageException(
            "its layer %s cannot be unpacked: %s".formatted(layer.file(), e.getMessage()));
      }
    }
  }

  private void unpack(SavedImage.Layer layer, String diff, boolean isUpper) throws IOException {
    if (isUpper) {
      try (InputStream file = new BufferedInputStream(from.open(layer.file()), BUFFER)) {
        Budget own = new Budget(Catalogue.MOST_BYTES, MOST_MEMBERS);
        new TarReader(own.counted(decompressed(file)), new Whiteouts(root), own).unpack();
      }
    }
    MessageDigest outer = Sha256.digest();
    MessageDigest inner = Sha256.digest();
    try (InputStream file =
        new BufferedInputStream(new Summed(from.open(layer.file()), outer), BUFFER)) {
      InputStream plain = budget.counted(new Summed(decompressed(file), inner));
      new TarReader(new BufferedInputStream(plain, BUFFER), new RootTree(root), budget).unpack();
      file.transferTo(OutputStream.nullOutputStream());
    }
    SavedImages.check(layer.file(), layer.sha256(), HexFormat.of().formatHex(outer.digest()));
    String content = HexFormat.of().formatHex(inner.digest());
    if (!content.equals(diff)) {
      throw new ImageException(
          ("its layer %s holds what has the SHA-256 %s, and %s was expected: the archive is damaged,"
                  + " copy it anew")
              .formatted(layer.file(), content, diff));
    }
  }

  /** Takes into the sum what is skipped, too. */
  private static final class Summed extends DigestInputStream {
    Summed(InputStream in, MessageDigest sum) {
      super(in, sum);
    }

    @Override
    public long skip(long count) throws IOException {
      byte[] piece = new byte[(int) Math.max(0, Math.min(count, BUFFER))];
      return Math.max(0, piece.length == 0 ? 0 : read(piece, 0, piece.length));
    }
  }

  private static InputStream decompressed(InputStream file) throws IOException {
    file.mark(4);
    byte[] begin = file.readNBytes(4);
    file.reset();
    int magic = 0;
    for (byte each : begin) {
      magic = (magic << 8) | (each & 0xff);
    }
    if (begin.length == 4 && magic == 0x28b52ffd) {
      throw new ImageException(
          "it is compressed with zstd, which is not read here: save it with gzip, or not"
              + " compressed");
    }
    return begin.length == 4 && magic >>> 16 == 0x1f8b ? new GZIPInputStream(file, BUFFER) : file;
  }
}
