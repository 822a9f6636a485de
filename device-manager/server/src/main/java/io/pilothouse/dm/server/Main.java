package io.pilothouse.dm.server;

import io.pilothouse.dm.raft.Origin;
import io.pilothouse.dm.raft.ReplicaConfig;
import io.pilothouse.dm.raft.ReplicaStartException;
import io.pilothouse.dm.record.RecordSettings;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** One replica of the Device Manager, as a process. */
@Command(
    name = "device-manager",
    mixinStandardHelpOptions = true,
    description = "One replica of the Device Manager: ground truth and every decision.",
    footer = {
      "",
      "Exit codes: 1 cannot start or cannot go on, 2 wrong flags, 3 its state is not the others',",
      "4 the feature level in force is not one of this build's, 143 stopped by SIGTERM.",
    })
public final class Main implements Callable<Integer> {

  private static final Logger log = LoggerFactory.getLogger(Main.class);

  /** Told apart so that a service manager does not start this build again and again. */
  private static final int OUTDATED = 4;

  @Option(names = "--id", required = true, description = "This replica's id among the peers: dm-1.")
  private String id = "";

  @Option(names = "--cluster", required = true, description = "The cluster's name.")
  private String cluster = "";

  @Option(
      names = "--data",
      required = true,
      description = "This replica's own directory, made when missing.")
  private Path data = Path.of("");

  @Option(
      names = "--peers",
      required = true,
      description = {
        "The replicas that the cluster begins with: dm-1=RAFT/GRPC/HTTP,dm-2=... with a host:port",
        "each; from then on its log says who they are (`pilot dm members`)."
      })
  private String peers = "";

  @Option(
      names = "--record-keep-mib",
      paramLabel = "MIB",
      defaultValue = "1024",
      description = "Most MiB of applied entries kept for backtests: ${DEFAULT-VALUE}.")
  private int recordKeepMib;

  @Option(
      names = "--record-keep-days",
      paramLabel = "DAYS",
      defaultValue = "30",
      description = "And for how many days: ${DEFAULT-VALUE}.")
  private int recordKeepDays;

  @Option(
      names = "--election-timeout-ms",
      paramLabel = "MS",
      defaultValue = "1000",
      description = {
        "Without a sign of the leader for so long, up to twice it, a replica stands for election:",
        "${DEFAULT-VALUE}. The same on all replicas; shorter where they have cores of their own."
      })
  private int electionTimeoutMs;

  @Option(
      names = "--join",
      description = "A new replica of a cluster that runs: waits for `pilot dm add` or `replace`.")
  private boolean join;

  @Option(
      names = "--restore",
      paramLabel = "DIR",
      description = "The first start of a cluster from what `pilot dm restore` made.")
  private @Nullable Path restore;

  @Option(
      names = "--listen-beyond-loopback",
      description = "Serve plain on addresses that other hosts reach: nothing authenticates them.")
  private boolean beyondLoopback;

  @Option(
      names = "--tls",
      paramLabel = "DIR",
      defaultValue = "${env:PILOT_TLS}",
      description = {
        "Mutual TLS on every port, with cert.pem, key.pem and ca.pem of this directory (default:",
        "PILOT_TLS); the certificate must be of dm/ID."
      })
  private @Nullable Path tls;

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Ends the process with the exit code. */
  public static void main(String[] args) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() {
    ReplicaConfig config = config();
    DeviceManager dm;
    try {
      dm = DeviceManager.start(config);
    } catch (ReplicaStartException | IOException e) {
      log.error("Cannot start: {}", e.getMessage());
      log.debug("The cause", e);
      return e instanceof ReplicaStartException refused && refused.isOutdated() ? OUTDATED : 1;
    }
    Thread stop = Thread.ofPlatform().name("stop").unstarted(() -> stop(config, dm));
    Runtime.getRuntime().addShutdownHook(stop);
    String reason = dm.failure().join();
    log.error("Replica {} cannot go on: {}", config.id(), reason);
    return dm.isDivergent() ? 3 : dm.isOutdated() ? OUTDATED : 1;
  }

  private static void stop(ReplicaConfig config, DeviceManager dm) {
    log.info("Replica {} stops", config.id());
    dm.handOver();
    dm.close();
  }

  private Optional<TlsDirectory> certificate() {
    if (tls == null) {
      return Optional.empty();
    }
    TlsDirectory directory = TlsDirectory.open(tls);
    PeerName own = directory.name();
    if (!own.principal().equals("dm/" + id) || !own.cluster().orElse(cluster).equals(cluster)) {
      throw new IllegalArgumentException(
          "--tls %s: the certificate is of %s; expected dm/%s of cluster %s"
              .formatted(tls, own, id, cluster));
    }
    return Optional.of(directory);
  }

  private Origin origin() {
    @Nullable Path set = restore;
    if (join && set != null) {
      throw new IllegalArgumentException(
          "--join and --restore exclude each other: one joins a cluster, the other begins one");
    }
    return join ? new Origin.Join() : set == null ? new Origin.Seed() : new Origin.Restored(set);
  }

  private ReplicaConfig config() {
    try {
      if (recordKeepDays < 1 || recordKeepMib < 1) {
        throw new IllegalArgumentException(
            "--record-keep-mib and --record-keep-days must be positive; the newest segment of"
                + " the record is kept whatever they say");
      }
      RecordSettings record =
          RecordSettings.DEFAULT.keeping(
              (long) recordKeepMib << 20, Duration.ofDays(recordKeepDays));
      ReplicaConfig config =
          new ReplicaConfig(
              id,
              cluster,
              data,
              PeerList.parse(peers),
              record,
              certificate(),
              origin(),
              Duration.ofMillis(electionTimeoutMs));
      if (!beyondLoopback && tls == null) {
        PeerList.requireLoopback(config.self());
      }
      return config;
    } catch (TlsException e) {
      throw new ParameterException(spec.commandLine(), "--tls: " + e.line(), e);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
