package io.pilothouse.tasks.fetch;

/** Compares what came with what its framework said it would be. */
final class Checksums {
  private Checksums() {}

  static void check(Item item, String found) throws FetchException {
    if (item.sha256().filter(expected -> !expected.equals(found)).isPresent()) {
      throw new FetchException(
          item,
          "it has the SHA-256 %s, expected was %s: correct the one behind #sha256=, or find out who"
                  .formatted(found, item.sha256().get())
              + " changed the file");
    }
  }
}
