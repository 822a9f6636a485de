package io.pilothouse.testing.faults;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What may happen to a cluster; all of it ends by {@link Replicas#mend} and {@link Network#heal}.
 */
enum Fault {
  KILL_ONE {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      any(replicas, random).kill();
    }
  },
  KILL_LEADER {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      leader(replicas, random).kill();
    }
  },
  /** More than may fail: nothing is acknowledged until one is back. */
  KILL_MAJORITY {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      for (Node each : some(replicas, random, replicas.nodes().size() / 2 + 1)) {
        each.kill();
      }
    }
  },
  /** As many as may fail. */
  KILL_MINORITY {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      for (Node each : some(replicas, random, (replicas.nodes().size() - 1) / 2)) {
        each.kill();
      }
    }
  },
  /** None is left; what they wrote and did not flush is with the kernel, and stays. */
  KILL_ALL {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      for (Node each : replicas.nodes()) {
        each.kill();
      }
    }
  },
  STOP_ONE {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      any(replicas, random).stop();
    }
  },
  STOP_LEADER {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      leader(replicas, random).stop();
    }
  },
  CUT_OFF_LEADER {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      Node leader = leader(replicas, random);
      for (Node each : replicas.nodes()) {
        if (each != leader) {
          Network.part(leader, each);
        }
      }
    }
  },
  /** Its followers' words do not reach it, and its words reach them. */
  DEAF_LEADER {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      Node leader = leader(replicas, random);
      for (Node each : replicas.nodes()) {
        if (each != leader) {
          Network.cut(each, leader);
        }
      }
    }
  },
  MUTE_LEADER {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      Node leader = leader(replicas, random);
      for (Node each : replicas.nodes()) {
        if (each != leader) {
          Network.cut(leader, each);
        }
      }
    }
  },
  /** Replicas hear each other; clients reach all but the leader. */
  CLIENTS_CUT_OFF {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      Network.cutClients(leader(replicas, random));
    }
  },
  /** Two that cannot talk, and a third that hears both. */
  BROKEN_LINK {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      List<Node> two = some(replicas, random, 2);
      Network.part(two.getFirst(), two.getLast());
    }
  },
  LOSS {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      Network.lose(0.1);
    }
  },
  SLOW_NETWORK {
    @Override
    void happen(Replicas replicas, Random random) throws IOException, InterruptedException {
      Network.slow(2);
    }
  };

  abstract void happen(Replicas replicas, Random random) throws IOException, InterruptedException;

  private static Node any(Replicas replicas, Random random) {
    return some(replicas, random, 1).getFirst();
  }

  private static List<Node> some(Replicas replicas, Random random, int count) {
    List<Node> shuffled = new ArrayList<>(replicas.nodes());
    Collections.shuffle(shuffled, random);
    return shuffled.subList(0, count);
  }

  /** Any one while nobody leads. */
  private static Node leader(Replicas replicas, Random random) {
    return replicas.leader().orElseGet(() -> any(replicas, random));
  }
}
