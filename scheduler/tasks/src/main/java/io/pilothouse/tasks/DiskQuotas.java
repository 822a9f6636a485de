package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which directories of a container are bounded, by its resources: its sandbox by all of its disk
 * that is no volume, if it has any, together with what it writes over its image, and each
 * persistent volume by its own size.
 */
final class DiskQuotas {
  private static final Logger log = LoggerFactory.getLogger(DiskQuotas.class);
  private static final int MEBIBYTE = 1 << 20;

  private final Path meta;
  private final Path sandbox;
  private final Supplier<Optional<Path>> written;

  /** Those that it uses, in the order of its resources, once they were read. */
  private Optional<List<Path>> volumes = Optional.empty();

  /**
   * Of a container.
   *
   * @param meta directory for what the agent knows of it
   * @param written where it writes over the image's files, if there is such a place now
   */
  DiskQuotas(Path meta, Path sandbox, Supplier<Optional<Path>> written) {
    this.meta = meta;
    this.sandbox = sandbox;
    this.written = written;
  }

  /** All there are while it has these. */
  List<DiskQuota> of(List<Resource> resources) {
    List<DiskQuota> all = new ArrayList<>();
    double own = 0;
    List<Resource> persistent = new ArrayList<>();
    for (Resource each : resources) {
      if (each.getDisk().hasPersistence()) {
        persistent.add(each);
      } else if (each.getName().equals("disk")) {
        own += each.getScalar().getValue();
      }
    }
    if (own > 0) {
      Resource.Builder resource = Resource.newBuilder().setName("disk");
      resource.setType(Value.Type.SCALAR).getScalarBuilder().setValue(own);
      all.add(new DiskQuota(sandbox, written.get(), bytes(own), resource.build()));
    }
    if (!persistent.isEmpty()) {
      Iterator<Path> at = volumes().iterator();
      for (Resource each : persistent) {
        if (at.hasNext()) {
          all.add(new DiskQuota(at.next(), bytes(each.getScalar().getValue()), each));
        }
      }
    }
    return all;
  }

  private static long bytes(double megabytes) {
    return Math.round(megabytes * MEBIBYTE);
  }

  private List<Path> volumes() {
    if (volumes.isEmpty()) {
      try {
        volumes = Optional.of(Volumes.used(meta));
      } catch (IOException e) {
        log.warn("the volumes of {} are not bounded: {}", meta.getFileName(), e.toString());
        return List.of();
      }
    }
    return volumes.get();
  }
}
