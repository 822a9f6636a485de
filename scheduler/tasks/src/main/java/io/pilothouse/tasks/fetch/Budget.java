package io.pilothouse.tasks.fetch;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** What the archives of one command, or of one image, may still unfold to. */
public final class Budget {
  /** A long name, that of a link, and what pax says. */
  private static final int HEADERS_OF_ONE = 4;

  private final long most;
  private final long mostMembers;
  private long bytes;
  private long members;
  private long headers;

  Budget(FetchLimits limits) {
    this(limits.unpacked(), limits.members());
  }

  /**
   * A fresh one.
   *
   * @param most bytes of all
   * @param mostMembers files, directories and links
   */
  public Budget(long most, long mostMembers) {
    this.most = most;
    this.mostMembers = mostMembers;
  }

  /** One more file, directory or link. */
  void member() throws FetchException {
    if (++members > mostMembers) {
      throw new FetchException(
          "it holds more than %d files, which is the most".formatted(mostMembers));
    }
  }

  /** One more header that says something of a member or of all, and is none itself. */
  void header() throws FetchException {
    if (++headers > HEADERS_OF_ONE * mostMembers) {
      throw new FetchException(
          "it holds more than %d headers, which is the most"
              .formatted(HEADERS_OF_ONE * mostMembers));
    }
  }

  private void take(long count) throws FetchException {
    bytes += count;
    if (bytes > most) {
      throw new FetchException(
          "it unfolds to more than %d bytes, which is the most".formatted(most));
    }
  }

  /** The same bytes, counted. */
  public InputStream counted(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        int next = in.read();
        if (next >= 0) {
          take(1);
        }
        return next;
      }

      @Override
      public int read(byte[] to, int offset, int length) throws IOException {
        int read = in.read(to, offset, length);
        if (read > 0) {
          take(read);
        }
        return read;
      }

      @Override
      public long skip(long count) throws IOException {
        long skipped = in.skip(count);
        take(skipped);
        return skipped;
      }
    };
  }
}
