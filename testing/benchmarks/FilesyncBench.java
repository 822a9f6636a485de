import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Fetched;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import io.pilothouse.tls.HttpConnections;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;

/**
 * The two ends of filesync, each a process that runs on as a replica and an agent do: {@code serve
 * STORE} packs the directories whose names it reads, and serves them; {@code fetch ADDRESS} fetches
 * what it reads, {@code DIGEST TARGET}. Both answer each line with one. {@code make DIR MIB FILES
 * SPOTS} makes what is sent: a file of MIB, the same with SPOTS changed pieces of 16 KiB, the same
 * with one changed piece as large as all of them, and FILES of 10 KiB in 100 directories.
 */
final class FilesyncBench {
  private static final int SPOT = 16 << 10;
  private static final int PER_MIB = 64;
  private static final int SMALL = 10 << 10;

  private FilesyncBench() {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "make" ->
          make(
              Path.of(args[1]),
              Integer.parseInt(args[2]),
              Integer.parseInt(args[3]),
              Integer.parseInt(args[4]));
      case "serve" -> serve(new ContentStore(Path.of(args[1])));
      case "fetch" -> fetch(args[1]);
      default -> throw new IllegalArgumentException(args[0] + ": expected make, serve or fetch");
    }
  }

  private static void make(Path dir, int mib, int files, int spots) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    byte[] piece = new byte[SPOT];
    List<Path> large = new ArrayList<>();
    for (String name : List.of("big", "spots", "piece")) {
      large.add(Files.createDirectories(dir.resolve(name)).resolve("file"));
    }
    for (int i = 0; i < mib * PER_MIB; i++) {
      random.nextBytes(piece);
      for (Path each : large) {
        Files.write(each, piece, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    }
    try (RandomAccessFile scattered = new RandomAccessFile(large.get(1).toFile(), "rw");
        RandomAccessFile together = new RandomAccessFile(large.get(2).toFile(), "rw")) {
      together.seek((long) mib * PER_MIB / 3 * SPOT);
      for (int i = 0; i < spots; i++) {
        random.nextBytes(piece);
        scattered.seek(random.nextLong((long) mib * PER_MIB) * SPOT);
        scattered.write(piece);
        together.write(piece);
      }
    }
    byte[] small = new byte[SMALL];
    for (int i = 0; i < files; i++) {
      Path parent = dir.resolve("small/" + i % 100);
      if (i < 100) {
        Files.createDirectories(parent);
      }
      random.nextBytes(small);
      Files.write(parent.resolve("f" + i), small);
    }
  }

  private static BufferedReader lines() {
    return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  }

  private static void serve(ContentStore store) throws Exception {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer server = HttpServer.create(loopback, 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        ContentHandler.PATH, new ContentHandler(store, Throttle.unlimited(), 64));
    server.start();
    System.out.println("127.0.0.1:" + server.getAddress().getPort());
    BufferedReader in = lines();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      long start = System.nanoTime();
      Packer.Packed packed = Packer.pack(Path.of(line));
      double seconds = (System.nanoTime() - start) / 1e9;
      Map<String, byte[]> batch = new HashMap<>();
      for (Chunk each : packed.index().chunks()) {
        if (!store.hasChunk(each.sha256())) {
          batch.put(each.sha256(), packed.read(each));
        }
        if (batch.size() == 1000) {
          store.putChunks(batch);
          batch.clear();
        }
      }
      store.putChunks(batch);
      store.putIndex(packed.index().digest(), packed.index().toBytes());
      System.out.printf("%s %.3f%n", packed.index().digest(), seconds);
    }
    System.exit(0);
  }

  private static void fetch(String address) throws Exception {
    Fetcher fetcher = new Fetcher(Throttle.unlimited(), new SplittableRandom(), HttpConnections.PLAIN);
    System.out.println("ready");
    BufferedReader in = lines();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      long start = System.nanoTime();
      Fetched fetched = fetcher.fetch(words[0], Path.of(words[1]), List.of(address));
      System.out.printf(
          "%.3f %d%n", (System.nanoTime() - start) / 1e9, fetched.fetchedBytes() >> 20);
    }
  }
}
