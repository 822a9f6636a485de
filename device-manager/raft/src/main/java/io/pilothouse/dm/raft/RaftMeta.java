package io.pilothouse.dm.raft;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** What Ratis keeps of an election: the term, and whom this replica gave its vote in it. */
record RaftMeta(long term, String votedFor) {
  /** In the directory of a group. */
  static final String FILE = "current/raft-meta";

  /**
   * Reads the file of a group.
   *
   * @throws IOException with what is wrong with it, without its name
   */
  static RaftMeta read(Path file) throws IOException {
    Properties values = new Properties();
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      values.load(in);
    } catch (IllegalArgumentException e) {
      throw new IOException("it cannot be read: " + e.getMessage(), e);
    }
    String term = values.getProperty("term", "");
    String votedFor = values.getProperty("votedFor");
    if (!term.matches("\\d{1,18}") || votedFor == null) {
      throw new IOException("it holds no term and vote");
    }
    return new RaftMeta(Long.parseLong(term), votedFor);
  }
}
