package io.pilothouse.tasks.fetch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Where the content of one URI comes from. */
interface Source {
  /**
   * Writes the content to a file, unless it is as it was.
   *
   * @param to a file that is not there
   * @param known of what is here already; {@link Validator#NONE} asks for all
   * @return what to ask by the next time; empty when it is as it was, and nothing was written
   * @throws FetchException when it cannot be had, in words for the framework
   */
  Optional<Validator> get(Path to, Validator known) throws IOException, InterruptedException;
}
