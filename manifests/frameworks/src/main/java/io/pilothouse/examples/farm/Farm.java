package io.pilothouse.examples.farm;

import io.pilothouse.examples.farm.Server.Stage;
import io.pilothouse.examples.frameworks.Demand;
import io.pilothouse.examples.frameworks.Room;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkException;
import io.pilothouse.framework.FrameworkHandler;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.DurationInfo;
import io.pilothouse.mesos.v1.Environment;
import io.pilothouse.mesos.v1.KillPolicy;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The web farm: each tick it asks the balancer how many users there are, and takes servers, or
 * drains some and then has them killed. Synchronized: ticks come from another thread than events.
 */
public final class Farm implements FrameworkHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Farm.class);
  static final double CPUS = 1;
  static final double MEM = 64;

  /** REVIVE forgets it; until then nothing is wanted anyway. */
  private static final double REFUSE_S = 600;

  /** Whom a server still answers then, it will answer for ever. */
  static final Duration LONGEST_DRAIN = Duration.ofSeconds(60);

  /** Whether a server answers yet. */
  @FunctionalInterface
  public interface Probe {
    boolean answers(String host, int port);
  }

  private final Site site;
  private final Balancer balancer;
  private final Elastic elastic;
  private final String command;
  private final Probe probe;
  private final InstantSource clock;
  private final Map<String, Server> servers = new LinkedHashMap<>();
  private final Demand demand = new Demand();
  private int launched;
  private int lastPort;

  /**
   * With no servers yet.
   *
   * @param command of a server, for the shell; it finds its PORT and its name, TASK
   */
  public Farm(
      Site site,
      Balancer balancer,
      Elastic.Rule rule,
      String command,
      Probe probe,
      InstantSource clock) {
    this.site = site;
    this.balancer = balancer;
    this.elastic = new Elastic(rule);
    this.command = command;
    this.probe = probe;
    this.clock = clock;
  }

  /** How many serve users. */
  public synchronized int serving() {
    return (int) servers.values().stream().filter(each -> each.stage == Stage.SERVING).count();
  }

  /** How many are wanted. */
  public synchronized int wanted() {
    return elastic.wanted();
  }

  /** How many have not ended, whatever they do. */
  public synchronized int all() {
    return servers.size();
  }

  private int missing() {
    return elastic.wanted() - (int) servers.values().stream().filter(Server::counts).count();
  }

  /** To be called every second or so; not faster than the balancer can be asked. */
  public synchronized void tick(Framework framework) {
    Instant now = clock.instant();
    Balancer.Load load;
    try {
      load = balancer.load();
    } catch (IOException e) {
      LOG.warn("the balancer does not say how it is: {}", e.getMessage());
      return;
    }
    endDrained(framework, load, now);
    welcomeThoseThatAnswer(now);
    elastic.wanted(load.sessions(), now);
    for (int more = missing(); more > 0 && keepOneThatDrains(now); more--) {
      // it is there already: no need to launch another
    }
    for (int fewer = -missing(); fewer > 0; fewer--) {
      giveBackOne(framework, now);
    }
    demand.is(missing() > 0, framework);
  }

  private void endDrained(Framework framework, Balancer.Load load, Instant now) {
    for (Server each : List.copyOf(servers.values())) {
      boolean drained =
          each.stage == Stage.DRAINING
              && (load.open().getOrDefault(each.slot, 0) == 0
                  || now.isAfter(each.since.plus(LONGEST_DRAIN)));
      boolean again =
          each.stage == Stage.KILLED
              && now.isAfter(each.since.plusSeconds(10)); // it did not arrive
      if (drained || again) {
        kill(framework, each, now);
      }
    }
  }

  private void welcomeThoseThatAnswer(Instant now) {
    for (Server each : servers.values()) {
      if (each.stage == Stage.RUNNING && probe.answers(each.host, each.port)) {
        serve(each, now);
      }
    }
  }

  private void serve(Server server, Instant now) {
    try {
      balancer.serve(server.slot, server.host, server.port);
      server.is(Stage.SERVING, now);
    } catch (IOException e) {
      LOG.warn("{} does not serve yet: {}", server.task, e.getMessage());
    }
  }

  private boolean keepOneThatDrains(Instant now) {
    for (Server each : servers.values()) {
      if (each.stage == Stage.DRAINING) {
        serve(each, now);
        return each.stage == Stage.SERVING;
      }
    }
    return false;
  }

  /** The newest goes first: what does not serve yet, is missed by nobody. */
  private void giveBackOne(Framework framework, Instant now) {
    @Nullable Server newest = null;
    for (Server each : servers.values()) {
      if (each.counts() && (newest == null || each.stage.compareTo(newest.stage) <= 0)) {
        newest = each;
      }
    }
    if (newest == null) {
      return;
    }
    if (newest.stage != Stage.SERVING) {
      kill(framework, newest, now);
      return;
    }
    try {
      balancer.drain(newest.slot);
      newest.is(Stage.DRAINING, now);
    } catch (IOException e) {
      LOG.warn("{} does not drain: {}", newest.task, e.getMessage());
    }
  }

  private static void kill(Framework framework, Server server, Instant now) {
    server.is(Stage.KILLED, now);
    try {
      framework.kill(TaskID.newBuilder().setValue(server.task).build());
    } catch (FrameworkException e) {
      LOG.warn("could not kill {}, and will again: {}", server.task, e.getMessage());
    }
  }

  @Override
  public synchronized void subscribed(Framework framework, Event.Subscribed subscribed) {
    demand.subscribed();
  }

  @Override
  public synchronized void offers(Framework framework, List<Offer> offers) {
    for (Offer offer : offers) {
      List<TaskInfo> tasks = site.takes(offer) ? tasks(offer) : List.of();
      if (tasks.isEmpty()) {
        framework.decline(offer, missing() > 0 ? 5 : REFUSE_S);
        continue;
      }
      try {
        framework.launch(offer, tasks.toArray(TaskInfo[]::new));
      } catch (FrameworkException e) {
        // whether they run is not known: they are asked for
        LOG.warn("{} servers on {}: {}", tasks.size(), offer.getHostname(), e.getMessage());
      }
    }
    demand.is(missing() > 0, framework);
  }

  private List<TaskInfo> tasks(Offer offer) {
    String ip = offer.getUrl().getAddress().getIp();
    String host = ip.isEmpty() ? offer.getHostname() : ip;
    Room room = new Room(offer);
    List<TaskInfo> tasks = new ArrayList<>();
    while (missing() > 0 && room.times(CPUS, MEM) > 0) {
      OptionalInt port = port(room, host);
      OptionalInt slot =
          IntStream.rangeClosed(1, balancer.slots()).filter(this::isFree).findFirst();
      if (port.isEmpty() || slot.isEmpty()) {
        return tasks;
      }
      room.take(CPUS, MEM);
      Server server =
          new Server("web-" + ++launched, slot.getAsInt(), host, port.getAsInt(), clock.instant());
      servers.put(server.task, server);
      tasks.add(info(offer, server));
    }
    return tasks;
  }

  /** Emulated machines share an address, and offer the same ports of it. */
  private OptionalInt port(Room room, String host) {
    // another program may have one: then the server fails, and the next is not to fail by it, too
    OptionalInt next = room.port(number -> number <= lastPort || isUsed(host, number));
    OptionalInt port = next.isPresent() ? next : room.port(number -> isUsed(host, number));
    port.ifPresent(number -> lastPort = number);
    return port;
  }

  private boolean isUsed(String host, int port) {
    return servers.values().stream().anyMatch(each -> each.host.equals(host) && each.port == port);
  }

  private boolean isFree(int slot) {
    return servers.values().stream().noneMatch(each -> each.slot == slot);
  }

  private TaskInfo info(Offer offer, Server server) {
    TaskInfo.Builder task =
        Tasks.command(offer, server.task, command, CPUS, MEM).toBuilder()
            .addResources(Room.port(server.port))
            .setKillPolicy(
                KillPolicy.newBuilder()
                    .setGracePeriod(
                        DurationInfo.newBuilder().setNanoseconds(Duration.ofSeconds(5).toNanos())));
    task.getCommandBuilder()
        .getEnvironmentBuilder()
        .addVariables(Environment.Variable.newBuilder().setName("TASK").setValue(server.task));
    return task.build();
  }

  @Override
  public synchronized void update(Framework framework, TaskStatus status) {
    String id = status.getTaskId().getValue();
    @Nullable Server server = servers.get(id);
    if (server == null) {
      if (!Tasks.isOver(status.getState())) {
        // was taken for lost, and another serves in its place
        framework.kill(status.getTaskId());
      }
    } else if (Tasks.isOver(status.getState())) {
      gone(framework, server, status);
    } else if (status.getState() == TaskState.TASK_RUNNING && server.stage == Stage.LAUNCHED) {
      server.is(Stage.RUNNING, clock.instant());
    }
  }

  private void gone(Framework framework, Server server, TaskStatus status) {
    if (server.stage != Stage.KILLED) {
      LOG.warn("{} is gone: {} {}", server.task, status.getState(), status.getMessage());
    }
    try {
      balancer.forget(server.slot);
    } catch (IOException e) {
      // it does not answer, so nobody is sent there; its slot is set anew by the next
      LOG.warn("slot {} is not emptied: {}", server.slot, e.getMessage());
    }
    servers.remove(server.task);
    demand.is(missing() > 0, framework);
  }
}
