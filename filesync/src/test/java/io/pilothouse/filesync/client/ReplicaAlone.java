package io.pilothouse.filesync.client;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.Collector;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;

/** A deployment replica in a program with as much memory as one has. */
final class ReplicaAlone {
  private final ContentStore store;
  private final Collector collector;

  private ReplicaAlone(ContentStore store) {
    this.store = store;
    this.collector = new Collector(store, Duration.ofNanos(1));
  }

  public static void main(String[] words) throws Exception {
    ContentStore store = new ContentStore(Path.of(words[0]));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(ContentHandler.PATH, new ContentHandler(store, Throttle.unlimited(), 64));
    server.start();
    ChildJvm.answer("127.0.0.1:" + server.getAddress().getPort());
    ChildJvm.serve(new ReplicaAlone(store)::run);
    System.exit(0);
  }

  private Object run(List<String> words) throws Exception {
    return switch (words.getFirst()) {
      case "held" -> store.held();
      case "collect" -> collector.collect(Set.copyOf(words.subList(1, words.size())));
      case "peak" -> AgentAlone.peak();
      default -> throw new IllegalArgumentException(words.toString());
    };
  }
}
