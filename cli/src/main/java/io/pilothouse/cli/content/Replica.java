package io.pilothouse.cli.content;

import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.time.Duration;

/** One deployment replica, looked into over HTTP; what it sends is hashed before it is believed. */
record Replica(String id, String address, HttpConnections connections) {
  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration READ = Duration.ofSeconds(10);
  private static final int ATTEMPTS_WHEN_BUSY = 5;

  /** What became of a question about one piece. */
  enum Held {
    YES,
    NO,
    DAMAGED
  }

  static Replica of(DeploymentReplica replica, HttpConnections connections) {
    return new Replica(replica.getId(), replica.getAddress(), connections);
  }

  /** The index of a content, with the right hash. */
  ContentIndex index(String digest) throws IOException, InterruptedException {
    return ContentIndex.parse(
        sound(get("/v1/index/" + digest, ContentIndex.MOST_BYTES), digest, "index"));
  }

  byte[] chunk(Chunk chunk) throws IOException, InterruptedException {
    return sound(get("/v1/chunks/" + chunk.sha256(), chunk.size()), chunk.sha256(), "chunk");
  }

  /** Whether it says that it has a chunk; it looks at the bytes on its disk for that. */
  Held says(Chunk chunk) throws IOException, InterruptedException {
    // not disconnected: the next question goes the same way
    HttpURLConnection connection = ask("/v1/chunks/" + chunk.sha256(), "HEAD");
    return connection.getResponseCode() == HttpURLConnection.HTTP_OK ? Held.YES : Held.NO;
  }

  /** Whether it sends a chunk's bytes, hashed here. */
  Held sends(Chunk chunk) throws IOException, InterruptedException {
    try {
      chunk(chunk);
      return Held.YES;
    } catch (MissingException e) {
      return Held.NO;
    } catch (ContentException e) {
      return Held.DAMAGED;
    }
  }

  private byte[] sound(byte[] bytes, String sha256, String what) throws ContentException {
    if (!Sha256.hex(bytes).equals(sha256)) {
      throw new ContentException("%s sent wrong bytes for %s %s".formatted(id, what, sha256));
    }
    return bytes;
  }

  private byte[] get(String path, int most) throws IOException, InterruptedException {
    HttpURLConnection connection = ask(path, "GET");
    try {
      int code = connection.getResponseCode();
      if (code == HttpURLConnection.HTTP_NOT_FOUND) {
        throw new MissingException(id + " does not have " + path);
      }
      if (code != HttpURLConnection.HTTP_OK) {
        throw new IOException("%s answered %d for %s".formatted(id, code, path));
      }
      try (InputStream in = connection.getInputStream()) {
        return in.readNBytes(most + 1);
      }
    } finally {
      connection.disconnect();
    }
  }

  /** Busy replicas shed what is too much and are asked again. */
  private HttpURLConnection ask(String path, String method)
      throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      HttpURLConnection connection = connections.open(address, path);
      connection.setRequestMethod(method);
      connection.setConnectTimeout((int) CONNECT.toMillis());
      connection.setReadTimeout((int) READ.toMillis());
      connection.setInstanceFollowRedirects(false);
      if (connection.getResponseCode() != HttpURLConnection.HTTP_UNAVAILABLE
          || attempt == ATTEMPTS_WHEN_BUSY) {
        return connection;
      }
      connection.disconnect();
      Thread.sleep(Duration.ofSeconds(attempt));
    }
  }

  /** It answered that it does not have it. */
  private static final class MissingException extends IOException {
    private static final long serialVersionUID = 1L;

    MissingException(String message) {
      super(message);
    }
  }
}
