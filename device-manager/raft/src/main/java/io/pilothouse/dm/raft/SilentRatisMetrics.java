package io.pilothouse.dm.raft;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.apache.ratis.util.TimeDuration;

/**
 * Ratis demands a metrics provider; its own brings a second metrics library, whose figures
 * Micrometer cannot read. {@link ReplicaMetrics} measures what operators need, so this one measures
 * nothing but the syncs of the log, which only Ratis sees. Found by {@link
 * java.util.ServiceLoader}.
 */
public final class SilentRatisMetrics extends MetricRegistries {

  private final Map<MetricRegistryInfo, RatisMetricRegistry> registries = new ConcurrentHashMap<>();

  @Override
  public RatisMetricRegistry create(MetricRegistryInfo info) {
    return registries.computeIfAbsent(info, Silent::new);
  }

  @Override
  public boolean remove(MetricRegistryInfo info) {
    return registries.remove(info) != null;
  }

  @Override
  public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
    return Optional.ofNullable(registries.get(info));
  }

  @Override
  public Set<MetricRegistryInfo> getMetricRegistryInfos() {
    return Set.copyOf(registries.keySet());
  }

  @Override
  public Collection<RatisMetricRegistry> getMetricRegistries() {
    return Set.copyOf(registries.values());
  }

  @Override
  public void clear() {
    registries.clear();
  }

  @Override
  public void addReporterRegistration(
      Consumer<RatisMetricRegistry> reporter, Consumer<RatisMetricRegistry> stopReporter) {
    // there is nothing to report
  }

  @Override
  public void enableJmxReporter() {
    // there is nothing to report
  }

  @Override
  public void enableConsoleReporter(TimeDuration rate) {
    // there is nothing to report
  }

  private record Silent(MetricRegistryInfo info) implements RatisMetricRegistry {

    @Override
    public Timekeeper timer(String name) {
      if (!name.equals(SegmentedRaftLogMetrics.RAFT_LOG_SYNC_TIME)) {
        return () -> () -> 0;
      }
      SyncTimes times = SyncTimes.of(info.getPrefix());
      return () -> {
        long start = System.nanoTime();
        return () -> {
          long took = System.nanoTime() - start;
          times.add(took);
          return took;
        };
      };
    }

    /** Counts all the same: Ratis reads some of its counters. */
    @Override
    public LongCounter counter(String name) {
      return new Count(new LongAdder());
    }

    @Override
    public boolean remove(String name) {
      return true;
    }

    @Override
    public <T> void gauge(String name, Supplier<Supplier<T>> gauge) {
      // nobody asks for it
    }

    @Override
    public MetricRegistryInfo getMetricRegistryInfo() {
      return info;
    }
  }

  private record Count(LongAdder value) implements LongCounter {

    @Override
    public void inc(long n) {
      value.add(n);
    }

    @Override
    public void dec(long n) {
      value.add(-n);
    }

    @Override
    public long getCount() {
      return value.sum();
    }
  }
}
