package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Entry;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** In which paths two indexes differ; both are read side by side, for they are sorted alike. */
public final class IndexDifference {
  private static final int BUFFER = 64 << 10;

  private IndexDifference() {}

  /**
   * Whether all paths at which the two are not the same are of a kind. Indexes of two formats are
   * sorted in two ways: these differ everywhere.
   */
  public static boolean isOnlyIn(IndexFile one, IndexFile other, Predicate<String> paths)
      throws IOException {
    try (InputStream first = new BufferedInputStream(Files.newInputStream(one.file()), BUFFER);
        InputStream second = new BufferedInputStream(Files.newInputStream(other.file()), BUFFER);
        IndexReader ours = new IndexReader(first);
        IndexReader theirs = new IndexReader(second)) {
      if (ours.format() != theirs.format()) {
        return false;
      }
      Comparator<Entry> order = ContentIndex.order(ours.format());
      Entry our = ours.next();
      Entry their = theirs.next();
      while (our != null || their != null) {
        int way = way(order, our, their);
        Entry either = way <= 0 ? our : their;
        boolean same = way == 0 && our != null && our.equals(their);
        if (!same && either != null && !paths.test(either.path())) {
          return false;
        }
        our = way <= 0 ? ours.next() : our;
        their = way >= 0 ? theirs.next() : their;
      }
      return true;
    }
  }

  private static int way(Comparator<Entry> order, @Nullable Entry our, @Nullable Entry their) {
    if (our == null || their == null) {
      return our == null ? 1 : -1;
    }
    return order.compare(our, their);
  }
}
