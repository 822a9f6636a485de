package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.v1.HealthCode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Certificates that end soon: those of the replicas, and of programs that connected lately. */
final class ExpiringCertificates {

  private static final Duration WARN = Duration.ofDays(14);
  private static final Duration ERR = Duration.ofDays(1);

  /** Connections live for an hour: one that did not come again is gone, or has a later one. */
  private static final Duration KEPT = Duration.ofHours(2);

  /** More are not kept: principals can be many, and these are enough to see it. */
  private static final int MOST = 10_000;

  private static final int NAMED = 3;

  private record Seen(Instant notAfter, long at) {}

  private final Clocks clocks;
  private final Map<String, Seen> byPrincipal = new TreeMap<>();

  /**
   * Begins with none.
   *
   * @param clocks of the wall, which certificates go by, not of the log
   */
  ExpiringCertificates(Clocks clocks) {
    this.clocks = clocks;
  }

  /** A program connected by a certificate. */
  synchronized void seen(String principal, Instant notAfter) {
    if (notAfter.isAfter(clocks.now().plus(WARN))) {
      byPrincipal.remove(principal);
    } else if (byPrincipal.size() < MOST || byPrincipal.containsKey(principal)) {
      byPrincipal.put(principal, new Seen(notAfter, clocks.nanos().getAsLong()));
    }
  }

  /** One code of all of them. */
  Optional<HealthCode> code(Map<String, ReplicaVitals> replicas) {
    Map<String, Instant> ends = lately();
    replicas.forEach(
        (id, each) -> {
          if (each.getCertificateNotAfter() != 0) {
            ends.put("dm/" + id, Instant.ofEpochMilli(each.getCertificateNotAfter()));
          }
        });
    Instant now = clocks.now();
    List<Map.Entry<String, Instant>> soon =
        ends.entrySet().stream()
            .filter(each -> each.getValue().isBefore(now.plus(WARN)))
            .sorted(Map.Entry.comparingByValue())
            .toList();
    if (soon.isEmpty()) {
      return Optional.empty();
    }
    boolean tomorrow = soon.getFirst().getValue().isBefore(now.plus(ERR));
    return Optional.of(
        StatusReads.code("CERTIFICATE_EXPIRES", tomorrow ? "ERR" : "WARN", soon.size())
            .setScope(soon.getFirst().getKey())
            .setAction("pilot pki renew DIR, or your own authority; no restart is needed")
            .setText(text(soon))
            .build());
  }

  private synchronized Map<String, Instant> lately() {
    long now = clocks.nanos().getAsLong();
    byPrincipal.values().removeIf(each -> now - each.at() > KEPT.toNanos());
    Map<String, Instant> ends = new TreeMap<>();
    byPrincipal.forEach((principal, seen) -> ends.put(principal, seen.notAfter()));
    return ends;
  }

  private static String text(List<Map.Entry<String, Instant>> soon) {
    String first =
        soon.stream()
            .limit(NAMED)
            .map(each -> "%s at %s".formatted(each.getKey(), each.getValue()))
            .collect(Collectors.joining(", "));
    return soon.size() <= NAMED
        ? "certificates end: " + first
        : "%d certificates end, the first of %s".formatted(soon.size(), first);
  }
}
