package io.pilothouse.examples.farm;

import java.io.IOException;
import java.util.Map;

/** What stands between users and servers. Servers are in slots, from 1 on. */
public interface Balancer {

  /**
   * What it is doing now.
   *
   * @param sessions of users, served and waiting
   * @param open sessions of each slot
   */
  record Load(int sessions, Map<Integer, Integer> open) {
    public Load {
      open = Map.copyOf(open);
    }
  }

  /** How many slots there are. */
  int slots();

  Load load() throws IOException;

  /** From now on users are sent to the server there, if it answers. */
  void serve(int slot, String host, int port) throws IOException;

  /** From now on nobody new is sent there; those who are there are answered. */
  void drain(int slot) throws IOException;

  /** Nobody is there any more. */
  void forget(int slot) throws IOException;
}
