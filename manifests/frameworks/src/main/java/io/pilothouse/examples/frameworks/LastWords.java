package io.pilothouse.examples.frameworks;

import io.pilothouse.framework.EndedException;
import io.pilothouse.framework.Framework;

/** A program that has nothing left to do when its framework has ended. */
public final class LastWords {
  private LastWords() {}

  /** Ends the program, with 3, if the framework ends other than by its own will, and says why. */
  public static void of(Framework framework) {
    var unused =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try {
                    framework.join();
                  } catch (EndedException e) {
                    System.err.println("the framework has ended: " + e.getMessage());
                    System.exit(3);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }
}
