package io.pilothouse.examples.farm;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * HAProxy (Debian's), started with as many slots as there can be servers, all empty, and told by
 * its socket who is in which. So it is never loaded anew, and no connection is lost by that.
 */
public final class HaProxy implements Balancer, AutoCloseable {
  private static final String BACKEND = "farm";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Process process;
  private final Path socket;
  private final int slots;

  private HaProxy(Process process, Path socket, int slots) {
    this.process = process;
    this.socket = socket;
    this.slots = slots;
  }

  /**
   * Starts it, with empty slots.
   *
   * @param dir of its configuration and socket; its path must be short
   * @param bind where users come, as {@code 127.0.0.1:8080}
   * @param each requests that a server is sent at once
   * @throws IOException says what it said
   */
  public static HaProxy start(Path dir, String bind, int slots, int each) throws IOException {
    Path socket = dir.resolve("haproxy.sock");
    Path file = dir.resolve("haproxy.cfg");
    Path log = dir.resolve("haproxy.log");
    Files.writeString(file, configuration(socket, bind, slots, each));
    ProcessBuilder builder =
        new ProcessBuilder(program(), "-db", "-f", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(Path.of("/dev/null").toFile());
    HaProxy started = new HaProxy(builder.start(), socket, slots);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        started.load();
        return started;
      } catch (IOException e) {
        if (System.nanoTime() - end > 0 || !started.process.isAlive()) {
          started.close();
          throw new IOException("haproxy does not start: " + Files.readString(log).strip(), e);
        }
      }
      nap();
    }
  }

  // A request changes nothing, so another server may be asked when one is lost with it. Servers
  // take a few requests at once, the others wait here, where they can still go elsewhere. One that
  // refuses a connection is out at once: it has the fewest, and would be tried again and again.
  private static String configuration(Path socket, String bind, int slots, int each) {
    return """
      global
        maxconn 4000
        stats socket "%s" mode 600 level admin

      defaults
        mode http
        timeout connect 500ms
        timeout queue 60s
        timeout client 60s
        timeout server 60s
        retries 3
        option redispatch 1
        retry-on all-retryable-errors

      frontend users
        bind %s
        default_backend farm

      backend farm
        balance leastconn
        option httpchk GET /healthz
        default-server inter 500ms fall 2 rise 1 maxconn %d
        default-server observe layer4 error-limit 1 on-error mark-down
        server-template s 1-%d 127.0.0.1:9 check disabled
      """
        .formatted(socket, bind, each, slots);
  }

  private static void nap() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while haproxy started", e);
    }
  }

  private static String program() throws IOException {
    // Debian has it where only root's PATH looks
    return List.of("/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy").stream()
        .filter(each -> Files.isExecutable(Path.of(each)))
        .findFirst()
        .orElseThrow(
            () -> new IOException("haproxy is not installed; run: apt-get install haproxy"));
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public Load load() throws IOException {
    String[] lines = ask("show stat").split("\n", -1);
    List<String> names = Arrays.asList(lines[0].replaceFirst("^# ", "").split(",", -1));
    int server = names.indexOf("svname");
    int open = names.indexOf("scur");
    int waiting = names.indexOf("qcur");
    if (server < 0 || open < 0 || waiting < 0) {
      throw new IOException("haproxy's 'show stat' has no svname, scur or qcur: " + lines[0]);
    }
    int sessions = 0;
    Map<Integer, Integer> slot = new HashMap<>();
    for (String line : lines) {
      String[] fields = line.split(",", -1);
      if (!fields[0].equals(BACKEND)) {
        continue;
      }
      if (fields[server].equals("BACKEND")) {
        sessions = Integer.parseInt(fields[open]);
      } else {
        slot.put(
            Integer.valueOf(fields[server].substring(1)),
            Integer.parseInt(fields[open]) + Integer.parseInt(fields[waiting]));
      }
    }
    return new Load(sessions, slot);
  }

  @Override
  public void serve(int slot, String host, int port) throws IOException {
    tell(slot, "addr %s port %d".formatted(host, port));
    tell(slot, "state ready");
    // it has answered us; else it would be taken for down until HAProxy's own first look
    tell(slot, "health up");
  }

  @Override
  public void drain(int slot) throws IOException {
    tell(slot, "state drain");
  }

  @Override
  public void forget(int slot) throws IOException {
    tell(slot, "state maint");
  }

  private void tell(int slot, String what) throws IOException {
    String order = "set server %s/s%d %s".formatted(BACKEND, slot, what);
    String answer = ask(order).strip();
    // a change of address is told, all else is done without a word
    if (!answer.isEmpty() && !answer.contains("changed") && !answer.contains("no need")) {
      throw new IOException("haproxy to '" + order + "': " + answer);
    }
  }

  private String ask(String command) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      ByteBuffer bytes = ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
