import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** Sets of 256 bytes to a thousand nodes, by ZooKeeper's own client. */
record ZooKeeperWrites(ZooKeeper leader) implements Writes {

  static ZooKeeperWrites to(String address)
      throws IOException, InterruptedException, KeeperException {
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper client =
        new ZooKeeper(
            address,
            60_000,
            event -> {
              if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
              }
            });
    if (!connected.await(60, TimeUnit.SECONDS)) {
      throw new IOException("ZooKeeper at " + address + " does not answer");
    }
    for (int i = 0; i < 1000; i++) {
      client.create(node(i), new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }
    return new ZooKeeperWrites(client);
  }

  @Override
  public void start(long number, Runnable done) {
    leader.setData(
        node(number),
        TEXT.getBytes(StandardCharsets.US_ASCII),
        -1,
        (code, path, context, stat) -> {
          if (code != KeeperException.Code.OK.intValue()) {
            System.err.println("ZooKeeper: " + KeeperException.Code.get(code) + " at " + path);
            System.exit(1);
          }
          done.run();
        },
        null);
  }

  private static String node(long number) {
    return "/m-%04d".formatted(number % 1000);
  }
}
