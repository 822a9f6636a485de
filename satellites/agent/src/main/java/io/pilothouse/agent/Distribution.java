package io.pilothouse.agent;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.Peers;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.TransferLimits;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.filesync.client.NearestRoute;
import io.pilothouse.filesync.client.Route;
import io.pilothouse.filesync.client.Transfer;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.tls.HttpConnections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * How contents come to this machine and go on to its neighbours: whom to ask, how fast, what is
 * handed on. All of it follows the wanted state.
 */
final class Distribution implements Sourcing {
  /** What a machine gives to its peers, where the fleet's files do not say. */
  private static final long SERVES_BYTES_A_SECOND = 50L << 20;

  /** Neighbours begin with different owners, so that more at once are rare. */
  private static final int SERVES_AT_ONCE = 32;

  private final String self;
  private final Wanted wanted;
  private final long bandwidth;
  private final RandomGenerator random;
  private final Throttle network = Throttle.unlimited();
  private final Throttle uplink = Throttle.unlimited();
  private final Throttle serving = Throttle.unlimited();
  private final Fetcher fetcher;
  private final Holdings holdings;
  private final ContentHandler handler;

  /**
   * Makes the distribution of an agent.
   *
   * @param self its address, as neighbours know it
   * @param bandwidth bytes a second that it takes, where the fleet's files do not say
   * @param connections to replicas and neighbours
   */
  Distribution(
      String self,
      Wanted wanted,
      long bandwidth,
      RandomGenerator random,
      HttpConnections connections) {
    this.self = self;
    this.wanted = wanted;
    this.bandwidth = bandwidth;
    this.random = random;
    this.fetcher = new Fetcher(network, random, connections);
    this.holdings = new Holdings(fetcher.underway(), System::nanoTime);
    this.handler = new ContentHandler(holdings, serving, SERVES_AT_ONCE);
    follow();
    wanted.onChange(this::follow);
  }

  private void follow() {
    WantedState now = wanted.get();
    TransferLimits limits = now.getLimits();
    network.change(limits.getMachine() == 0 ? bandwidth : limits.getMachine());
    serving.change(
        limits.getMachineServes() == 0 ? SERVES_BYTES_A_SECOND : limits.getMachineServes());
    uplink.change(share(limits.getRackUplink(), now.getPeers()));
    Set<String> digests = new HashSet<>();
    if (now.getInService()) {
      now.getStagedList().stream().map(VersionRef::getDigest).forEach(digests::add);
    }
    if (now.getInService() && !now.getAgent().getDigest().isEmpty()) {
      digests.add(now.getAgent().getDigest());
    }
    if (now.getProvisioning().getStep() == Provisioning.Step.IMAGING) {
      digests.add(now.getProvisioning().getImage().getDigest());
    }
    holdings.want(digests);
  }

  /** Nobody coordinates the machines of a rack: each has an equal share of its uplink. */
  private static long share(long uplink, Peers peers) {
    return uplink == 0 ? 0 : Math.max(1, uplink / Math.max(1, peers.getRackAgents()));
  }

  Throttle network() {
    return network;
  }

  Fetcher fetcher() {
    return fetcher;
  }

  Holdings holdings() {
    return holdings;
  }

  /** Serves neighbours under {@link ContentHandler#PATH}. */
  ContentHandler handler() {
    return handler;
  }

  @Override
  public Transfer of(String digest) {
    Route route = route();
    return wanted.get().getUrgentList().contains(digest)
        ? Transfer.urgent(route)
        : Transfer.bulk(route);
  }

  @Override
  public Transfer ofRepair() {
    return Transfer.urgent(route());
  }

  @Override
  public void repaired() {
    holdings.restored();
  }

  private Route route() {
    WantedState now = wanted.get();
    long seed;
    synchronized (random) {
      seed = random.nextLong();
    }
    Peers peers = now.getPeers();
    NearestRoute.Nearby nearby =
        new NearestRoute.Nearby(
            self, peers.getUnitList(), peers.getRackFirstList(), peers.getRackList());
    return new NearestRoute(nearby, now.getDeploymentsList(), List.of(uplink), seed);
  }

  void meters(MeterRegistry meters) {
    FunctionCounter.builder("pilot.content.served.bytes", handler, ContentHandler::servedBytes)
        .register(meters);
    FunctionCounter.builder("pilot.content.shed.requests", handler, ContentHandler::shedRequests)
        .register(meters);
  }

  Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("holds", holdings.held());
    all.put("served_bytes", handler.servedBytes());
    all.put("shed_requests", handler.shedRequests());
    all.put("rack_peers", wanted.get().getPeers().getRackCount());
    all.put("unit_peers", wanted.get().getPeers().getUnitCount());
    return all;
  }
}
