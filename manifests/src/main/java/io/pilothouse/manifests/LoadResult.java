package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Problem;
import io.pilothouse.manifests.text.Problems;
import java.util.List;
import java.util.function.Supplier;

/** What was loaded, or everything that is wrong with it. */
public sealed interface LoadResult<T> {

  /**
   * It is usable.
   *
   * @param warnings what can hardly be meant, by file, line and column
   */
  record Loaded<T>(T value, List<Problem> warnings) implements LoadResult<T> {
    public Loaded {
      warnings = List.copyOf(warnings);
    }
  }

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
    return problems.isEmpty()
        ? new Loaded<>(value.get(), problems.warnings())
        : new Rejected<>(problems.sorted());
  }
}
