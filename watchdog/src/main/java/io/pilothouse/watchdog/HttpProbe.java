package io.pilothouse.watchdog;

import io.pilothouse.tls.TimedSocket;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;

/**
 * One GET with a time limit for all of it. The JDK's clients limit only the wait for the next byte:
 * a server that sends one now and then would hold a probe for ever.
 */
public final class HttpProbe {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})( .*)?");
  private static final int LONGEST_LINE = 8192;
  private static final int MOST_LINES = 200;
  private static final int MOST_HEAD = 64 << 10;
  private static final int MOST_BODY = 1 << 20;

  private HttpProbe() {}

  /**
   * What a server answers with.
   *
   * @param head its header lines, without the status
   * @param body as far as it came in time, at most 1 MiB; not decoded when it is in chunks
   */
  public record Answer(int status, List<String> head, String body, boolean whole) {

    /** The value of a header field; the first of several. */
    public Optional<String> header(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return head.stream()
          .filter(each -> each.toLowerCase(Locale.ROOT).startsWith(start))
          .map(each -> each.substring(start.length()).strip())
          .findFirst();
    }
  }

  /**
   * The status that a server answers with. How it goes on after that is its own affair.
   *
   * @throws IOException in words for a person: it does not, or not in time
   */
  public static int status(String host, int port, String path, Duration timeout)
      throws IOException {
    return look(host, port, path, timeout, Optional.empty()).status();
  }

  /**
   * What a server answers with.
   *
   * @param tls connects by it; plain without
   * @throws IOException in words for a person: it does not, or not in time
   */
  public static Answer get(
      String host, int port, String path, Duration timeout, Optional<SSLSocketFactory> tls)
      throws IOException {
    return ask(host, port, path, timeout, tls, MOST_BODY);
  }

  /**
   * The same without the body, which is read and not kept: for who looks at many servers.
   *
   * @throws IOException in words for a person: it does not, or not in time
   */
  public static Answer look(
      String host, int port, String path, Duration timeout, Optional<SSLSocketFactory> tls)
      throws IOException {
    return ask(host, port, path, timeout, tls, 0);
  }

  /**
   * Only whether a server takes a connection, which is closed at once.
   *
   * @throws IOException in words for a person: it does not, or not in time
   */
  public static void connect(String host, int port, Duration timeout) throws IOException {
    try (TimedSocket socket = new TimedSocket(System.nanoTime() + timeout.toNanos())) {
      socket.connect(resolved(host, port), socket.millisLeft());
    } catch (SocketTimeoutException e) {
      throw new IOException("no answer in " + timeout.toMillis() + " ms", e);
    }
  }

  private static InetSocketAddress resolved(String host, int port) throws IOException {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new IOException("no host is called " + host);
    }
    return address;
  }

  private static Answer ask(
      String host,
      int port,
      String path,
      Duration timeout,
      Optional<SSLSocketFactory> tls,
      int kept)
      throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    InetSocketAddress address = resolved(host, port);
    try (TimedSocket plain = new TimedSocket(deadline)) {
      plain.connect(address, plain.millisLeft());
      Socket socket = tls.isPresent() ? tls.get().createSocket(plain, host, port, true) : plain;
      String request =
          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: pilothouse\r\nConnection: close\r\n\r\n"
              .formatted(path, host, port);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      InputStream in = new BufferedInputStream(socket.getInputStream());
      String line = line(in);
      Matcher status = STATUS.matcher(line);
      if (!status.matches()) {
        throw new IOException("it speaks no HTTP");
      }
      return rest(Integer.parseInt(status.group(1)), in, kept);
    } catch (SocketTimeoutException e) {
      throw new IOException("no answer in " + timeout.toMillis() + " ms", e);
    } catch (SSLException e) {
      throw new IOException("no TLS with it: " + e.getMessage(), e);
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (line.size() < LONGEST_LINE) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("it closed the connection without an answer");
      }
      if (next == '\n') {
        break;
      }
      line.write(next);
    }
    return line.toString(StandardCharsets.US_ASCII).stripTrailing();
  }

  /** It is read on although it has answered: a server that is cut off would log that each time. */
  private static Answer rest(int status, InputStream in, int kept) {
    List<String> head = new ArrayList<>();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    boolean whole = false;
    try {
      int length = 0;
      for (String line = line(in); !line.isEmpty() && head.size() < MOST_LINES; line = line(in)) {
        length += line.length();
        if (length > MOST_HEAD) {
          return new Answer(status, List.copyOf(head), "", false);
        }
        head.add(line);
      }
      byte[] buffer = new byte[8192];
      int all = 0;
      for (int read = 0; read >= 0 && all < MOST_BODY; read = in.read(buffer)) {
        all += read;
        body.write(buffer, 0, Math.min(read, Math.max(0, kept - body.size())));
      }
      whole = all < MOST_BODY && all <= kept;
    } catch (IOException e) {
      whole = false; // what came is told, and that it is not all
    }
    return new Answer(status, List.copyOf(head), body.toString(StandardCharsets.UTF_8), whole);
  }
}
