package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.DiskFull;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A download by http or https: redirects followed by hand, tried again when it breaks off, and gone
 * on with where it broke off if the server can. Runs in a virtual thread: an interrupt closes the
 * socket that it waits for.
 */
final class HttpSource implements Source {
  private static final int MOST_REDIRECTS = 5;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int PARTIAL = HttpURLConnection.HTTP_PARTIAL;
  private static final int RANGE_NOT_THERE = 416;
  private static final int PIECE = 64 << 10;
  private static final int LAST_PORT = 0xffff;

  private final Item item;
  private final FetchLimits limits;

  /** What the bytes that are here were sent under. */
  private Validator part = Validator.NONE;

  HttpSource(Item item, FetchLimits limits) {
    this.item = item;
    this.limits = limits;
  }

  @Override
  public Optional<Validator> get(Path to, Validator known)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + limits.whole().toNanos();
    Duration pause = limits.pause();
    for (int left = limits.tries() - 1; ; left--) {
      try {
        return once(to, known, end);
      } catch (FetchException e) {
        throw e;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedException();
        }
        if (DiskFull.is(e)) {
          throw full();
        }
        if (left <= 0) {
          throw new FetchException(
              item,
              "%s, %d times: is its server up, and can this machine reach it?"
                  .formatted(words(e), limits.tries()));
        }
      }
      Thread.sleep(pause);
      pause = pause.multipliedBy(2);
    }
  }

  private static String words(IOException e) {
    String words = String.valueOf(e.getMessage());
    return switch (e) {
      case UnknownHostException no -> "no host is called " + words;
      case SocketTimeoutException late -> "it does not go on (" + words + ")";
      default -> words;
    };
  }

  private FetchException full() {
    return new FetchException(
        item, "the machine's disk is full: remove something there, or place the task elsewhere");
  }

  private Optional<Validator> once(Path to, Validator known, long end) throws IOException {
    long have = Files.exists(to) ? Files.size(to) : 0;
    boolean goesOn = have > 0 && !part.strong().isEmpty();
    HttpURLConnection connection = open(goesOn ? have : 0, known);
    try {
      int status = status(connection);
      if (status == HttpURLConnection.HTTP_NOT_MODIFIED && !known.isNone()) {
        return Optional.empty();
      }
      boolean rest = status == PARTIAL && goesOn && startsAt(connection, have);
      if (status == RANGE_NOT_THERE || (status == PARTIAL && !rest)) {
        Files.deleteIfExists(to);
        throw new IOException("it has no more the rest of what it began to send");
      }
      if (status != HttpURLConnection.HTTP_OK && !rest) {
        throw refusal(status);
      }
      part = new Validator(header(connection, "ETag"), header(connection, "Last-Modified"));
      write(connection, to, rest ? have : 0, end);
      return Optional.of(part);
    } finally {
      connection.disconnect();
    }
  }

  /** The JDK's client stumbles over some headers, such as a WWW-Authenticate that is none. */
  private static int status(HttpURLConnection connection) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (RuntimeException e) {
      throw new IOException("it answers with a header that cannot be read", e);
    }
  }

  private static boolean startsAt(HttpURLConnection connection, long at) {
    return header(connection, "Content-Range").startsWith("bytes " + at + "-");
  }

  private static String header(HttpURLConnection connection, String name) {
    return Optional.ofNullable(connection.getHeaderField(name)).orElse("");
  }

  /** Follows redirects; whom it is sent to does not learn who asked whom before. */
  private HttpURLConnection open(long from, Validator known) throws IOException {
    URI first = item.remote().orElseThrow();
    URI at = first;
    for (int hops = 0; hops <= MOST_REDIRECTS; hops++) {
      HttpURLConnection connection = request(at, from, known, isSame(first, at));
      int status = status(connection);
      boolean moved =
          (status >= HttpURLConnection.HTTP_MULT_CHOICE + 1
                  && status <= HttpURLConnection.HTTP_SEE_OTHER)
              || status == 307
              || status == 308;
      if (!moved) {
        return connection;
      }
      String where = header(connection, "Location");
      connection.disconnect();
      at = next(at, where, status);
    }
    throw new FetchException(item, "it is redirected more than %d times".formatted(MOST_REDIRECTS));
  }

  private URI next(URI at, String where, int status) throws FetchException {
    URI next;
    try {
      next = at.resolve(where);
    } catch (IllegalArgumentException e) {
      next = URI.create("");
    }
    String scheme = String.valueOf(next.getScheme());
    boolean known = scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https");
    boolean somewhere = next.getHost() != null && next.getPort() <= LAST_PORT;
    if (where.isEmpty() || !known || !somewhere) {
      throw new FetchException(
          item, "HTTP status %d redirects it to no http or https URI".formatted(status));
    }
    if (at.getScheme().equalsIgnoreCase("https") && scheme.equalsIgnoreCase("http")) {
      throw new FetchException(
          item,
          "it is redirected from https to http at %s, where anybody could change it"
              .formatted(next.getHost()));
    }
    return next;
  }

  private static boolean isSame(URI a, URI b) {
    return a.getScheme().equalsIgnoreCase(b.getScheme())
        && a.getHost().equalsIgnoreCase(b.getHost())
        && a.getPort() == b.getPort();
  }

  private HttpURLConnection request(URI at, long from, Validator known, boolean mayKnowWho)
      throws IOException {
    // without user and password: errors of the JDK name the URL
    boolean says = at.getRawUserInfo() != null;
    String plain = says ? at.toString().replaceFirst("//[^/?#]*@", "//") : at.toString();
    HttpURLConnection connection = (HttpURLConnection) URI.create(plain).toURL().openConnection();
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout((int) limits.connect().toMillis());
    connection.setReadTimeout((int) limits.stall().toMillis());
    connection.setRequestProperty("User-Agent", "pilothouse-fetcher");
    connection.setRequestProperty("Accept", "*/*");
    connection.setRequestProperty("Accept-Encoding", "identity");
    String who = item.remote().orElseThrow().getUserInfo();
    if (who != null && mayKnowWho) {
      byte[] bytes = who.getBytes(StandardCharsets.UTF_8);
      connection.setRequestProperty(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
    }
    if (from > 0) {
      connection.setRequestProperty("Range", "bytes=" + from + "-");
      connection.setRequestProperty("If-Range", part.strong());
    } else {
      if (!known.tag().isEmpty()) {
        connection.setRequestProperty("If-None-Match", known.tag());
      }
      if (!known.modified().isEmpty()) {
        connection.setRequestProperty("If-Modified-Since", known.modified());
      }
    }
    return connection;
  }

  /** What may pass is tried again, what will not is told. */
  private IOException refusal(int status) {
    boolean passes =
        status >= HttpURLConnection.HTTP_INTERNAL_ERROR
            || status == HttpURLConnection.HTTP_CLIENT_TIMEOUT
            || status == TOO_MANY_REQUESTS;
    if (passes) {
      return new IOException("HTTP status " + status);
    }
    String remedy =
        switch (status) {
          case HttpURLConnection.HTTP_UNAUTHORIZED, HttpURLConnection.HTTP_FORBIDDEN ->
              "its server wants other rights: put user:password@ before the host, or let this"
                  + " machine read it";
          case HttpURLConnection.HTTP_NOT_FOUND, HttpURLConnection.HTTP_GONE ->
              "put it there, or correct the URI";
          default -> "ask whoever runs its server";
        };
    return new FetchException(item, "HTTP status %d: %s".formatted(status, remedy));
  }

  private void write(HttpURLConnection connection, Path to, long have, long end)
      throws IOException {
    long length = connection.getContentLengthLong();
    long room = Files.getFileStore(to.toAbsolutePath().getParent()).getUsableSpace();
    tooLong(Math.max(0, length) + have);
    if (length > room) {
      throw full();
    }
    try (InputStream in = connection.getInputStream();
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(have);
      out.position(have);
      byte[] piece = new byte[PIECE];
      long got = 0;
      for (int read = read(in, piece, got, length);
          read >= 0;
          read = read(in, piece, got, length)) {
        got += read;
        tooLong(have + got);
        if (System.nanoTime() - end >= 0) {
          throw new FetchException(
              item, "it takes longer than %d min".formatted(limits.whole().toMinutes()));
        }
        ByteBuffer bytes = ByteBuffer.wrap(piece, 0, read);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
      }
    }
  }

  /** The JDK says of what is too short, if it says anything, that an end came early. */
  private static int read(InputStream in, byte[] piece, long got, long length) throws IOException {
    int read;
    try {
      read = in.read(piece);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      throw brokeOff(got, length, e);
    }
    if (read < 0 && length >= 0 && got != length) {
      throw brokeOff(got, length, null);
    }
    return read;
  }

  private static IOException brokeOff(long got, long length, @Nullable IOException cause) {
    String of = length < 0 ? "" : " of " + length;
    return new IOException("it broke off after %d%s bytes".formatted(got, of), cause);
  }

  private void tooLong(long bytes) throws FetchException {
    if (bytes > limits.file()) {
      throw new FetchException(
          item, "it has more than %d bytes, which is the most".formatted(limits.file()));
    }
  }
}
