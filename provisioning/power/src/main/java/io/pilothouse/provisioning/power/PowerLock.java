package io.pilothouse.provisioning.power;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One power command at a time on a machine, among all programs that have the driver: repair,
 * provisioning, the command line. Within a program by a lock, among programs by a file lock, which
 * the kernel gives back when its holder dies.
 */
final class PowerLock implements AutoCloseable {
  private static final ConcurrentMap<Path, ReentrantLock> HERE = new ConcurrentHashMap<>();
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final LocalChassis chassis;
  private final ReentrantLock here;
  private final FileChannel channel;
  private final FileLock lock;

  private PowerLock(LocalChassis chassis, ReentrantLock here, FileChannel channel, FileLock lock) {
    this.chassis = chassis;
    this.here = here;
    this.channel = channel;
    this.lock = lock;
  }

  static PowerLock take(LocalChassis chassis, Duration within)
      throws PowerException, IOException, InterruptedException {
    Path file = chassis.chassis().resolve("power.lock");
    long start = System.nanoTime();
    ReentrantLock here = HERE.computeIfAbsent(file, any -> new ReentrantLock());
    if (!here.tryLock(within.toNanos(), TimeUnit.NANOSECONDS)) {
      throw busy(chassis, within);
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      while (lock == null) {
        if (System.nanoTime() - start > within.toNanos()) {
          throw busy(chassis, within);
        }
        Thread.sleep(PAUSE);
        lock = channel.tryLock();
      }
      taken = true;
      return new PowerLock(chassis, here, channel, lock);
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        here.unlock();
      }
    }
  }

  /** The machine that is held. */
  LocalChassis chassis() {
    return chassis;
  }

  private static PowerException busy(LocalChassis chassis, Duration within) {
    return new PowerException(
        PowerException.Kind.BUSY,
        "another power command has held %s for more than %d s; try again when it has ended"
            .formatted(chassis.bmc(), within.toSeconds()));
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      lock.release();
    } finally {
      here.unlock();
    }
  }
}
