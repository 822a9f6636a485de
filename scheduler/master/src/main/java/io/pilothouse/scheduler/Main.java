package io.pilothouse.scheduler;

import io.pilothouse.client.DmClient;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.kit.LeaseKeeper;
import io.pilothouse.kit.Program;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.kit.ProgramOptions;
import io.pilothouse.kit.Rounds;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.scheduler.agents.AgentPort;
import io.pilothouse.scheduler.agents.AgentStreams;
import io.pilothouse.scheduler.agents.Queries;
import io.pilothouse.scheduler.agents.Rights;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.core.RevocationOrder;
import io.pilothouse.scheduler.http.ApiServer;
import io.pilothouse.scheduler.http.Credentials;
import io.pilothouse.scheduler.http.Entrance;
import io.pilothouse.scheduler.http.Operators;
import io.pilothouse.scheduler.http.RateLimits;
import io.pilothouse.scheduler.http.Routes;
import io.pilothouse.scheduler.http.Streams;
import io.pilothouse.scheduler.http.Turns;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.scheduler.loop.SteadyClock;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The scheduler. Any number may run; one leads. */
@Command(
    name = "scheduler",
    description = "Offers the Healthy machines to frameworks, by the Mesos v1 HTTP API.")
public final class Main implements Program.Body {
  private static final Duration LEASE = Duration.ofSeconds(6);
  private static final Duration STALE = Duration.ofSeconds(30);
  private static final Duration WRITES = Duration.ofMillis(500);
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  @Mixin private final ProgramOptions options = new ProgramOptions();

  @Option(
      names = "--api",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where to serve frameworks and operators' tools; Mesos' own port is 5050.")
  private ServerAddress api = new ServerAddress("127.0.0.1", 0);

  @Option(
      names = "--plain-api",
      description = {
        "Serve frameworks and tools without TLS, although --tls is given: old ones speak none."
      })
  private boolean plainApi;

  @Option(
      names = "--agents",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where agents attach, and `pilot` asks; both are told this address.")
  private ServerAddress agents = new ServerAddress("127.0.0.1", 0);

  @Option(
      names = "--roles",
      split = ",",
      paramLabel = "ROLE",
      description = "Roles that frameworks may have, beside *; default: any.")
  private Set<String> roles = Set.of();

  @Option(
      names = "--root-submissions",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Frameworks may run tasks as root; default: they may.")
  private boolean root;

  @Option(
      names = "--offer-timeout",
      defaultValue = "120",
      paramLabel = "SECONDS",
      description = "An offer that is not answered is rescinded after so long; default 120.")
  private long offerTimeout;

  @Option(
      names = "--revocation-order",
      defaultValue = "youngest-first",
      paramLabel = "ORDER",
      description = {
        "Which tasks are ended first for a role that lacks what it is guaranteed (`revoke-after`):",
        "youngest-first or largest-first; default youngest-first."
      })
  private String revocationOrder = "";

  @Option(
      names = "--framework-credentials",
      paramLabel = "FILE",
      description = {
        "Principals and secrets, a pair on each line, for HTTP Basic authentication of frameworks",
        "and tools; nobody else may read the file;",
        "default: nobody is asked who he is."
      })
  private @Nullable Path credentials;

  @Option(
      names = "--rate-limits",
      paramLabel = "FILE",
      description = {
        "How many calls of each principal are taken, as JSON of Mesos' --rate_limits;",
        "default: all, but nobody's calls keep others waiting."
      })
  private @Nullable Path rateLimits;

  public static void main(String[] args) {
    Program.main(new Main(), args);
  }

  @Override
  public void start(Program program) {
    Optional<TlsDirectory> tls = options.tls();
    Optional<Credentials> frameworks = readCredentials();
    RateLimits limits = readLimits();
    Optional<TlsDirectory> apiTls = plainApi ? Optional.empty() : tls;
    if (frameworks.isEmpty() && !isLoopback(api)) {
      throw new ProgramException(
          "will not serve the Mesos API on "
              + api
              + ": others reach it and nothing authenticates them; give --framework-credentials,"
              + " or a loopback address");
    }
    if (offerTimeout < 1) {
      throw new ProgramException("--offer-timeout " + offerTimeout + ": expected 1 or more");
    }
    RevocationOrder revocation =
        RevocationOrder.of(revocationOrder)
            .orElseThrow(
                () ->
                    new ProgramException(
                        "--revocation-order %s: expected one of %s"
                            .formatted(
                                revocationOrder,
                                RevocationOrder.ALL.stream().map(RevocationOrder::name).toList())));
    MasterInfo master = master();
    HttpPage page = program.closing(options.page(program));
    DmClient client = program.closing(options.client());
    LeaseKeeper lease =
        new LeaseKeeper(
            client,
            "scheduler",
            options.id(),
            agents.toString(),
            api.toString(),
            LEASE,
            program.meters());
    SteadyClock clock = new SteadyClock(System::currentTimeMillis, System::nanoTime);
    Streams streams = new Streams();
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("turns").daemon(true).factory());
    program.closing(timer::shutdownNow);
    Turns turns = new Turns(limits, System::nanoTime, Turns.timer(timer));
    Connected connected = new Connected();
    Loop loop = program.closing(new Loop(clock, connected::endAll));
    AgentStreams attached = new AgentStreams(loop, lease::token);
    Operators operators = new Operators(HEARTBEAT.toSeconds());
    RemoteDm dm = new RemoteDm(client);
    OffersWriter writer = new OffersWriter(lease, dm, loop);
    Edges edges = new Edges(streams, attached, operators, writer);
    connected.is(edges);
    streams.whenEnded(id -> loop.submit((core, now) -> core.streamEnded(id, now)));
    CoreOptions core =
        CoreOptions.of(master)
            .roles(roles)
            .root(root)
            .revocation(revocation)
            .offerTimeout(Duration.ofSeconds(offerTimeout));
    Leader leader =
        new Leader(
            lease,
            dm,
            loop,
            core,
            (named, remembered, token, now) -> {
              writer.begin(token, remembered.getCore());
              Allocator allocator = Allocator.create(Options.DEFAULT.withSeed(now));
              return new Core(named, allocator, edges, remembered, now);
            },
            System.currentTimeMillis());
    program.closing(
        new AgentPort(
            agents,
            tls,
            attached,
            new Queries(loop, attached.sandboxes(), new Rights(dm, System::nanoTime))));
    program.closing(
        new ApiServer(
            new InetSocketAddress(api.host(), api.port()),
            apiTls.map(TlsDirectory::server),
            new Routes(
                loop,
                streams,
                operators,
                master,
                System.currentTimeMillis(),
                new Entrance(frameworks, turns),
                attached.sandboxes())));
    program.closing(lease); // before the ports: to a standby, their end is that of a crash
    Rounds machines =
        program.closing(
            new Rounds("machines", Duration.ofMillis(100), leader::pull, program.meters()));
    Rounds leads =
        program.closing(
            new Rounds("leadership", Duration.ofMillis(100), leader::round, program.meters()));
    lease.whenGained(leads::kick);
    Succession succession = new Succession(leader::other, lease::succeed, System::nanoTime);
    Rounds watches =
        program.closing(
            new Rounds("succession", Duration.ofMillis(100), succession::round, program.meters()));
    Rounds beats =
        program.closing(new Rounds("heartbeats", HEARTBEAT, operators::beat, program.meters()));
    Rounds writes = program.closing(new Rounds("writes", WRITES, writer::round, program.meters()));
    writer.whenAdded(writes::kickUnlessFailing);
    page.status(
            () -> {
              Map<String, Object> status = new LinkedHashMap<>();
              status.put("program", "scheduler");
              status.put("id", options.id());
              status.put("lease", lease.describe());
              status.put("leads_with_token", leader.leading());
              status.put("leader_watched", succession.isWatching());
              status.put("machines", leader.machines());
              status.put("agents", attached.open());
              status.put("to_be_written", writer.waiting());
              status.put("calls_waiting", turns.waiting());
              status.put("calls_refused", turns.refused());
              return status;
            })
        .check("device-manager", () -> lease.problem(STALE))
        .check("machines", () -> machines.problem(STALE))
        .check("writes", () -> writes.problem(STALE))
        .start();
    var unused = Rehearsal.begin(core, () -> lease.token().isEmpty(), System.currentTimeMillis());
    lease.start();
    machines.start();
    writes.start();
    leads.start();
    watches.start();
    beats.start();
  }

  /** Those that must begin anew when the core does. */
  private static final class Connected {
    private @Nullable Edges edges;

    void is(Edges all) {
      edges = all;
    }

    void endAll() {
      if (edges != null) {
        edges.writer().end();
        edges.streams().endAll();
        edges.agents().endAll();
        edges.operators().endAll();
      }
    }
  }

  private Optional<Credentials> readCredentials() {
    if (credentials == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Credentials.read(credentials));
    } catch (IOException e) {
      throw new ProgramException("--framework-credentials: " + e.getMessage(), e);
    }
  }

  private RateLimits readLimits() {
    if (rateLimits == null) {
      return RateLimits.NONE;
    }
    if (credentials == null) {
      throw new ProgramException(
          "--rate-limits "
              + rateLimits
              + " is about principals, and nobody is asked who he is: give --framework-credentials");
    }
    try {
      return RateLimits.read(rateLimits);
    } catch (IOException e) {
      throw new ProgramException("--rate-limits: " + e.getMessage(), e);
    }
  }

  private static boolean isLoopback(ServerAddress address) {
    InetSocketAddress socket = new InetSocketAddress(address.host(), address.port());
    return !socket.isUnresolved() && socket.getAddress().isLoopbackAddress();
  }

  private MasterInfo master() {
    InetAddress address = new InetSocketAddress(api.host(), api.port()).getAddress();
    // Mesos keeps an IPv4 address as a number in the order of the network, read on a PC
    int ip =
        address instanceof Inet4Address
            ? Integer.reverseBytes(ByteBuffer.wrap(address.getAddress()).getInt())
            : 0;
    MasterInfo.Builder master =
        MasterInfo.newBuilder()
            .setId(options.id())
            .setIp(ip)
            .setPort(api.port())
            .setHostname(api.host())
            .setPid("master@" + api)
            .setVersion("1.11.0");
    master.getAddressBuilder().setHostname(api.host()).setPort(api.port());
    if (address != null) {
      master.getAddressBuilder().setIp(address.getHostAddress());
    }
    return master.build();
  }
}
