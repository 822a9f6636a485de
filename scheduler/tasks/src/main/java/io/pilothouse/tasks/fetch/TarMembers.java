package io.pilothouse.tasks.fetch;

import java.io.IOException;
import java.io.InputStream;

/** Where the members of a tar archive go, one after the other; what is refused is thrown. */
public interface TarMembers {
  /**
   * A file.
   *
   * @param content has to be read, or skipped, to its end
   */
  void file(TarMember member, InputStream content) throws IOException;

  /** A directory. */
  void directory(TarMember member) throws IOException;

  /** A symbolic link. */
  void link(TarMember member) throws IOException;

  /** Another name of a file. */
  void hardLink(TarMember member) throws IOException;

  /** A device or a pipe. */
  default void special(TarMember member) throws IOException {
    throw new FetchException(
        "it holds \"%s\", which is a device or a pipe".formatted(member.name()));
  }
}
