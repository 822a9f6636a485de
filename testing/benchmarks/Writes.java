import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A service that acknowledges writes, and how fast it does. */
interface Writes {

  /** Payload of one, in bytes. */
  String TEXT = "x".repeat(256);

  /** Starts the write of this number, and says when it is acknowledged; a failure ends the run. */
  void start(long number, Runnable done);

  /**
   * What was acknowledged in one stretch of time.
   *
   * @param p50 in ms
   * @param p99 in ms
   */
  record Window(double perSecond, double p50, double p99) {
    static Window median(List<Window> windows) {
      return windows.stream()
          .sorted((x, y) -> Double.compare(x.perSecond(), y.perSecond()))
          .toList()
          .get(windows.size() / 2);
    }

    @Override
    public String toString() {
      return "%.0f (%.1f / %.1f ms)".formatted(perSecond, p50, p99);
    }
  }

  AtomicLong NUMBERS = new AtomicLong();

  /** Writes with so many outstanding for so many seconds. */
  default Window window(int outstanding, int seconds) throws InterruptedException {
    Semaphore room = new Semaphore(outstanding);
    long[] took = new long[1 << 21];
    AtomicLong done = new AtomicLong();
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() < end) {
      room.acquire();
      long asked = System.nanoTime();
      start(
          NUMBERS.incrementAndGet(),
          () -> {
            long now = System.nanoTime();
            long slot = done.getAndIncrement();
            if (slot < took.length) {
              took[(int) slot] = now - asked;
            }
            room.release();
          });
    }
    room.acquire(outstanding);
    double elapsed = (System.nanoTime() - start) / 1e9;
    int count = (int) Math.min(done.get(), took.length);
    long[] sorted = Arrays.copyOf(took, count);
    Arrays.sort(sorted);
    return new Window(
        done.get() / elapsed, sorted[count / 2] / 1e6, sorted[(int) (count * 0.99)] / 1e6);
  }
}
