package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Problem;
import io.pilothouse.manifests.text.Problems;
import java.util.List;
import java.util.function.Supplier;

/** What was loaded, or everything that is wrong with it. */
public sealed interface LoadResult<T> {

  /** All of it is right. */
  record Loaded<T>(T value) implements LoadResult<T> {}

  /**
   * It is not usable.
   *
   * @param problems by file, line and column; never empty
   */
  record Rejected<T>(List<Problem> problems) implements LoadResult<T> {
    public Rejected {
      problems = List.copyOf(problems);
    }
  }

  /** Rejected when there is a problem, else what {@code value} gives. */
  static <T> LoadResult<T> of(Problems problems, Supplier<T> value) {
    return problems.isEmpty() ? new Loaded<>(value.get()) : new Rejected<>(problems.sorted());
  }
}
