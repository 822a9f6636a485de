package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.ContentException;
import java.io.IOException;

/** A URI that cannot be fetched, in words for its framework; trying again at once is no use. */
public final class FetchException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Of one URI.
   *
   * @param why what was found, and what to do
   */
  FetchException(Item item, String why) {
    this("Could not fetch '%s': %s".formatted(item.shown(), why));
  }

  /** In these words. */
  public FetchException(String words) {
    super(ContentException.printable(words));
  }
}
