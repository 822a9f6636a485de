package io.pilothouse.agent;

import io.grpc.Channel;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.Rounds;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.tasks.Machine;
import io.pilothouse.tasks.Rules;
import io.pilothouse.tasks.SchedulerLink;
import io.pilothouse.tasks.Tasks;
import io.pilothouse.tasks.fetch.FetchLimits;
import io.pilothouse.tasks.lending.Lending;
import io.pilothouse.tasks.oci.ContainerSettings;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tasks of frameworks on this machine, once its type sets resources aside for them. On a machine
 * whose type does not, nothing of this is made.
 */
final class Offers implements AutoCloseable {
  /** Whom a machine's tasks are told to. */
  private static final Peers SCHEDULER = new Peers(Set.of("satellite"));

  /** Of the agent's own environment no more than this is its tasks'; the rest may be secret. */
  private static final Set<String> HANDED_ON =
      Set.of(
          "PATH",
          "LANG",
          "LC_ALL",
          "LC_CTYPE",
          "TZ",
          "PILOT_HOME",
          "PILOT_MACHINE",
          "PILOT_PROGRAM");

  private record Open(Tasks tasks, SchedulerLink link) {}

  /**
   * Of this machine.
   *
   * @param http where its page is
   * @param around what its manifest's processes share
   * @param cgroups of its tasks, made when there are to be some
   * @param options about tasks
   */
  record Setting(
      String machine,
      String bootId,
      ServerAddress http,
      Surroundings around,
      Supplier<Cgroups> cgroups,
      TaskOptions options) {}

  private final Setting setting;
  private final Wanted wanted;
  private final Optional<TlsDirectory> tls;
  private final Lending lending;
  private volatile @Nullable Open open;
  private volatile Runnable kick = () -> {};

  Offers(Setting setting, Wanted wanted, Optional<TlsDirectory> tls) {
    this(setting, wanted, tls, Lending.usual());
  }

  /**
   * One that lends in its own way.
   *
   * @param lending who decides what tasks lend to each other
   */
  Offers(Setting setting, Wanted wanted, Optional<TlsDirectory> tls, Lending lending) {
    this.setting = setting;
    this.wanted = wanted;
    this.tls = tls;
    this.lending = lending;
  }

  /**
   * Goes on by these from now on.
   *
   * @param rounds of {@link #round}
   */
  void start(Rounds rounds) {
    kick = rounds::kick;
    wanted.onChange(rounds::kick);
    rounds.start();
  }

  /** Opens when something is to be offered, or tasks are left from when it was; then goes on. */
  void round() throws IOException, InterruptedException {
    Open now = open;
    if (now == null
        && (wanted.get().hasOffers() || Tasks.areThere(setting.around().disk().root()))) {
      now = open();
      open = now;
    }
    if (now != null) {
      now.tasks().follow(wanted.get().getOffers());
      now.link().round();
      now.tasks().round();
    }
  }

  private Open open() throws IOException, InterruptedException {
    Tasks tasks =
        Tasks.open(
            new Machine(
                setting.machine(),
                setting.around().disk().root(),
                setting.cgroups().get(),
                environment(),
                InstantSource.system(),
                Machine.RETRY,
                () -> kick.run(),
                Machine.fetcher(
                    setting.around().disk().root(),
                    FetchLimits.usual(setting.options().fetchCache)),
                () -> Rules.of(wanted.get().getOffers()),
                setting.options().executorPorts,
                Machine.bundles(
                    setting.around().disk().root(),
                    new ContainerSettings(
                        this::images, this::hostPaths, ContainerSettings.PROGRAMS))),
            lending);
    SchedulerLink link =
        new SchedulerLink(
            () -> wanted.get().getScheduler(),
            this::connect,
            () -> register(tasks),
            tasks,
            () -> kick.run());
    return new Open(tasks, link);
  }

  /** Those within what the manifest ships are found in the version that runs. */
  private List<Path> images() {
    return wanted.get().getOffers().getImagesList().stream()
        .map(each -> setting.around().disk().active().resolve(each).normalize())
        .toList();
  }

  private List<Path> hostPaths() {
    return wanted.get().getOffers().getHostPathsList().stream().map(Path::of).toList();
  }

  /** That of the manifest's processes, but for their port: a task has those that it was given. */
  private Map<String, String> environment() {
    return environment(System.getenv());
  }

  Map<String, String> environment(Map<String, String> agents) {
    Map<String, String> all = new TreeMap<>(agents);
    all.keySet().retainAll(HANDED_ON);
    all.putIfAbsent("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    all.putAll(setting.around().environment());
    all.remove("PORT");
    return all;
  }

  private AgentRegister register(Tasks tasks) {
    AgentInfo info =
        AgentInfo.newBuilder()
            .setHostname(setting.machine())
            .setPort(setting.http().port())
            .build();
    String version =
        Optional.ofNullable(Main.class.getPackage().getImplementationVersion()).orElse("");
    return tasks.register(info, setting.bootId(), version);
  }

  private SchedulerLink.Connection connect(String address) {
    PeerConnection to =
        new PeerConnection(
            ServerAddress.parse(address), "machine/" + setting.machine(), SCHEDULER, tls);
    return new SchedulerLink.Connection() {
      @Override
      public Channel channel() {
        return to.channel();
      }

      @Override
      public void close() {
        to.close();
      }
    };
  }

  /** For the status page; empty where nothing is offered. */
  Map<String, Object> describe() {
    Open now = open;
    if (now == null) {
      return Map.of();
    }
    Map<String, Object> all = now.tasks().describe();
    all.put("scheduler", now.link().describe());
    return all;
  }

  /** Tasks run on. */
  @Override
  public void close() {
    Open now = open;
    if (now != null) {
      now.link().close();
      now.tasks().close();
    }
  }
}
