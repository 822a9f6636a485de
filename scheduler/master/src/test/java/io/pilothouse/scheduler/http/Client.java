package io.pilothouse.scheduler.http;

import com.google.protobuf.Message;
import io.pilothouse.mesos.BadBodyException;
import io.pilothouse.mesos.JsonTroubleException;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.RecordException;
import io.pilothouse.mesos.RecordReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A framework's, or a tool's, side of the API, in one of the two forms. */
final class Client implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final HttpClient http = HttpClient.newHttpClient();
  private final MediaType type;
  private final String url;

  Client(MediaType type, String url) {
    this.type = type;
    this.url = url;
  }

  HttpRequest.Builder request(byte[] body) {
    return HttpRequest.newBuilder(URI.create(url))
        .timeout(PATIENCE)
        .header("Content-Type", type.header())
        .header("Accept", type.header())
        .POST(BodyPublishers.ofByteArray(body));
  }

  /** The call is written as JSON here, whatever it is sent as. */
  <M extends Message> byte[] body(String json, M prototype) {
    try {
      return type.write(
          MesosJson.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), prototype));
    } catch (JsonTroubleException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, BodyHandlers.ofString());
  }

  HttpResponse<byte[]> sendForBytes(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, BodyHandlers.ofByteArray());
  }

  <E extends Message> Reader<E> stream(HttpRequest request, E prototype)
      throws IOException, InterruptedException {
    return new Reader<>(http.send(request, BodyHandlers.ofInputStream()), type, prototype);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  /** Reads a stream's events as they come. */
  static final class Reader<E extends Message> implements AutoCloseable {
    final HttpResponse<InputStream> response;
    private final BlockingQueue<Optional<E>> events = new LinkedBlockingQueue<>();

    Reader(HttpResponse<InputStream> response, MediaType type, E prototype) {
      this.response = response;
      Thread.ofVirtual().start(() -> read(type, prototype));
    }

    private void read(MediaType type, E prototype) {
      RecordReader records = new RecordReader(1 << 24);
      byte[] piece = new byte[4096];
      try (InputStream in = response.body()) {
        for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
          records.feed(
              ByteBuffer.wrap(piece, 0, read),
              record -> {
                try {
                  events.add(Optional.of(type.read(record, prototype, "Event")));
                } catch (BadBodyException e) {
                  throw new IllegalStateException(e);
                }
              });
        }
        records.end();
      } catch (IOException e) {
        // the stream ends, one way or another
      } catch (RecordException e) {
        throw new UncheckedIOException(new IOException(e));
      } finally {
        events.add(Optional.empty());
      }
    }

    E next() throws InterruptedException {
      Optional<E> event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (event == null || event.isEmpty()) {
        throw new AssertionError(event == null ? "no event in time" : "the stream has ended");
      }
      return event.get();
    }

    /** Skips what comes before. */
    E next(Predicate<E> wanted) throws InterruptedException {
      // heartbeats come all the time: they must not keep a test waiting for ever
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      E event = next();
      while (!wanted.test(event)) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("no such event in time; the last is " + event);
        }
        event = next();
      }
      return event;
    }

    boolean endsSoon() throws InterruptedException {
      Optional<E> event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      while (event != null && event.isPresent()) {
        event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
      return event != null;
    }

    @Override
    public void close() throws IOException {
      response.body().close();
    }
  }
}
