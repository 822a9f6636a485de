package io.pilothouse.testing.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One reader fed with spoiled inputs, from one seed. A defect is: anything thrown that is not the
 * declared refusal, an input that takes longer than {@link #HANG}, one that makes the reader
 * allocate more than was said. The input is kept, and the message says how to feed it again.
 *
 * <p>System properties: {@code fuzz.inputs} (how many, in place of the test's own number), {@code
 * fuzz.seconds} (for so long, in place of a number), {@code fuzz.seed}, {@code fuzz.replay} (a file
 * that is fed alone), {@code fuzz.target} (the only one that runs).
 */
public final class Fuzz {
  /** Far above what any input needs, however busy the machine. */
  private static final Duration HANG = Duration.ofSeconds(60);

  private static final long SEED = Long.getLong("fuzz.seed", 20_261_130L);

  private final String name;
  private final List<byte[]> sound = new ArrayList<>();
  private final List<byte[]> likely = new ArrayList<>();
  private final List<byte[]> tokens = new ArrayList<>();
  private long inputs = 10_000;
  private long most;
  private long mostPerByte;

  private Fuzz(String name) {
    this.name = name;
  }

  /**
   * A reader.
   *
   * @param name in reports, and of the file that keeps an input
   */
  public static Fuzz of(String name) {
    return new Fuzz(name);
  }

  /** Inputs that are taken, to be spoiled. */
  public Fuzz sound(Iterable<byte[]> inputs) {
    inputs.forEach(sound::add);
    return this;
  }

  /** Inputs to be spoiled that may be refused as they are. */
  public Fuzz likely(Iterable<byte[]> inputs) {
    inputs.forEach(likely::add);
    return this;
  }

  /** An input that is taken, to be spoiled. */
  public Fuzz sound(byte[] input) {
    sound.add(input);
    return this;
  }

  /** Texts that are taken, to be spoiled. */
  public Fuzz sound(String... texts) {
    for (String each : texts) {
      sound.add(each.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  /** Words that mean something to the reader. */
  public Fuzz tokens(String... texts) {
    for (String each : texts) {
      tokens.add(each.getBytes(StandardCharsets.ISO_8859_1));
    }
    return this;
  }

  /** How many, in an ordinary run of the tests. */
  public Fuzz inputs(long count) {
    this.inputs = count;
    return this;
  }

  /**
   * How much heap one input may take on the reader's thread.
   *
   * @param bytes for any
   * @param perByte for each byte of it besides
   */
  public Fuzz allocating(long bytes, long perByte) {
    this.most = bytes;
    this.mostPerByte = perByte;
    return this;
  }

  /** Feeds; throws an {@link AssertionError} at the first defect. */
  public Summary run(Target target) {
    @Nullable String only = System.getProperty("fuzz.target");
    if (only != null && !only.equals(name)) {
      return new Summary(name, SEED, 1, 1, 0, Duration.ZERO);
    }
    Walk walk = new Walk(target);
    Thread thread = Thread.ofPlatform().name("fuzz-" + name).daemon().start(walk);
    try {
      while (!thread.join(Duration.ofSeconds(1))) {
        long since = walk.since;
        if (System.nanoTime() - since > HANG.toNanos() && since == walk.since) {
          AssertionError hang = new AssertionError("it does not come back: " + walk.kept());
          hang.setStackTrace(thread.getStackTrace());
          throw hang;
        }
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
    @Nullable AssertionError defect = walk.defect.get();
    if (defect != null) {
      throw defect;
    }
    Summary summary = walk.summary();
    if (Long.getLong("fuzz.seconds") != null || Long.getLong("fuzz.inputs") != null) {
      System.out.println(summary);
    }
    return summary;
  }

  private final class Walk implements Runnable {
    private final Target target;
    private final long began = System.nanoTime();
    private final AtomicReference<@Nullable AssertionError> defect = new AtomicReference<>();
    private final @Nullable ThreadMXBean threads =
        ManagementFactory.getThreadMXBean() instanceof ThreadMXBean hotspot ? hotspot : null;
    private volatile long since = System.nanoTime();
    private volatile byte[] input = {};
    private long number;
    private long taken;
    private long refused;
    private long allocated;

    Walk(Target target) {
      this.target = target;
    }

    @Override
    public void run() {
      try {
        @Nullable String replay = System.getProperty("fuzz.replay");
        if (replay != null) {
          input = Files.readAllBytes(Path.of(replay));
          feed();
          return;
        }
        walk();
      } catch (Throwable e) { // a stack or heap that was filled is a defect as any other
        defect.set(new AssertionError(kept() + "\n" + e, e));
      }
    }

    private void walk() throws Exception {
      // the sound ones are what their name says: before any is spoiled
      for (byte[] each : sound) {
        input = each;
        if (!feed()) {
          throw new AssertionError("an input that should be sound is refused");
        }
      }
      SplittableRandom random = new SplittableRandom(SEED ^ name.hashCode());
      List<byte[]> all = new ArrayList<>(sound);
      all.addAll(likely);
      Mutator mutator = new Mutator(all, tokens);
      while (goesOn()) {
        number++;
        input = mutator.next(random);
        if (feed()) {
          mutator.taken(input, random);
        }
      }
    }

    private boolean goesOn() {
      @Nullable Long seconds = Long.getLong("fuzz.seconds");
      return seconds == null
          ? number < Long.getLong("fuzz.inputs", inputs)
          : System.nanoTime() - began < Duration.ofSeconds(seconds).toNanos();
    }

    private boolean feed() throws Exception {
      since = System.nanoTime();
      long before = threads == null ? 0 : threads.getCurrentThreadAllocatedBytes();
      boolean isTaken = target.feed(input.clone());
      long took = threads == null ? 0 : threads.getCurrentThreadAllocatedBytes() - before;
      if (number == 0) {
        return isTaken; // the first ones load classes, too
      }
      allocated = Math.max(allocated, took);
      if (most > 0 && took > most + mostPerByte * input.length) {
        throw new AssertionError(
            "%,d bytes of heap for an input of %,d; expected at most %,d and %,d for each byte"
                .formatted(took, input.length, most, mostPerByte));
      }
      if (isTaken) {
        taken++;
      } else {
        refused++;
      }
      return isTaken;
    }

    /** Keeps the input at hand, and says how to feed it again. */
    private String kept() {
      Path file = Path.of("target", "fuzz", name + "-" + SEED + "-" + number);
      try {
        Files.createDirectories(file.getParent());
        Files.write(file, input);
      } catch (IOException e) {
        return "%s, seed %d, input %d (not kept: %s)".formatted(name, SEED, number, e);
      }
      return ("%s, seed %d, input %d, %d bytes; again: mvn -pl MODULE test -Dtest='*FuzzTest'"
              + " -Dfuzz.target=%s -Dfuzz.replay=%s")
          .formatted(name, SEED, number, input.length, name, file.toAbsolutePath());
    }

    Summary summary() {
      return new Summary(
          name, SEED, taken, refused, allocated, Duration.ofNanos(System.nanoTime() - began));
    }
  }
}
